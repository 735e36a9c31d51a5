/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who has not finished the handshake ends at the deadline, and the oldest makes room when sockets
 * run short: first who was closed and waits for a FIN, then who said nothing, then whose handshake
 * is under way. Lists in the order of age (stack/admission): neither costs a search.
 */
#ifndef RTLS_STACK_ADMISSION_EVICT_H
#define RTLS_STACK_ADMISSION_EVICT_H

#include "stack/sock.h"

/* Its time is over: ends it. Who is in its backlog, or an orphan, is gone then. */
void admission_evict_expired(struct rtls_sock *sock);

/* A connection is to come: ends an unfinished one where sockets run short. */
void admission_evict_for_newcomer(struct rtls_stack *s);

/* Has the listener's backlog room, now that the oldest silent one in it may have made it? */
bool admission_evict_for_backlog(struct rtls_sock *listener);

#endif
