/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/memory.h"
#include "stack/pressure.h"
#include "stack/tell.h"
#include "tcp/input.h"

enum {
	HELD_SCAN = 64,          /* sockets looked at per poll */
	RELIEVE_RETRY_US = 1000, /* a search through all sockets is not for every poll */
	FLOOR_ROOM = 4096,       /* a full segment or two */
};

uint32_t
pressure_share(const struct rtls_sock *k)
{
	const struct rtls_stack *s = k->stack;
	const struct share_store st = {
		.total = s->rx_room_max,
		.used = s->rx_room_used,
		/* Windows promise what is not charged before it comes. */
		.margin = s->rx_room_max / 2,
		.floor = FLOOR_ROOM,
		.members = s->socks_in_use,
		.holders = s->rx_holders,
	};

	return (uint32_t)RTE_MIN(share_limit(&st, k->rcvbuf, k->rcvbuf), (uint64_t)k->rcvbuf);
}

bool
pressure_drops(struct rtls_sock *k)
{
	const struct rtls_stack *s = k->stack;
	uint32_t used = k->recvq.room_used;

	if (s->rx_room_used <= s->rx_room_max / 2 || used == 0)
		return false;
	/* The rest of a record, without which the program cannot take what is there. */
	if (session_rx_head_need(&k->rx) != 0) {
		if (!pressure_is_high(s) || used < pressure_share(k))
			return false;
		memory_no_room(k->stack, k);
		return true;
	}
	/* A record waits for the program: one segment is enough to go on with. */
	if (k->rx.state == SESSION_RX_RECORDS)
		used += FLOOR_ROOM / 2;
	return used >= pressure_share(k);
}

void
pressure_account(struct rtls_sock *k)
{
	k->stack->rx_room_used += k->recvq.room_used;
	k->stack->rx_room_used -= k->room_counted;
	k->stack->rx_holders += (k->recvq.room_used != 0) - (k->room_counted != 0);
	k->room_counted = k->recvq.room_used;
	memory_hold(k);
}

void
pressure_drop_held(struct rtls_sock *k)
{
	k->stack->counters[CNT_PRESSURE_HELD_DROPPED] += recvq_drop_held(&k->recvq);
	tcp_held_drop(&k->tcp, k->tcp.rcv_nxt + 1);
	pressure_account(k);
}

/*
 * A connection is a candidate when it holds bytes that the program cannot take:
 * the record at its head is not complete. A program that does not read what is
 * there is held by its window instead.
 */
static struct rtls_sock *
oldest_incomplete(struct rtls_stack *s)
{
	struct rtls_sock *k, *oldest = NULL;

	for (k = s->socks; k < s->socks + s->conf.max_socks; k++) {
		if (k->phase != SOCK_OWNED && k->phase != SOCK_BACKLOG)
			continue;
		if (k->rx.state != SESSION_RX_RECORDS || recvq_len(&k->recvq) == 0 ||
		    session_rx_readable(&k->rx, k->tcp.peer_fin))
			continue;
		if (oldest == NULL || k->incomplete_since_us < oldest->incomplete_since_us)
			oldest = k;
	}
	return oldest;
}

/* Who goes on receiving gives up its own in rx_path; these hold theirs and wait. */
static void
drop_held(struct rtls_stack *s)
{
	struct rtls_sock *k;
	uint32_t n;

	for (n = 0; n < HELD_SCAN && pressure_is_high(s); n++) {
		k = &s->socks[s->pressure_next++ % s->conf.max_socks];
		if (k->recvq.nb_held > 0)
			pressure_drop_held(k);
	}
}

void
pressure_relieve(struct rtls_stack *s)
{
	struct rtls_sock *k;

	drop_held(s);
	if (s->rx_room_used <= s->rx_room_max || s->now_us < s->relieve_us)
		return;
	k = oldest_incomplete(s);
	if (k == NULL) {
		s->relieve_us = s->now_us + RELIEVE_RETRY_US;
		return;
	}
	stack_count(s, CNT_PRESSURE_CONN_ABORTED);
	tell_conn(k, NOTE_ROOM_ENDED, "%u bytes of room were its", k->recvq.room_used);
	/* The program keeps the handle; the part of a record it could never read goes now. */
	recvq_fini(&k->recvq);
	pressure_account(k);
	sock_abort(k, RTLS_END_LOCAL, RTLS_REASON_NO_MEMORY);
}
