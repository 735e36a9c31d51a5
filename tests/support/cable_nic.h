/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a NIC does to frames at the ends of a cable: checksum offloads, and
 * copying into receive buffers.
 */
#ifndef RTLS_SUPPORT_CABLE_NIC_H
#define RTLS_SUPPORT_CABLE_NIC_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;

/*
 * Carries out the checksum offloads that m asks for on frame, m's linear copy.
 * As in hardware, the checksum field is part of the sum: IPv4's must have been
 * 0, TCP's must have held the pseudo-header's sum. False: cannot be done, or
 * not by a port with these capabilities (PORT_CAP_*).
 */
bool nic_tx_cksum(uint32_t caps, const struct rte_mbuf *m, uint8_t *frame, uint32_t len);

/*
 * Copies a frame into buffers of seg_len bytes each (0: one buffer) and marks it
 * as caps say. Returns the caller's mbuf; NULL: the pool is empty.
 */
struct rte_mbuf *nic_rx_copy(struct rte_mempool *pool, uint32_t caps, uint32_t seg_len,
			     const uint8_t *frame, uint32_t len);

#endif
