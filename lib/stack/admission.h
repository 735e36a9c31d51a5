/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Connections that a listener took in and that have not finished their handshake (tcp/admit), by
 * stage in lists in the order of age. stack/admission_evict ends them.
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
void admission_guarded(struct rtls_sock *sock); /* and connected */
void admission_keyed(struct rtls_sock *sock);   /* keys were set, or stay with another library */
void admission_orphaned(struct rtls_sock *sock);

/* TCP is done with it. */
void admission_leave(struct rtls_sock *sock);

/* The slot is free. */
void admission_forget(struct rtls_sock *sock);

#endif
