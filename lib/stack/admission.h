/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who may stay: connections that a listener took in and that have not finished their handshake
 * (tcp/admit). They end at their deadlines, and the oldest makes room when sockets run short:
 * first who was closed and waits for a FIN, then who said nothing, then whose handshake is
 * under way. Lists in the order of age: neither costs a search.
 */
#ifndef RTLS_STACK_ADMISSION_H
#define RTLS_STACK_ADMISSION_H

#include "stack/sock.h"

/* Has the remote address as many connections as it may have? Counts who is refused. */
bool admission_remote_full(struct rtls_stack *s, const struct net_addr *remote);

/* Event: the listener has a new connection, in its backlog. */
void admission_open(struct rtls_sock *sock, struct rtls_sock *listener);

/* Events; each does nothing where it means nothing. */
void admission_accepted(struct rtls_sock *sock);
void admission_heard(struct rtls_sock *sock);
void admission_guarded(struct rtls_sock *sock);
void admission_keyed(struct rtls_sock *sock); /* keys were set, or stay with another library */
void admission_orphaned(struct rtls_sock *sock);

/* TCP is done with it. */
void admission_leave(struct rtls_sock *sock);

/* The slot is free. */
void admission_forget(struct rtls_sock *sock);

/* When it is to be ended; UINT64_MAX: never. */
uint64_t admission_deadline(const struct rtls_sock *sock);

/* Its time is over: ends it. Who is in its backlog, or an orphan, is gone then. */
void admission_expire(struct rtls_sock *sock);

/* A connection is to come: ends an unfinished one where sockets run short. */
void admission_make_room(struct rtls_stack *s);

/* Has the listener's backlog room, now that the oldest silent one in it may have made it? */
bool admission_backlog_room(struct rtls_sock *listener);

#endif
