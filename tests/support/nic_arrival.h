/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Packets of a bench's stream that reach the port below, sealed as they are on the wire. */
#ifndef RTLS_SUPPORT_NIC_ARRIVAL_H
#define RTLS_SUPPORT_NIC_ARRIVAL_H

#include "support/nic_bench.h"

/* Of a packet: what is wrong with it, or 0. */
enum {
	NIC_ARRIVAL_BAD_IP_SUM = 1 << 0,
	NIC_ARRIVAL_BAD_TCP_SUM = 1 << 1,
	NIC_ARRIVAL_OTHER_FLOW = 1 << 2,
	NIC_ARRIVAL_BAD_BYTE = 1 << 3,
	NIC_ARRIVAL_MARK_GOOD = 1 << 4, /* the port below has looked at the sums */
	NIC_ARRIVAL_PADDED = 1 << 5,
	NIC_ARRIVAL_NO_ACK = 1 << 6,
	NIC_ARRIVAL_SYN = 1 << 7,
	NIC_ARRIVAL_RST = 1 << 8,
	NIC_ARRIVAL_MARK_NONE = 1
				<< 9, /* it has looked at the bytes, and the fields are not right */
	NIC_ARRIVAL_INDIRECT = 1 << 10, /* its buffers are somebody else's */
	NIC_ARRIVAL_EXTERNAL = 1 << 11, /* its buffer is no mbuf's; in one piece */
};

/* A stream, and its context started to receive it; cookie 9. The bench is open. */
void nic_bench_receives(struct nic_bench *b, uint32_t seq, uint32_t lead, const uint32_t *sizes,
			uint32_t nb_records);
/* All of the stream as the NIC is to show it: tags stay as they came. */
void nic_bench_opened(const struct nic_bench *b, uint8_t *out, size_t room);

/* From the peer of nic_bench_flow(), in pieces, with an RSS hash of 4711. */
struct rte_mbuf *nic_bench_arrive(struct nic_bench *b, uint32_t off, uint32_t len,
				  unsigned int flags);

/* The packet that the NIC has by now; with rings behind a turn of theirs. */
struct rte_mbuf *nic_bench_receive(const struct nic_bench *b);

/* What the mark of the packet with these bytes of the stream must say. */
struct rtls_tls_rx_mark nic_bench_mark(const struct nic_bench *b, uint32_t off, uint32_t len,
				       uint16_t run);
/* What it says. */
struct rtls_tls_rx_mark nic_bench_mark_of(const struct rte_mbuf *m);
bool nic_bench_same_mark(struct rtls_tls_rx_mark a, struct rtls_tls_rx_mark b);

#endif
