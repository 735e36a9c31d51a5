/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Pools of mbufs that give out first what came back last: it is in a cache of the CPU. DPDK's
 * default are rings, of which all buffers go round through memory, however few are in use.
 */
#ifndef RTLS_BUF_LIFO_H
#define RTLS_BUF_LIFO_H

#include <rte_mempool.h>

/* Makes their operations known to DPDK, once per process. 0; -ENOSPC: its table is full. */
int lifo_register(void);

/*
 * As rte_pktmbuf_pool_create(), from whatever thread. Where DPDK's table is full it is a pool like any
 * other.
 */
struct rte_mempool *lifo_pool_create(const char *name, uint32_t n, uint32_t cache,
				     uint16_t priv_size, uint16_t room, int socket_id);

/*
 * One that wipes a buffer when it comes back, whoever brings it: also a driver that frees the last
 * packet that refers to it. It has no per-lcore cache, as what lies there has not come back.
 * Where DPDK's table is full there is none.
 *
 * A buffer is wiped up to data_off + data_len: who writes behind that wipes himself.
 */
struct rte_mempool *lifo_pool_create_wiping(const char *name, uint32_t n, uint16_t priv_size,
					    uint16_t room, int socket_id);

#endif
