/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The receive window: what the peer is told of rcv_lim, and when it is worth a segment. */
#ifndef RTLS_TCP_WINDOW_H
#define RTLS_TCP_WINDOW_H

#include "tcp/conn.h"

/*
 * The window field, and in *adv_off the edge that it tells; frozen: the one that
 * was told last. The edge moves right only by steps worth having (RFC 9293
 * 3.8.6.2.2) and never left, with one exception that the window scale forces:
 * when the room is used up to the last unit, what is left below one unit cannot
 * be told. We still accept it (RFC 7323 2.4).
 */
uint16_t tcp_window_tell(const struct tcp_conn *c, bool frozen, uint64_t *adv_off);

/*
 * Is a window update worth a segment? Half of the buffer always is. Two
 * segments are when the peer may be waiting: with much of the window left its
 * data will draw the ACK that tells the new edge.
 */
bool tcp_window_update_due(const struct tcp_conn *c);

#endif
