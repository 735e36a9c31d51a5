/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A run: packets of one connection that came one behind the other and are one segment to TCP, most
 * often one packet. TCP decides once, its bytes go into the receive queue. What is counted, stored
 * and dropped are packets.
 */
#ifndef RTLS_STACK_RX_RUN_H
#define RTLS_STACK_RX_RUN_H

#include "net/addr.h"
#include "stack/rx_piece.h"
#include "stack/sock.h"

struct netif;

struct rx_run {
	struct rtls_sock *sock; /* NULL: it was taken in */
	struct netif *nif;      /* that they came by */
	struct tcp_seg seg;     /* of all of them */
	struct rx_piece *first;
	struct rx_piece *last;
	uint32_t nb_packets;
	uint8_t src_mac[NET_MAC_LEN]; /* who sent it, to be answered */
};

/* Takes it in. Its socket may be gone afterwards. */
void rx_run_input(struct rx_run *r);

#endif
