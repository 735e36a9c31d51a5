/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Operations of a pool of mbufs that wipe a buffer when it comes back, whoever brings it: also a
 * driver that frees the last packet that refers to it.
 */
#ifndef RTLS_BUF_WIPE_OPS_H
#define RTLS_BUF_WIPE_OPS_H

#define WIPE_OPS_NAME "rtls_wipe"

/*
 * Makes them known to DPDK, once per process; for rte_pktmbuf_pool_create_by_ops() with
 * WIPE_OPS_NAME and no per-lcore cache, which would keep a buffer back unwiped. 0; -ENOSPC: DPDK's
 * table is full.
 *
 * A buffer is wiped up to data_off + data_len: who writes behind that wipes himself.
 */
int wipe_ops_register(void);

#endif
