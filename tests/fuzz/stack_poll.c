/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One poll of a bench: what came, what was sent, and whether the two receivers agree. */
#include "fuzz/stack_bench.h"

#include <string.h>

#include "fuzz/finding.h"
#include "tcp/query.h"

enum { FRAME_ROOM_MAX = 2 * RTE_MBUF_DEFAULT_BUF_SIZE };

/* --- what the peers hear ----------------------------------------------------------------- */

static struct bench_peer *
peer_of(struct bench *b, uint16_t peer_port, uint16_t local_port)
{
	for (int i = 0; i < BENCH_PEERS; i++)
		if (b->peers[i].port == peer_port && b->peers[i].local_port == local_port)
			return &b->peers[i];
	return NULL;
}

/* The same bytes at an offset, whenever they are sent, and only what was accepted. */
static void
check_sent(struct bench_peer *p, const struct wire_seg *s)
{
	uint32_t rel = s->seq - (p->rcv.iss + 1);

	for (uint32_t i = 0; i < s->payload_len; i++) {
		uint64_t off = (uint64_t)rel + i;

		if (off >= BENCH_SENT_MAX || off > p->seen)
			fuzz_finding("a segment far behind what was sent before");
		if (off == p->seen)
			p->bytes[p->seen++] = s->payload[i];
		if (p->bytes[off] != s->payload[i])
			fuzz_finding("another byte than was sent there before");
		if (off < p->tx_base && (off >= p->accepted || s->payload[i] != bench_byte(off)))
			fuzz_finding("a byte that the program did not send");
	}
}

static void
heard_from_stack(struct bench *b, const struct tap_frame *f)
{
	uint8_t swapped[WIRE_FRAME_MAX];
	struct bench_peer *p;
	struct wire_seg s;
	const char *why;

	/* wire_read() knows the peer's direction only. */
	memcpy(swapped, f->bytes, f->len);
	memcpy(swapped + 26, f->bytes + 30, 4);
	memcpy(swapped + 30, f->bytes + 26, 4);
	if (!wire_read(swapped, f->len, &s)) {
		why = wire_check_other(f->bytes, f->len);
		if (why != NULL)
			fuzz_finding("%s", why);
		return;
	}
	p = peer_of(b, s.dst_port, s.src_port);
	if (p == NULL)
		return;
	if (s.flags & WIRE_SYN) {
		p->syn_edge = s.wnd;
		p->syn_seq = s.seq;
		return;
	}
	/* Of one that is over, the same ports may be another connection's by now. */
	if (!p->rcv.on || (s.flags & WIRE_RST) != 0 || p->sock == NULL || !p->sock->attached)
		return;
	check_sent(p, &s);
	receiver_said(&p->rcv, &s);
}

/* --- the two receivers --------------------------------------------------------------------- */

static struct rtls_sock *
find_sock(const struct bench *b, const struct bench_peer *p)
{
	for (uint32_t i = 0; i < b->stack->conf.max_socks; i++) {
		struct rtls_sock *k = &b->stack->socks[i];

		if (k->attached && k->phase != SOCK_ORPHAN && k->tuple.remote_port == p->port &&
		    k->tuple.local_port == p->local_port)
			return k;
	}
	return NULL;
}

/* A connection is there that was not there before the frame s. */
static void
begin(struct bench_peer *p, struct rtls_sock *k, const struct wire_seg *s)
{
	const struct tcp_conn *c = &k->tcp;

	p->sock = k;
	receiver_start(&p->rcv, c->irs, c->iss, c->ts_on, p->syn_edge);
	p->rcv.rcv_wscale = c->rcv_wscale;
	p->rcv.snd_wscale = c->snd_wscale;
	p->rcv.ts_recent = c->ts_recent;
	/* RFC 7323 2.2: the window of a SYN is not scaled. */
	p->rcv.max_wnd = (s->flags & WIRE_SYN) != 0 ? s->wnd : (uint64_t)s->wnd << c->snd_wscale;
	if ((s->flags & WIRE_SYN) == 0)
		receiver_heard(&p->rcv, s);
}

/* Its payload came for a receive queue that is above its share: to the peer, the network lost it. */
static bool
was_dropped(const struct bench *b)
{
	return b->stack->counters[CNT_PRESSURE_DATA_DROPPED] != b->data_dropped;
}

static void
heard_from_peer(struct bench *b, const struct tap_frame *f)
{
	struct bench_peer *p;
	struct rtls_sock *k;
	struct wire_seg s;

	if (!wire_read(f->bytes, f->len, &s))
		return;
	p = peer_of(b, s.src_port, s.dst_port);
	if (p == NULL)
		return;
	if (was_dropped(b)) {
		s.payload_len = 0;
		s.flags &= (uint8_t)~WIRE_FIN;
	}
	if (p->rcv.on) {
		receiver_heard(&p->rcv, &s);
		/* A device that opens follows what TCP does not take. */
		if (b->nic != NULL && !receiver_agrees(&p->rcv, &s))
			p->reading.spoilt = true;
		return;
	}
	k = p->sock != NULL ? p->sock : find_sock(b, p);
	if (k != NULL && k->attached && !tcp_is_connecting(&k->tcp) && !tcp_is_closed(&k->tcp))
		begin(p, k, &s);
}

/* The stack decided what its peer cannot know: it takes over what that leads to. */
static void
catch_up(struct bench *b)
{
	const uint64_t *c = b->stack->counters;
	bool dropped = c[CNT_TX_DROPPED] != b->dropped;
	bool held = c[CNT_PRESSURE_HELD_DROPPED] != b->held_dropped;

	for (int i = 0; i < BENCH_PEERS; i++) {
		struct bench_peer *p = &b->peers[i];

		if (p->sock == NULL || !p->rcv.on)
			continue;
		if (held && recvq_ranges(&p->sock->recvq) == NULL)
			receiver_drop_held(&p->rcv);
		if (!dropped)
			continue;
		p->rcv.edge = RTE_MAX(p->rcv.edge, p->sock->tcp.rcv_adv);
		p->rcv.snd_max = RTE_MAX(p->rcv.snd_max, p->sock->tcp.snd_max);
		p->rcv.last_ack = RTE_MAX(p->rcv.last_ack, p->sock->tcp.last_ack_sent);
	}
	b->dropped = c[CNT_TX_DROPPED];
	b->held_dropped = c[CNT_PRESSURE_HELD_DROPPED];
	b->data_dropped = c[CNT_PRESSURE_DATA_DROPPED];
}

static const char *
compare(const struct bench_peer *p)
{
	const struct tcp_ranges *held = recvq_ranges(&p->sock->recvq);
	const struct tcp_conn *c = &p->sock->tcp;
	uint64_t runs[TCP_RANGES_MAX][2];
	uint32_t n = held != NULL ? held->n : 0;

	if (c->state == TCP_CLOSED)
		return c->end == TCP_END_RESET && !p->rcv.reset ? "a reset that was none" : NULL;
	if (p->rcv.over)
		return "a connection that is over lives on";
	if (c->rcv_nxt != p->rcv.nxt)
		return c->rcv_nxt > p->rcv.nxt ? "RCV.NXT is ahead of what came" :
						 "RCV.NXT is behind what came";
	if (c->peer_fin != p->rcv.fin)
		return p->rcv.fin ? "a FIN is missed" : "a FIN that did not come";
	if (c->rcv_adv != p->rcv.edge)
		return "the window is not the one that was told";
	for (uint32_t i = 0; i < n; i++) {
		runs[i][0] = held->r[i].start;
		runs[i][1] = held->r[i].end;
	}
	return receiver_compare(&p->rcv, (const uint64_t(*)[2])runs, n);
}

/* A socket that is gone, or another connection's by now. */
static void
forget_gone(struct bench_peer *p)
{
	struct rtls_sock *k = p->sock;

	if (k == NULL || !p->rcv.on)
		return;
	if (k->phase == SOCK_FREE || k->phase == SOCK_ORPHAN || k->tcp.orphan ||
	    k->tcp.iss != p->rcv.iss) {
		p->sock = NULL;
		p->ours = false;
		p->rcv.on = false;
	} else if (k->tcp.state == TCP_CLOSED) {
		p->rcv.over = true; /* a timer's doing, or the program's: it hears no more */
	}
}

/* Between two polls no buffer of the port's is anywhere but in a receive queue. */
static const char *
count_received(const struct bench *b)
{
	const struct rte_mbuf *m;
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->stack->conf.max_socks; i++) {
		const struct recvq *q = &b->stack->socks[i].recvq;

		for (m = q->ready.first; m != NULL; m = m->next)
			n += m->pool == b->tap->pool;
		for (uint32_t j = 0; q->held != NULL && j < q->held->at.n; j++)
			for (m = q->held->bytes[j].first; m != NULL; m = m->next)
				n += m->pool == b->tap->pool;
	}
	return n == rte_mempool_in_use_count(b->tap->pool) ? NULL : "a received packet is lost";
}

void
bench_check(struct bench *b)
{
	const char *why = stack_invariants(b->stack, &b->watch);

	if (why == NULL && b->nb_in == 0)
		why = count_received(b);

	for (int i = 0; why == NULL && i < BENCH_PEERS; i++) {
		forget_gone(&b->peers[i]);
		if (b->peers[i].sock != NULL && b->peers[i].rcv.on)
			why = compare(&b->peers[i]);
	}
	if (why != NULL)
		fuzz_finding("%s", why);
}

/* --- driving it ------------------------------------------------------------------------------ */

/* Does it need a poll of its own, so that what comes of it is known to be its doing? */
static bool
is_lonely(struct bench *b, const uint8_t *frame, uint32_t len)
{
	struct bench_peer *p;
	struct wire_seg s;

	if (!wire_read(frame, len, &s))
		return false;
	/* One of several may be dropped, and nobody could tell which. */
	if (b->stack->rx_room_used + TAP_IN_MAX * FRAME_ROOM_MAX > b->stack->rx_room_max / 2)
		return true;
	p = peer_of(b, s.src_port, s.dst_port);
	return b->one_by_one || (p != NULL && !p->rcv.on);
}

void
bench_inject(struct bench *b, const uint8_t *frame, uint32_t len, uint8_t cut)
{
	bool lonely = is_lonely(b, frame, len);
	struct tap_frame *f;

	if (b->frames++ == BENCH_FRAMES_MAX) {
		b->frames--;
		return;
	}
	if (b->nb_in == TAP_IN_MAX || (lonely && b->nb_in > 0))
		bench_poll(b, 0);
	f = &b->in[b->nb_in++];
	f->len = len;
	memcpy(f->bytes, frame, len);
	if (!tap_port_inject(b->tap, frame, len, cut))
		fuzz_finding("the stack does not receive");
	if (lonely)
		bench_poll(b, 0);
}

void
bench_poll(struct bench *b, uint64_t us)
{
	b->now_us += us;
	rtls_stack_poll(b->stack, b->now_us);
	for (uint32_t i = 0; i < b->nb_in; i++)
		heard_from_peer(b, &b->in[i]);
	b->nb_in = 0;
	for (uint32_t i = 0; i < b->tap->nb_sent; i++)
		heard_from_stack(b, &b->tap->sent[i]);
	b->tap->nb_sent = 0;
	catch_up(b);
	bench_check(b);
}
