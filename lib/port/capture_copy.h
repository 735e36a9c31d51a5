/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A packet's copy for a capture: a pcapng block in one buffer. What is in clear in memory alone, not
 * on the wire, never gets into one.
 */
#ifndef RTLS_PORT_CAPTURE_COPY_H
#define RTLS_PORT_CAPTURE_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

struct capture_copier {
	struct rte_mempool *pool;
	uint32_t snaplen;
	uint16_t port_id;
};

enum {
	CAPTURE_COMMENT_MAX = 100,
	/* Behind the bytes of a packet: padding, flags, queue, hash, two comments, length. */
	CAPTURE_TAIL = 3 + 8 + 8 + 12 + 2 * (4 + CAPTURE_COMMENT_MAX) + 4,
	CAPTURE_VLAN = 8,
};

/* NULL: no buffer, or no packet. */
struct rte_mbuf *capture_copy(const struct capture_copier *c, uint16_t queue,
			      const struct rte_mbuf *m, bool received);

/* Of a packet that is never sent: its headers. */
struct rte_mbuf *capture_copy_unsent(const struct capture_copier *c, uint16_t queue,
				     const struct rte_mbuf *m, const char *why);

/* Adds a comment to a copy, if there is room. */
void capture_comment(struct rte_mbuf *copy, const char *text);

#endif
