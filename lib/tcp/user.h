/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the owner of a connection asks for: the user calls of RFC 9293 3.10.
 * Each may give tcp_plan something to say.
 */
#ifndef RTLS_TCP_USER_H
#define RTLS_TCP_USER_H

#include "tcp/conn.h"

/* Data up to end_off may be sent. Never moves left; not behind tcp_shutdown. */
void tcp_send_ready(struct tcp_conn *c, uint64_t end_off);

/* No data follows snd_end. FIN is queued, the state moves at once (RFC 9293 3.10.4). */
void tcp_shutdown(struct tcp_conn *c);

/*
 * The owner closed the handle: as tcp_shutdown. FIN-WAIT-2 ends after fin_wait2_us, and a
 * closed window holds the connection no longer than user_timeout_us. What still arrives is not
 * kept, and its sender is told by a RST (RFC 2525 2.17), which goes once our FIN is acknowledged:
 * in front of it, it would take what was accepted from the peer. Until then up to TCP_DRAIN_MAX
 * bytes are acknowledged, and user_timeout_us pass at most.
 */
void tcp_orphan(struct tcp_conn *c, uint64_t now_us);

/* An orphan's, or one's that is to be one: bytes that came and that nobody will read. */
void tcp_unread(struct tcp_conn *c, uint64_t now_us);

/*
 * State CLOSED, end ABORTED. True: send rst. A close with unread data is a case
 * for this (RFC 9293 3.6.1).
 */
bool tcp_abort(struct tcp_conn *c, uint64_t now_us, struct tcp_seg *rst);

/*
 * Bytes up to rcv_nxt + room can be taken. Asks for a window update
 * when that is worth one (RFC 9293 3.8.6.2.2); tcp_plan then yields it.
 */
void tcp_rcv_room(struct tcp_conn *c, uint32_t room);

#endif
