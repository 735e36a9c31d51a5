/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/rx_memory.h"

#include "session/rx_marks.h"
#include "stack/memory.h"

enum {
	PASS_US = 200000, /* who does not complete its record within this lets the next one pass */
};

/*
 * One at a time completes its record from three quarters on: if everybody held a part of one and
 * waited for its rest, nobody would give anything back.
 */
static bool
passes(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;

	if (s->rx_room_used > s->rx_room_max - s->rx_room_max / 8)
		return false;
	if (s->rx_pass == NULL || s->now_us - s->rx_pass_us >= PASS_US) {
		s->rx_pass = sock;
		s->rx_pass_us = s->now_us;
	}
	return s->rx_pass == sock;
}

bool
rx_memory_drops(struct rtls_sock *sock)
{
	const struct rtls_stack *s = sock->stack;
	uint32_t used = sock->recvq.room_used;

	if (!rx_memory_is_tight(s, 0) || used == 0)
		return false;
	/* The rest of a record, without which the program cannot take what is there. */
	if (session_rx_head_need(&sock->rx) != 0) {
		if (!rx_memory_is_high(s) || used < rx_memory_share(sock) || passes(sock))
			return false;
		memory_no_room(sock->stack, sock);
		return true;
	}
	/* A record waits for the program: one segment is enough to go on with. */
	if (sock->rx.state == SESSION_RX_RECORDS)
		used += RX_MEMORY_FLOOR / 2;
	return used >= rx_memory_share(sock);
}

void
rx_memory_account(struct rtls_sock *sock)
{
	sock->stack->rx_room_used += sock->recvq.room_used;
	sock->stack->rx_room_used -= sock->room_counted;
	/* Its program took something, or it ended. */
	if (sock->stack->rx_pass == sock && sock->recvq.room_used < sock->room_counted)
		sock->stack->rx_pass = NULL;
	sock->stack->rx_holders += (sock->recvq.room_used != 0) - (sock->room_counted != 0);
	sock->room_counted = sock->recvq.room_used;
	memory_hold(sock);
}

void
rx_memory_drop_held(struct rtls_sock *sock)
{
	sock->stack->counters[CNT_PRESSURE_HELD_DROPPED] += recvq_drop_held(&sock->recvq);
	rx_marks_held_dropped(sock->rx.tls);
	rx_memory_account(sock);
}
