/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Memory of received data. Each connection has a share of it (core/share.h), which its window
 * follows; when half of all is in use, what comes beyond a share is dropped, as if the network had
 * lost it, but for the rest of a record that the program cannot take yet. Where what is next in order
 * is dropped, what waits behind the gap is given up, or it would be dropped for ever. Pressure goes on in
 * steps: bytes out of order are given up (their senders repeat them), and that rest is dropped, too,
 * but for one connection at a time, so that records get complete, are read, and make room;
 * then new connections are refused; then the connection whose incomplete record is the oldest is
 * ended (stack/reclaim). Each is counted. In the first two somebody waits: stack/reclaim finds who makes
 * room.
 */
#ifndef RTLS_STACK_RX_MEMORY_H
#define RTLS_STACK_RX_MEMORY_H

#include "stack/state.h"

enum { RX_MEMORY_FLOOR = 4096 }; /* a full segment or two */

/* Half of the budget, with so much more: who has more than its share gets nothing. */
static inline bool
rx_memory_is_tight(const struct rtls_stack *s, uint32_t more)
{
	return s->rx_room_used + more > s->rx_room_max / 2;
}

/* Three quarters of the budget: out-of-order data goes, nobody gets more than its share. */
static inline bool
rx_memory_is_high(const struct rtls_stack *s)
{
	return s->rx_room_used > s->rx_room_max - s->rx_room_max / 4;
}

/* Fifteen sixteenths: no new connections. */
static inline bool
rx_memory_is_severe(const struct rtls_stack *s)
{
	return s->rx_room_used > s->rx_room_max - s->rx_room_max / 16;
}

/* Of so much that is wanted, buffer room that the connection may fill. */
static inline uint32_t
rx_memory_limit(const struct rtls_sock *sock, uint32_t wanted)
{
	const struct rtls_stack *s = sock->stack;
	const struct share_store st = {
		.total = s->rx_room_max,
		.used = s->rx_room_used,
		/* Windows promise what is not charged before it comes. */
		.margin = s->rx_room_max / 2,
		.floor = RX_MEMORY_FLOOR,
		.members = s->socks_in_use,
		.holders = s->rx_holders,
	};

	return (uint32_t)RTE_MIN(share_limit(&st, wanted, wanted), (uint64_t)wanted);
}

/* Buffer room that the connection may fill. */
static inline uint32_t
rx_memory_share(const struct rtls_sock *sock)
{
	return rx_memory_limit(sock, sock->rcvbuf);
}

/* Is a segment with payload dropped? */
bool rx_memory_drops(struct rtls_sock *sock);

/* Event: the queue's room changed; keeps the stack's sum. */
void rx_memory_account(struct rtls_sock *sock);

/* Gives up what this connection holds out of order. */
void rx_memory_drop_held(struct rtls_sock *sock);

#endif
