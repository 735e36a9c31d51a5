/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Building packets: Ethernet, IPv4 and TCP headers in a header buffer, payload
 * behind them by reference, checksums by the port where it can.
 */
#ifndef RTLS_STACK_PACKET_H
#define RTLS_STACK_PACKET_H

#include <rte_mbuf.h>

#include "net/addr.h"
#include "stack/tx_segment.h"

struct rtls_stack;
struct netif;

/*
 * A connection's segment, or several for the port to cut, of which out and rec are set; who seals
 * it is decided here. 0 and *out; -ENOMEM, -EIO: it cannot be built now; -EPERM: it would be in
 * clear with nobody to seal it, or be sealed twice.
 */
int packet_segment(struct rtls_stack *s, struct rtls_sock *sock, struct tx_segment *g,
		   struct rte_mbuf **out);

/* A segment without payload that belongs to no connection; tuple as our host sees it. */
struct rte_mbuf *packet_reply(struct rtls_stack *s, struct netif *nif,
			      const uint8_t dst_mac[NET_MAC_LEN], const struct net_tuple *tuple,
			      const struct tcp_seg *seg);

#endif
