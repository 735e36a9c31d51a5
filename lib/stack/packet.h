/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Building packets: Ethernet, IPv4 and TCP headers, made once for all packets of a run and put in
 * front of each one's payload; checksums by the port where it can.
 */
#ifndef RTLS_STACK_PACKET_H
#define RTLS_STACK_PACKET_H

#include <rte_mbuf.h>

#include "net/addr.h"
#include "net/ether_ip.h"
#include "tcp/seg.h"

struct netif;

/* What the headers of several packets have in common. */
struct packet_headers {
	uint8_t bytes[ETHER_IP_HDR_LEN + TCP_HDR_MAX]; /* lengths and checksums are 0 */
	uint8_t len;                                   /* of all three */
	uint8_t tcp_len;
	bool port_sums_ip;
	bool port_sums_tcp;
	uint32_t seq;        /* of the first packet's first byte */
	uint32_t ip_sum;     /* running sums (net/checksum.h) without lengths: of the IPv4 header */
	uint32_t pseudo_sum; /* of TCP's pseudo header */
	uint64_t ol_flags;
	uint64_t tx_offload; /* of struct rte_mbuf */
};

/* Addresses are tuple's, as our host sees it; ports and all else are seg's. */
void packet_headers_make(struct packet_headers *h, const struct netif *nif,
			 const uint8_t dst_mac[NET_MAC_LEN], const struct net_tuple *tuple,
			 const struct tcp_seg *seg);

/*
 * Puts them into m, a header buffer with nothing in it, behind which the packet's payload is linked:
 * off bytes behind the first packet's. flags: TCP_*. segment_len: payload of the segments that the port
 * cuts it into; 0: it is one.
 */
void packet_headers_put(const struct packet_headers *h, struct rte_mbuf *m, uint32_t off,
			uint8_t flags, uint16_t segment_len);

#endif
