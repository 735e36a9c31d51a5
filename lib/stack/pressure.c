/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/memory.h"
#include "stack/pressure.h"
#include "stack/sock_end.h"
#include "stack/tell.h"
#include "tcp/input.h"

enum {
	HELD_SCAN = 64,          /* sockets looked at per poll */
	RELIEVE_RETRY_US = 1000, /* a search through all sockets is not for every poll */
	FLOOR_ROOM = 4096,       /* a full segment or two */
};

uint32_t
pressure_share(const struct rtls_sock *sock)
{
	const struct rtls_stack *s = sock->stack;
	const struct share_store st = {
		.total = s->rx_room_max,
		.used = s->rx_room_used,
		/* Windows promise what is not charged before it comes. */
		.margin = s->rx_room_max / 2,
		.floor = FLOOR_ROOM,
		.members = s->socks_in_use,
		.holders = s->rx_holders,
	};

	return (uint32_t)RTE_MIN(share_limit(&st, sock->rcvbuf, sock->rcvbuf),
				 (uint64_t)sock->rcvbuf);
}

bool
pressure_drops(struct rtls_sock *sock)
{
	const struct rtls_stack *s = sock->stack;
	uint32_t used = sock->recvq.room_used;

	if (s->rx_room_used <= s->rx_room_max / 2 || used == 0)
		return false;
	/* The rest of a record, without which the program cannot take what is there. */
	if (session_rx_head_need(&sock->rx) != 0) {
		if (!pressure_is_high(s) || used < pressure_share(sock))
			return false;
		memory_no_room(sock->stack, sock);
		return true;
	}
	/* A record waits for the program: one segment is enough to go on with. */
	if (sock->rx.state == SESSION_RX_RECORDS)
		used += FLOOR_ROOM / 2;
	return used >= pressure_share(sock);
}

void
pressure_account(struct rtls_sock *sock)
{
	sock->stack->rx_room_used += sock->recvq.room_used;
	sock->stack->rx_room_used -= sock->room_counted;
	sock->stack->rx_holders += (sock->recvq.room_used != 0) - (sock->room_counted != 0);
	sock->room_counted = sock->recvq.room_used;
	memory_hold(sock);
}

void
pressure_drop_held(struct rtls_sock *sock)
{
	sock->stack->counters[CNT_PRESSURE_HELD_DROPPED] += recvq_drop_held(&sock->recvq);
	tcp_held_drop(&sock->tcp, sock->tcp.rcv_nxt + 1);
	pressure_account(sock);
}

/*
 * A connection is a candidate when it holds bytes that the program cannot take:
 * the record at its head is not complete. A program that does not read what is
 * there is held by its window instead.
 */
static struct rtls_sock *
oldest_incomplete(struct rtls_stack *s)
{
	struct rtls_sock *sock, *oldest = NULL;

	for (sock = s->socks; sock < s->socks + s->conf.max_socks; sock++) {
		if (sock->phase != SOCK_OWNED && sock->phase != SOCK_BACKLOG)
			continue;
		if (sock->rx.state != SESSION_RX_RECORDS || recvq_len(&sock->recvq) == 0 ||
		    session_rx_readable(&sock->rx, sock->tcp.peer_fin))
			continue;
		if (oldest == NULL || sock->incomplete_since_us < oldest->incomplete_since_us)
			oldest = sock;
	}
	return oldest;
}

/* Who goes on receiving gives up its own in rx_path; these hold theirs and wait. */
static void
drop_held(struct rtls_stack *s)
{
	struct rtls_sock *sock;
	uint32_t n;

	for (n = 0; n < HELD_SCAN && pressure_is_high(s); n++) {
		sock = &s->socks[s->pressure_next++ % s->conf.max_socks];
		if (sock->recvq.nb_held > 0)
			pressure_drop_held(sock);
	}
}

void
pressure_relieve(struct rtls_stack *s)
{
	struct rtls_sock *sock;

	drop_held(s);
	if (s->rx_room_used <= s->rx_room_max || s->now_us < s->relieve_us)
		return;
	sock = oldest_incomplete(s);
	if (sock == NULL) {
		s->relieve_us = s->now_us + RELIEVE_RETRY_US;
		return;
	}
	stack_count(s, CNT_PRESSURE_CONN_ABORTED);
	tell_conn(sock, NOTE_ROOM_ENDED, "%u bytes of room were its", sock->recvq.room_used);
	/* The program keeps the handle; the part of a record it could never read goes now. */
	recvq_fini(&sock->recvq);
	pressure_account(sock);
	sock_abort(sock, RTLS_END_LOCAL, RTLS_REASON_NO_MEMORY);
}
