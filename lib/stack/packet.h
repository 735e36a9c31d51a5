/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Building packets: Ethernet, IPv4 and TCP headers in a header buffer, checksums by the port where
 * it can. Payload follows them by reference (stack/segment).
 */
#ifndef RTLS_STACK_PACKET_H
#define RTLS_STACK_PACKET_H

#include <rte_mbuf.h>

#include "net/addr.h"
#include "tcp/seg.h"

struct rtls_stack;
struct netif;

/*
 * Everything but payload and checksums. Addresses are tuple's, as our host sees it; ports are seg's.
 * NULL: no buffer.
 */
struct rte_mbuf *packet_headers(struct rtls_stack *s, const struct netif *nif,
				const uint8_t dst_mac[NET_MAC_LEN], const struct net_tuple *tuple,
				const struct tcp_seg *seg);

/* Payload is attached, and marked where the port cuts it: the sum is another one then. */
void packet_checksums(const struct netif *nif, struct rte_mbuf *m);

#endif
