/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Fair use of the record buffers: what each connection holds for sending is charged to it, its
 * share follows (core/share.h), and who has to wait nevertheless is noted. stack/reclaim ends the wait.
 */
#ifndef RTLS_STACK_MEMORY_H
#define RTLS_STACK_MEMORY_H

#include "stack/state.h"

enum {
	SHORT_GAP_US = 100000,   /* a refusal so long after the last one begins a new wait */
	ASKS_AGAIN_US = 3000000, /* a SYN, a SYN-ACK or a segment is sent again by then */
};

/* The stack has its pools: there is so much to share. */
void memory_init(struct rtls_stack *s);

/* Event: what the connection holds for sending changed, or its peer took of it. */
void memory_account(struct rtls_sock *sock);

/* Event: what it holds for sending or receiving changed, or was taken of. */
void memory_hold(struct rtls_sock *sock);

/* Event: a timeout, and tcp_waits_for_network(). */
void memory_away(struct rtls_sock *sock);

/* Event: away, and it took bytes: the time since the first timeout is not to be judged. */
void memory_answered(struct rtls_sock *sock);

/* What was read ahead of a file is given up: it is a guess. */
void memory_drop_ahead(struct rtls_sock *sock);

/* Event: its send buffer is full, whose size is nobody's word: it may grow. */
void memory_full(struct rtls_sock *sock);

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

/* Of record buffers: for sending, and records that were opened and not read. */
static inline uint64_t
memory_buffers_held(const struct rtls_sock *sock)
{
	return sock->tx_counted + session_rx_list_room(&sock->rx);
}

/* These, and buffers of packets that were received. */
static inline uint64_t
memory_held(const struct rtls_sock *sock)
{
	return memory_buffers_held(sock) + sock->recvq.room_used;
}

#endif
