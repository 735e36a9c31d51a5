/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A packet at the end of a cable: in one piece, with good checksums, in a buffer of who receives it. */
#ifndef PERF_ARRIVAL_H
#define PERF_ARRIVAL_H

#include <rte_mbuf.h>

/* A copy of the packet that was sent, which stays the caller's. NULL: no buffer. */
struct rte_mbuf *arrival_make(struct rte_mempool *pool, const struct rte_mbuf *from);

#endif
