/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What ICMP says of a connection's path. Anybody may have made the message: it counts only when it
 * quotes what is in flight (RFC 5927 4.1).
 */
#ifndef RTLS_TCP_PATH_H
#define RTLS_TCP_PATH_H

#include "tcp/conn.h"

/*
 * Event: a packet with seq was too big for a link that takes mtu bytes (RFC 1191). Segments shrink,
 * never below what every host takes and never again for this connection; what is in flight is cut
 * again and sent at once, without a sign of congestion; in a round trip twice at most, as whoever
 * guesses a number may say each time a little less. Returns TCP_EV_SEND, or 0: no news, or forged.
 */
uint32_t tcp_path_too_big(struct tcp_conn *c, uint32_t seq, uint16_t mtu);

/* The same, known before anything was sent: not in SYN-SENT. */
void tcp_path_limit(struct tcp_conn *c, uint16_t mtu);

/* Bytes of the longest packet that it would send, whatever its program allows. Not in SYN-SENT. */
uint16_t tcp_path_mtu(const struct tcp_conn *c);

/*
 * Event: a packet with seq did not arrive, for another reason. hard: nobody is there, ever (RFC 1122
 * 4.2.3.9). Where our SYN is not acknowledged, and seq is the SYN's, that ends the connection:
 * TCP_EV_CLOSED. All else is tried on, as the peer was there, or may come back, and R2 is patient (RFC
 * 5461 4): TCP_EV_SOFT_ERROR, and it is remembered in c->unreachable, in case that R2 is reached.
 * Returns 0: it quotes nothing that is in flight (RFC 5927 4.1).
 */
uint32_t tcp_path_unreachable(struct tcp_conn *c, uint32_t seq, bool hard);

#endif
