/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A received packet on its way through the receive path, and where it ends when it is not taken. */
#ifndef RTLS_STACK_RX_PACKET_H
#define RTLS_STACK_RX_PACKET_H

#include "net/ether_ip.h"
#include "stack/state.h"

/* Headers of a packet, contiguous wherever the port put its segment boundaries. */
enum { RX_HEADERS_MAX = ETHER_IP_HDR_MAX + TCP_HDR_MAX };

/* What is behind m and nif is set as far as the packet was parsed. */
struct rx_packet {
	struct rte_mbuf *m;
	struct netif *nif;    /* that it came by */
	const uint8_t *bytes; /* of the headers */
	uint32_t contiguous_len;
	struct ether_ip_rx ip;
	struct tcp_seg seg;
	struct net_tuple tuple;
	uint8_t copy[RX_HEADERS_MAX];
};

/* It is dropped. Takes it. */
void rx_packet_drop(struct rtls_stack *s, struct rx_packet *p, enum counter why);

/* Dropped, and freed where all such packets are. */
void rx_packet_refused(struct rtls_stack *s, const struct rx_packet *p, enum counter why);

/* As rx_packet_drop(): headers that were parsed have a source, which the log is told. */
void rx_packet_drop_from(struct rtls_stack *s, struct rx_packet *p, enum counter why, enum note n);

/* The same of headers that were not. */
void rx_packet_unparsed(struct rtls_stack *s, struct netif *nif, struct rx_packet *p,
			enum counter why);

#endif
