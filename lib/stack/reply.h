/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the stack itself says: RST, SYN-ACK, the ACK of TIME-WAIT, ARP, echo replies. It belongs to
 * no connection and goes with this poll's packets. Without a buffer, or room in the port, it is
 * dropped and counted, and nothing is lost: whoever asked asks again, and so do our timers.
 */
#ifndef RTLS_STACK_REPLY_H
#define RTLS_STACK_REPLY_H

#include "stack/state.h"

struct packet_headers;

/* May junk from there be answered so now? Counts what may not. */
bool reply_allowed(struct rtls_stack *s, enum answer_kind kind, const struct net_addr *remote);

/* A header buffer for one; NULL: there is none, and the answer is counted as dropped. */
struct rte_mbuf *reply_buffer(struct rtls_stack *s, struct netif *nif);

/* Takes a packet that is ready. */
void reply_packet(struct rtls_stack *s, struct netif *nif, struct rte_mbuf *m);

/* A segment without payload. */
void reply_headers(struct rtls_stack *s, struct netif *nif, struct packet_headers *h);

/* The same, of a connection or listener, or of nobody: NULL. tuple as our host sees it. */
void reply_segment(struct rtls_stack *s, struct netif *nif, const uint8_t dst_mac[NET_MAC_LEN],
		   const struct rtls_sock *of, const struct net_tuple *tuple,
		   const struct tcp_seg *seg);

#endif
