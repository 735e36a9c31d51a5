/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Received packets that a device has marked: whose marks they are, and whether all of the packet is
 * taken, without which a mark vouches for nothing.
 */
#ifndef RTLS_STACK_RX_MARK_H
#define RTLS_STACK_RX_MARK_H

#include "stack/rx_packet.h"
#include "stack/rx_piece.h"

struct netif;
struct rtls_port;
struct rtls_sock;
struct rx_tls;

/*
 * Event: a marked packet of a connection, before TCP sees it. False: nobody could undo what was done to
 * it. Then it is as good as lost, and the peer sends it again. A mark that means nothing is taken off.
 */
bool rx_mark_acceptable(const struct netif *nif, const struct rtls_sock *sock, struct rx_packet *p);

/*
 * Event: bytes of a marked packet of a run are to be stored at off, in one piece all of its payload, or
 * not. Without a mark afterwards, and all of them noted, or as on the wire. Was anything noted?
 */
bool rx_mark_store(struct rx_tls *tls, const struct rtls_port *port, const struct rx_piece *p,
		   uint64_t off, bool whole);

#endif
