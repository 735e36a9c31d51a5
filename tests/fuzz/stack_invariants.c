/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/stack_invariants.h"

#include "tcp/query.h"
#include "tcp/flight.h"
#include "tcp/timer.h"

/* --- the receive queue --------------------------------------------------------------- */

static const char *
check_run(const struct recvq_run *r)
{
	const struct rte_mbuf *m, *last = NULL;
	uint64_t len = 0, room = 0;

	if (r->off > r->end_off || (r->first == NULL) != (r->off == r->end_off))
		return "a run of another length than its bytes";
	for (m = r->first; m != NULL; m = m->next) {
		if (m->data_len == 0 || m->data_off + m->data_len > m->buf_len)
			return "a buffer of a run is empty, or longer than it is";
		len += m->data_len;
		room += m->buf_len;
		last = m;
	}
	if (len != r->end_off - r->off)
		return "a run's bytes are not as many as its offsets say";
	if (room != r->room)
		return "a run's room is not that of its buffers";
	return last == r->last ? NULL : "a run's last buffer is another one";
}

/* Of an orphan's runs it is known where they are, no more. */
static const char *
check_recvq(const struct recvq *q, bool orphan)
{
	uint64_t room = q->ready.room, held = 0, end = q->ready.end_off;
	const char *why = check_run(&q->ready);
	const struct recvq_held *h = q->held;

	if (h != NULL && h->at.n == 0)
		return "what is held is nothing, and was not given back";
	for (uint32_t i = 0; why == NULL && h != NULL && i < h->at.n; i++) {
		const struct recvq_run run = { h->bytes[i].first, h->bytes[i].last,
					       h->at.r[i].start, h->at.r[i].end, h->bytes[i].room };

		if (run.off <= end)
			return "held runs that touch, or are out of order";
		end = run.end_off;
		held += run.room;
		if (!orphan || run.first != NULL)
			why = check_run(&run);
	}
	if (why != NULL)
		return why;
	if (recvq_room_held(q) != held || q->room_used != room + held)
		return "a receive queue's room is not the sum of its runs'";
	return NULL;
}

/* What is in order ends where TCP's does. */
static const char *
check_mirror(const struct rtls_sock *k)
{
	return k->recvq.ready.end_off != k->tcp.rcv_nxt ?
		       "the queue's bytes in order end elsewhere than TCP's" :
		       NULL;
}

/* --- records that are received --------------------------------------------------------- */

static const char *
check_cursor(const struct recvq *q)
{
	const struct rte_mbuf *m = q->ready.first;
	uint64_t off = q->ready.off;

	if (q->cursor.m == NULL)
		return NULL;
	while (m != NULL && m != q->cursor.m) {
		off += m->data_len;
		m = m->next;
	}
	if (m == NULL)
		return "the queue was looked at in a buffer that it does not hold";
	return off == q->cursor.off ? NULL : "the queue was looked at elsewhere";
}

/* The ring lies between what is read and the edge; only a full one stops in front of the end. */
static const char *
check_framed(const struct session_rx *rx)
{
	uint64_t off, end_off = rx->q->ready.end_off;
	const struct framer *f;

	if (rx->state != SESSION_RX_RECORDS || rx->close_notify)
		return NULL;
	f = &rx->tls->framer;
	off = f->head_off;
	for (unsigned int i = 0; i < f->count; i++)
		off += framed_wire_len(&f->ring[(f->first + i) % FRAMER_RING]);
	if (f->count > FRAMER_RING || off != f->start_off || off > end_off)
		return "the ring does not end at the edge";
	if (f->head_off != rx->q->ready.off)
		return "the ring does not begin with what is read next";
	if (!framer_idle(f, end_off) || framer_may_go_on(f))
		return "a record in order is not framed";
	return NULL;
}

static const char *
check_records(const struct rtls_sock *k)
{
	const char *why = check_cursor(&k->recvq);

	return why != NULL ? why : check_framed(&k->rx);
}

/* --- TCP ------------------------------------------------------------------------------ */

static const char *
check_ranges(const struct tcp_conn *c, const struct tcp_ranges *held)
{
	uint64_t end = c->rcv_nxt;

	if (held == NULL)
		return NULL;
	if (held->n > TCP_RANGES_MAX)
		return "too many ranges";
	if (held->nb_recent > TCP_RANGES_RECENT || held->nb_untold > held->nb_recent)
		return "more is to be told than was added";
	for (uint32_t i = 0; i < held->n; i++) {
		if (held->r[i].start <= end || held->r[i].end <= held->r[i].start)
			return "ranges that touch, are out of order or turned round";
		end = held->r[i].end;
	}
	return end <= c->rcv_adv ? NULL : "a range behind the window";
}

/* A board is of what was sent, no more, and what is lost is owed. */
static const char *
check_flight(const struct tcp_conn *c)
{
	const struct tcp_flight *f = c->flight;

	if (!c->tracked)
		return c->loss == TCP_LOSS_NONE && !tcp_owes(c, TCP_OWED_AGAIN) ?
			       NULL :
			       "a loss that nothing is known of";
	if (f->board.spans.una != c->snd_una || f->board.spans.max != c->sent.nxt)
		return "the scoreboard is of other bytes than those in flight";
	if ((f->board.spans.lost > 0) != tcp_owes(c, TCP_OWED_AGAIN))
		return "bytes are lost and not owed, or owed and not lost";
	return c->loss != TCP_LOSS_NONE && c->snd_una >= f->recover ? "a recovery that is over" :
								      NULL;
}

static const char *
check_tcp(const struct rtls_sock *k)
{
	const struct tcp_conn *c = &k->tcp;
	const char *why = check_ranges(c, recvq_ranges(&k->recvq));

	if (why != NULL)
		return why;
	if (c->rcv_nxt > c->rcv_adv)
		return "more in order than was allowed";
	if (c->peer_fin_off != TCP_NO_OFF && c->rcv_nxt > c->peer_fin_off)
		return "bytes behind the FIN";
	if (c->snd_una > c->sent.nxt || c->sent.nxt > c->snd_max || c->sent.nxt > c->plan.nxt)
		return "SND.UNA, SND.NXT and what was sent are out of order";
	if (c->snd_max > tcp_snd_lim(c) || c->snd_end > sendq_end(&k->sendq))
		return "more was sent than was queued";
	if (c->mss == 0 || c->seg_max < c->mss)
		return "segments of nothing";
	return check_flight(c);
}

/* Nothing that was told or acknowledged is taken back. */
static const char *
check_past(const struct rtls_sock *k, struct stack_watch *w)
{
	const struct tcp_conn *c = &k->tcp;
	uint32_t i = (uint32_t)(k - k->stack->socks);
	bool same = w->socks[i].used && w->socks[i].iss == c->iss && w->socks[i].irs == c->irs;
	const char *why = NULL;

	if (same && c->rcv_adv < w->socks[i].rcv_adv)
		why = "the window's edge moved left";
	if (same && (c->rcv_nxt < w->socks[i].rcv_nxt || c->snd_una < w->socks[i].snd_una ||
		     c->snd_max < w->socks[i].snd_max))
		why = "RCV.NXT, SND.UNA or what was sent went back";
	w->socks[i].used = true;
	w->socks[i].iss = c->iss;
	w->socks[i].irs = c->irs;
	w->socks[i].rcv_nxt = c->rcv_nxt;
	w->socks[i].rcv_adv = c->rcv_adv;
	w->socks[i].snd_una = c->snd_una;
	w->socks[i].snd_max = c->snd_max;
	return why;
}

/* A deadline has an armed node that fires by then; a closed connection has none. */
static const char *
check_timer(const struct rtls_sock *k)
{
	uint64_t at = tcp_deadline(&k->tcp);
	bool armed = wheel_armed(&k->timer);

	if (k->tcp.state == TCP_CLOSED)
		return armed || at != TCP_NEVER ? "a timer of a closed connection" : NULL;
	if (at != TCP_NEVER && k->stack->clock_started && (!armed || k->timer.at_us > at))
		return "a deadline without a timer";
	return NULL;
}

/* --- sockets -------------------------------------------------------------------------- */

static const char *
check_idle(const struct rtls_sock *k)
{
	if (wheel_armed(&k->timer) || k->attached || k->path.listed)
		return "a socket without a connection has a timer or packets";
	if (k->recvq.room_used != 0 || k->room_counted != 0 || k->sendq.map.head != NULL)
		return "a socket without a connection holds buffers";
	return NULL;
}

static const char *
check_backlog(const struct rtls_sock *l)
{
	const struct rtls_sock *k;
	uint32_t n = 0;

	TAILQ_FOREACH(k, &l->backlog, link) {
		if (k->phase != SOCK_BACKLOG || k->listener != l)
			return "a backlog holds what does not wait in it";
		n++;
	}
	return n == l->nb_backlog && n <= l->max_backlog ? NULL : "a backlog is miscounted";
}

static const char *
check_connection(const struct rtls_sock *k, struct stack_watch *w)
{
	const char *why = check_recvq(&k->recvq, k->tcp.orphan);

	if (why == NULL)
		why = check_timer(k);
	if (why != NULL || tcp_is_closed(&k->tcp) || tcp_is_connecting(&k->tcp))
		return why;
	if (!k->attached)
		return "packets of an open connection do not lead to it";
	/* What an orphan receives is thrown away. */
	if (!k->tcp.orphan)
		why = check_mirror(k);
	if (why == NULL && k->phase != SOCK_ORPHAN)
		why = check_records(k);
	if (why == NULL)
		why = check_tcp(k);
	return why == NULL ? check_past(k, w) : why;
}

static const char *
check_sock(const struct rtls_sock *k, struct stack_watch *w)
{
	uint32_t i;

	switch ((enum sock_phase)k->phase) {
	case SOCK_FREE:
	case SOCK_LISTEN:
		break;
	case SOCK_BACKLOG:
	case SOCK_OWNED:
	case SOCK_ORPHAN:
		return check_connection(k, w);
	}
	if (k->stack == NULL) /* never used */
		return NULL;
	i = (uint32_t)(k - k->stack->socks);
	w->socks[i].used = false;
	return k->phase == SOCK_LISTEN && check_backlog(k) != NULL ? check_backlog(k) :
								     check_idle(k);
}

const char *
stack_invariants(const struct rtls_stack *s, struct stack_watch *w)
{
	uint32_t used = 0, flows = 0, holders = 0, rx_holders = 0;
	const char *why = NULL;
	uint64_t room = 0, held = 0;

	for (uint32_t i = 0; why == NULL && i < s->conf.max_socks; i++) {
		const struct rtls_sock *k = &s->socks[i];

		used += k->phase != SOCK_FREE;
		flows += k->attached;
		room += k->room_counted;
		rx_holders += k->room_counted != 0;
		held += k->tx_counted;
		holders += k->tx_counted != 0;
		if (k->room_counted != k->recvq.room_used)
			why = "a socket's room is not counted";
		else if (k->phase != SOCK_FREE && k->phase != SOCK_LISTEN &&
			 k->tx_counted != session_tx_held(&k->tx))
			why = "what a socket holds for sending is not counted";
		else
			why = check_sock(k, w);
	}
	if (why != NULL)
		return why;
	if (used != s->socks_in_use)
		return "sockets in use are miscounted";
	if (flows != s->flows->count)
		return "the flow table is miscounted";
	if (held != s->store.used || holders != s->store.holders || used != s->store.members)
		return "the store of record buffers is not the sum of its sockets'";
	return room == s->rx_room_used && rx_holders == s->rx_holders ?
		       NULL :
		       "the stack's room is not the sum of its sockets'";
}
