/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/memory.h"
#include "stack/sched.h"
#include "stack/tell.h"
#include "tcp/query.h"

void
memory_init(struct rtls_stack *s)
{
	s->store.total = (uint64_t)s->conf.nb_large * BUF_LARGE_ROOM;
	s->store.margin = s->store.total / 4;
	s->store.floor = BUF_LARGE_ROOM;
}

void
memory_hold(struct rtls_sock *sock)
{
	hold_input(&sock->hold, memory_held(sock), sock->tcp.snd_una + sock->recvq.ready.off,
		   sock->stack->now_us);
}

void
memory_away(struct rtls_sock *sock)
{
	if (sock->away)
		return;
	hold_away(&sock->hold, sock->stack->now_us);
	sock->away = true;
}

void
memory_answered(struct rtls_sock *sock)
{
	hold_answered(&sock->hold, sock->stack->now_us);
	sock->away = false;
}

void
memory_account(struct rtls_sock *sock)
{
	uint64_t held;

	sock->tx.ahead = sock->lane.room;
	held = RTE_MIN(session_tx_held(&sock->tx), (uint64_t)UINT32_MAX);
	share_held(&sock->stack->store, sock->tx_counted, held);
	sock->tx_counted = (uint32_t)held;
	memory_hold(sock);
}

void
memory_drop_ahead(struct rtls_sock *sock)
{
	reader_lane_reset(sock->stack->reader, &sock->lane);
	memory_account(sock);
}

void
memory_full(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;
	const struct txmap_rec *head = sock->sendq.map.head;
	uint64_t bytes = head == NULL ? 0 : sendq_end(&sock->sendq) - head->stream_off;
	uint64_t want = autosize_send(tcp_send_window(&sock->tcp), sock->sendq.room_used, bytes);
	uint32_t to = autosize_grown(sock->tx.sndbuf, want,
				     share_limit(&s->store, s->conf.sndbuf_max, want));

	if (to == sock->tx.sndbuf)
		return;
	sock->tx.sndbuf = to;
	sock_ready(sock);
}

void
memory_refused(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;

	/* Its own send buffer, or its peer's window, are nobody else's fault. */
	if (!share_short(&s->store, sock->tx.sndbuf, sock->tx.useful))
		return;
	if (s->now_us - s->short_us > SHORT_GAP_US) {
		s->short_since_us = s->now_us;
		s->short_by = sock;
	} else if (s->short_by != sock) {
		s->short_by = NULL;
	}
	s->short_us = s->now_us;
}

void
memory_starved(struct rtls_sock *sock, uint32_t plain_len)
{
	sock->starved_len = plain_len;
	if (sock->starved)
		return;
	sock->starved_us = sock->stack->now_us;
	TAILQ_INSERT_TAIL(&sock->stack->starved_list, sock, starved_link);
	sock->starved = true;
	tell_conn(sock, NOTE_NO_BUFFER, "for a record of %u bytes", plain_len);
}

void
memory_unstarve(struct rtls_sock *sock)
{
	if (!sock->starved)
		return;
	TAILQ_REMOVE(&sock->stack->starved_list, sock, starved_link);
	sock->starved = false;
}

void
memory_no_sock(struct rtls_stack *s)
{
	s->no_sock_us = s->now_us;
	s->no_sock = true;
}

void
memory_no_room(struct rtls_stack *s, const struct rtls_sock *sock)
{
	if (!s->no_room || s->now_us - s->no_room_us > ASKS_AGAIN_US)
		s->no_room_by = sock;
	else if (s->no_room_by != sock)
		s->no_room_by = NULL;
	s->no_room_us = s->now_us;
	s->no_room = true;
}
