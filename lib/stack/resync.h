/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A receiving device that lost its place, and what it is told: what it asks goes to the direction's
 * machine (session/rx_resync.h), and what that has to say to the device, in the same poll. A device that
 * cannot be told gets another context.
 */
#ifndef RTLS_STACK_RESYNC_H
#define RTLS_STACK_RESYNC_H

#include "session/rx_resync.h"
#include "stack/sock.h"

/* Event: a packet of the connection, which TCP has not seen, asks about the header at seq. */
void sock_resync_asked(struct rtls_sock *sock, uint32_t seq);

/* Event: the device asks by events about what the context of e receives. */
void sock_resync_event(struct rtls_sock *sock, const struct session_epoch *e,
		       const struct rtls_tls_event *ev);

void sock_resync_go_on(struct rtls_sock *sock);

/* Event: more bytes are in order, or some were read. */
static inline void
sock_resync_moved(struct rtls_sock *sock)
{
	if (rx_resync_wants(sock->rx.tls))
		sock_resync_go_on(sock);
}

/* Event: the port's queue was gone through. */
void sock_resync_quiet(struct rtls_sock *sock);

#endif
