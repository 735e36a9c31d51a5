/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Fair use of the record buffers: what each connection holds for sending is charged to it, its
 * share follows (core/share.h), and when somebody has to wait nevertheless, who makes the least of
 * what it holds (core/hold.h) is ended.
 */
#ifndef RTLS_STACK_MEMORY_H
#define RTLS_STACK_MEMORY_H

#include "stack/state.h"

/* The stack has its pools: there is so much to share. */
void memory_init(struct rtls_stack *s);

/* Event: what the connection holds for sending changed, or its peer took of it. */
void memory_account(struct rtls_sock *sock);

/* Event: what it holds for sending or receiving changed, or was taken of. */
void memory_hold(struct rtls_sock *sock);

/* What was read ahead of a file is given up: it is a guess. */
void memory_drop_ahead(struct rtls_sock *sock);

/* Event: its share did not let it queue more. */
void memory_refused(struct rtls_sock *sock);

/* Event: a pool was empty for it. */
void memory_starved(struct rtls_sock *sock, uint32_t plain_len);

/* Event: it waits for no buffer any more: it ended, or its program closed it. */
void memory_unstarve(struct rtls_sock *sock);

/* Event: a connection is complete, and there is no socket for it. */
void memory_no_sock(struct rtls_stack *s);

/* Event: there is no room for the rest of a record, or for a connection more. */
void memory_no_room(struct rtls_stack *s, const struct rtls_sock *sock);

/* Who found a pool empty looks again when buffers are back. */
void memory_wake(struct rtls_stack *s);

/* Somebody waits for too long: looks at some sockets, and ends the worst holder of a round. */
void memory_relieve(struct rtls_stack *s);

/* Does a poll have something to look for, though no packet and no timer comes? */
bool memory_waits(const struct rtls_stack *s);

#endif
