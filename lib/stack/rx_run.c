/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One function per step, in the order in which a run meets them. */
#include "stack/rx_run.h"

#include "buf/chain.h"
#include "session/rx_marks.h"
#include "stack/drop.h"
#include "stack/mode_move.h"
#include "stack/reply.h"
#include "stack/rx_mark.h"
#include "stack/rx_memory.h"
#include "stack/sock_events.h"
#include "stack/tallies.h"
#include "stack/tell.h"
#include "tcp/input.h"

static void store(struct rx_run *r, const struct tcp_verdict *v);

/* What junk for a connection is owed goes if its sender may be answered. Returns TCP_EV_*. */
static uint32_t
answer_junk(const struct rx_run *r, const struct tcp_verdict *v)
{
	struct rtls_sock *sock = r->sock;
	struct rtls_stack *s = sock->stack;

	if (v->reply_reset && ((v->events & TCP_EV_CLOSED) != 0 ||
			       reply_allowed(s, ANSWER_RESET, &sock->tuple.remote))) {
		reply_segment(s, r->nif, r->src_mac, sock, &sock->tuple, &v->reset);
		stack_count(s, CNT_TX_RESETS);
	}
	if ((v->events & TCP_EV_CHALLENGE) == 0)
		return v->events;
	if (!reply_allowed(s, ANSWER_CHALLENGE, &sock->tuple.remote))
		return 0; /* a challenge comes alone */
	return tcp_challenge(&sock->tcp, s->now_us);
}

/* There is no room for it: its ACK and window still count, the rest comes again. */
static void
drop_payload(struct rx_run *r)
{
	struct rtls_stack *s = r->sock->stack;
	const struct rx_piece *p;

	for (p = r->first; p != NULL; p = p->next) {
		stack_count(s, CNT_PRESSURE_DATA_DROPPED);
		stack_tell_dropped(r->nif->port, p->m, CNT_PRESSURE_DATA_DROPPED);
	}
	tell_conn(r->sock, NOTE_NO_ROOM, "%u bytes of room are its", r->sock->recvq.room_used);
	r->seg.payload_len = 0;
	r->seg.flags &= (uint8_t)~TCP_FIN;
}

/*
 * What comes next in order is not kept out for ever by what waits behind the gap, and which nobody can read
 * before: that is given up, too, and when it comes again there is room.
 */
static void
make_way(struct rx_run *r)
{
	struct rtls_sock *sock = r->sock;

	if (recvq_room_held(&sock->recvq) != 0 &&
	    r->seg.seq == tcp_rcv_seq_of(&sock->tcp, sock->tcp.rcv_nxt))
		rx_memory_drop_held(sock);
}

static enum counter
counter_of_drop(enum tcp_drop why)
{
	switch (why) {
	case TCP_DROP_RESET:
		return CNT_RX_BAD_RESET;
	case TCP_DROP_SYN:
		return CNT_RX_BAD_SYN;
	case TCP_DROP_NO_TS:
		return CNT_RX_NO_TIMESTAMP;
	case TCP_DROP_OLD_TS:
		return CNT_RX_OLD_TIMESTAMP;
	case TCP_DROP_WINDOW:
		return CNT_RX_OUT_OF_WINDOW;
	case TCP_DROP_ACK:
		return CNT_RX_BAD_ACK;
	case TCP_DROP_DUPLICATE:
		return CNT_RX_DUPLICATE;
	case TCP_DROP_GAPS:
		return CNT_RX_TOO_MANY_GAPS;
	case TCP_DROP_NONE:
		break;
	}
	return CNT_MAX;
}

/* Nobody reads it any more; only where it belongs is noted. */
static void
pass(struct rtls_sock *sock, struct tcp_verdict *v)
{
	/* What waited loses its bytes. */
	rx_marks_held_dropped(sock->rx.tls);
	if (recvq_pass(&sock->recvq, v->stream_off, v->took, sock->tcp.rcv_nxt) != 0) {
		v->drop = TCP_DROP_GAPS;
		sock->stack->held_wanted = true;
	}
	if (sock->recvq.room_used != sock->room_counted)
		rx_memory_account(sock);
}

/* Nothing of it is kept; what is not dropped has had its say. */
static void
let_go(struct rx_run *r, enum tcp_drop why)
{
	struct rtls_stack *s = r->sock->stack;
	struct rx_piece *p;

	for (p = r->first; p != NULL; p = p->next) {
		if (why == TCP_DROP_NONE)
			stack_free_packet(s, p->m);
		else
			stack_drop(s, r->nif->port, p->m, counter_of_drop(why));
	}
}

void
rx_run_input(struct rx_run *r)
{
	struct rtls_sock *sock = r->sock;
	struct rtls_stack *s = sock->stack;
	struct tcp_verdict v;

	if (r->seg.payload_len > 0) {
		s->counters[CNT_RX_SEGMENTS] += r->nb_packets;
		sock->count.rx_segments += r->nb_packets;
		sock->rx_data_at = sock_clock(s->now_us);
		if (rx_memory_drops(sock)) {
			make_way(r);
			drop_payload(r);
		}
	} else {
		sock->count.rx_bare += r->nb_packets;
	}
	v = tcp_input(&sock->tcp, recvq_ranges(&sock->recvq), &r->seg, s->now_us);
	if (v.reply_reset || (v.events & TCP_EV_CHALLENGE) != 0)
		v.events = answer_junk(r, &v);
	if (v.took > v.keep)
		pass(sock, &v);
	if (v.keep > 0)
		store(r, &v);
	else
		let_go(r, (enum tcp_drop)v.drop);
	sock_tcp_events(sock, v.events);
}

/* One packet, or what is kept of it, at its place in the stream. */
static void
store_packet(struct rx_run *r, const struct rx_piece *p, uint64_t off, uint32_t skip, uint32_t keep)
{
	struct rtls_sock *sock = r->sock;
	struct rtls_stack *s = sock->stack;
	bool marked = chain_marks(p->m) != 0, noted;
	bool wiped = marked && s->conf.wipe_buffers != 0;
	bool around = (marked || rx_marks_any(sock->rx.tls)) &&
		      recvq_encloses(&sock->recvq, off, keep);
	struct rte_mbuf *m;

	/* It may replace some that wait, or be cut around them: their places are not known any more. */
	if (around)
		rx_marks_put_back(sock->rx.tls, off, off + keep);
	noted = marked && keep > 0 &&
		rx_mark_store(sock->rx.tls, r->nif->port, p, off,
			      keep == p->payload_len && !around);
	m = chain_cut(p->m, p->payload_off + skip, keep, wiped);
	if (m == NULL)
		return;
	if (recvq_insert(&sock->recvq, off, m) != 0) {
		if (noted)
			rx_marks_undo(sock->rx.tls, off);
		/* Too many hold something: the newest waits for its retransmission. By its name
		 * alone: its first mbuf may be gone. */
		stack_count(s, CNT_RX_TOO_MANY_GAPS);
		stack_tell_dropped(r->nif->port, p->m, CNT_RX_TOO_MANY_GAPS);
		if (wiped)
			chain_free_wiping(m);
		else
			rte_pktmbuf_free(m);
		s->held_wanted = true;
		return;
	}
	s->counters[CNT_RX_BYTES] += keep;
	sock->count.rx_bytes += keep;
}

/* Of a stack with one port nobody asks. */
static bool
came_by_other(const struct rx_run *r)
{
	const struct rtls_sock *sock = r->sock;

	return sock->stack->nb_netifs > 1 && sock->rx.tls != NULL &&
	       !stack_is_home(sock, RTLS_RX, r->nif);
}

/* Stores what TCP keeps: each packet by itself, as its marks are its own. */
static void
store(struct rx_run *r, const struct tcp_verdict *v)
{
	struct rtls_sock *sock = r->sock;
	bool in_order = v->stream_off <= sock->recvq.ready.end_off;
	uint32_t skip = v->skip, left = v->keep, cut, keep;
	const struct rx_piece *p;

	for (p = r->first; p != NULL; p = p->next) {
		cut = RTE_MIN(skip, (uint32_t)p->payload_len);
		keep = RTE_MIN(left, p->payload_len - cut);
		store_packet(r, p, v->stream_off + v->keep - left, cut, keep);
		skip -= cut;
		left -= keep;
	}
	/* Also what is out of order: nothing else would charge it. */
	rx_memory_account(sock);
	if (!in_order) {
		sock_tally(sock)->out_of_order += r->nb_packets;
		if (rx_memory_is_high(sock->stack))
			rx_memory_drop_held(sock);
	}
	if (came_by_other(r))
		mode_move_received(sock,
				   &(struct mode_move_run){ .nif = r->nif,
							    .end_off = v->stream_off + v->keep,
							    .len = v->keep,
							    .nb_packets = r->nb_packets });
}
