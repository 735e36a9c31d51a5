/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Cache lines that another core, or a device, wrote last are asked for before they are needed. */
#ifndef RTLS_BUF_PREFETCH_H
#define RTLS_BUF_PREFETCH_H

#include <rte_mbuf.h>
#include <rte_prefetch.h>

/* To write: the line is then ours alone, and the first store need not ask for it a second time. */
static inline void
prefetch_write(const void *p)
{
	__builtin_prefetch(p, 1, 3);
}

/* An mbuf that is going to be cut and linked: both of its lines. */
static inline void
prefetch_mbuf(const struct rte_mbuf *m)
{
	prefetch_write(m);
	prefetch_write((const uint8_t *)m + RTE_CACHE_LINE_MIN_SIZE);
}

/* Those of TCP with timestamps, in Ethernet and IPv4, are more than a line. */
static inline void
prefetch_headers(const uint8_t *frame)
{
	rte_prefetch0(frame);
	rte_prefetch0(frame + RTE_CACHE_LINE_SIZE);
}

/* Bytes that are read later: into the second level, where a whole burst has room. */
static inline void
prefetch_later(const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i += RTE_CACHE_LINE_SIZE)
		rte_prefetch1(p + i);
}

#endif
