/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Two connections on a wire that loses, repeats, delays and reorders, in virtual
 * time and without payload: a segment is its header and the range that it
 * carries. Both sides send, stop reading now and then, have their segments cut
 * at random places and refused by their port. One seed makes one run.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"
#include "tcp/sack.h"
#include "tcp/query.h"
#include "tcp/syncache.h"
#include "tcp/timewait.h"

enum {
	STREAM_MAX = 200000,
	WIRE_MAX = 4096,
	BATCH = 16,
	RUN_STEPS_MAX = 400000,
	RUN_FAILED = 1,
};

#define RUN_TIME_MAX_US (UINT64_C(20000) * 1000000)

/* What one seed decides. Probabilities are in 1/1000. */
struct setting {
	uint32_t loss, dup, reorder, refuse, trim, stop;
	uint32_t delay_us;
	bool ts[2], wscale_off;
	bool late; /* side 0 writes once it is connected */
	bool mute; /* no challenge is granted: somebody floods, and the two must do without */
	uint16_t mss[2];
	uint32_t buf[2];
	uint32_t total[2];
	uint32_t iss[2];
};

struct packet {
	uint64_t at_us;
	uint64_t order;
	struct tcp_seg seg;
	uint64_t off;  /* of its first payload byte, as the sender counts */
	uint64_t edge; /* right edge that it tells */
	int to;
};

enum phase {
	PHASE_LISTEN,
	PHASE_SYN_RECEIVED,
	PHASE_LIVE,
	PHASE_TIME_WAIT,
	PHASE_DONE,
};

struct side {
	struct tcp_conn c;
	struct tcp_params params;
	struct tcp_syncache *syns;
	struct tcp_timewait *waits;
	struct net_tuple tuple;
	enum phase phase;
	bool reset;     /* ended by a RST or a timeout */
	uint64_t ready; /* the application's side: made ready, consumed */
	uint64_t consumed;
	uint64_t app_at_us;
	uint64_t port_at_us; /* the port takes packets again */
	uint64_t lim_max;    /* highest edge that we ever offered */
	uint64_t edge_max;   /* highest edge that the peer ever told */
	uint64_t told_max;   /* highest edge that we ever told */
	bool shut;
	bool got_fin;
	uint8_t got[STREAM_MAX]; /* bytes kept, by offset */
};

static struct world {
	struct side side[2]; /* 0 connects, 1 listens */
	struct packet wire[WIRE_MAX];
	uint32_t n;
	uint64_t order;
	uint64_t now_us;
	uint64_t rng;
	struct setting set;
	char why[200];
	bool forgotten; /* the listener's record is past its last SYN-ACK: the client is answered no more */
} w;

static const uint8_t key[16] = { 1, 2, 3 };

static uint32_t
below(uint32_t n)
{
	return n == 0 ? 0 : (uint32_t)(harness_rand(&w.rng) % n);
}

static bool
chance(uint32_t per_mille)
{
	return below(1000) < per_mille;
}

static bool
fail(const char *why, int side)
{
	if (w.why[0] == '\0')
		snprintf(w.why, sizeof(w.why), "%s (side %d at %" PRIu64 " us)", why, side,
			 w.now_us);
	return false;
}

/* Through the codec, as on a real wire. */
static void
put_on_wire(int from, const struct tcp_seg *seg, uint64_t off, uint64_t edge)
{
	uint8_t bytes[TCP_HDR_MAX];
	struct packet p = { .off = off, .edge = edge, .to = 1 - from };
	uint32_t hdr_len = tcp_seg_write(seg, bytes);
	uint32_t copies = 1 + (chance(w.set.dup) ? 1 : 0);

	if (tcp_seg_parse(bytes, hdr_len + seg->payload_len, &p.seg) != 0)
		fail("codec", from);
	for (uint32_t i = 0; i < copies && w.n < WIRE_MAX; i++) {
		if (chance(w.set.loss))
			continue;
		p.order = w.order++;
		p.at_us = w.now_us + w.set.delay_us;
		if (chance(w.set.reorder))
			p.at_us += below(4 * w.set.delay_us);
		w.wire[w.n++] = p;
	}
}

/* The application's room, told to TCP. */
static void
give_room(struct side *s, int i)
{
	uint64_t used = s->c.rcv_nxt - s->consumed;
	uint32_t room = used < w.set.buf[i] ? w.set.buf[i] - (uint32_t)used : 0;

	tcp_rcv_room(&s->c, room);
	if (s->c.rcv_nxt + room > s->lim_max)
		s->lim_max = s->c.rcv_nxt + room;
}

static bool
check_sent(struct side *s, int i, const struct tcp_out *o)
{
	if (o->len > 0 && o->off + o->len > s->ready)
		return fail("sent what was not ready", i);
	if (o->len > s->c.mss)
		return fail("sent more than the MSS", i);
	if (o->len > 0 && !o->probe && o->off + o->len > s->edge_max)
		return fail("sent beyond the window", i);
	if (o->probe && o->len != 1)
		return fail("a probe of more than one byte", i);
	if (o->syn || s->phase != PHASE_LIVE)
		return true;
	if (o->adv_off > s->lim_max && o->adv_off > 65535)
		return fail("told more than the room", i);
	return true;
}

/* RFC 2018 3, RFC 2883: whatever a block says, its bytes came. */
static bool
check_blocks(const struct side *s, int i, const struct tcp_seg *seg)
{
	for (uint8_t k = 0; k < seg->nb_sacks; k++) {
		uint32_t start = seg->sacks[k].start - s->c.irs - 1;
		uint32_t end = seg->sacks[k].end - s->c.irs - 1;

		if (start >= end || end > STREAM_MAX || memchr(s->got + start, 0, end - start))
			return fail("told of bytes that never came", i);
	}
	return true;
}

/* RFC 7323 2.4: what is left of the room below one unit cannot be told, all else stays. */
static void
check_told(struct side *s, int i, const struct tcp_out *o)
{
	if (o->syn)
		return;
	if (o->adv_off + (UINT64_C(1) << s->c.rcv_wscale) <= s->told_max)
		fail("told a smaller window than before", i);
	if (o->adv_off > s->told_max)
		s->told_max = o->adv_off;
}

/* The stack's turn: plan, cut, hand over to a port that may refuse. */
static bool
transmit(int i)
{
	struct side *s = &w.side[i];
	struct tcp_out batch[BATCH];
	const char *broken;
	uint32_t n = 0;
	uint32_t taken;

	if (s->phase != PHASE_LIVE || w.now_us < s->port_at_us)
		return true;
	do {
		n = 0;
		while (n < BATCH && tcp_plan(&s->c, w.now_us, &batch[n])) {
			struct tcp_out *o = &batch[n++];

			if (o->len > 1 && chance(w.set.trim))
				tcp_plan_trim(o, 1 + below(o->len - 1));
			tcp_sack_tell(&s->c, fx_held(&s->c), &o->seg);
			if (!check_sent(s, i, o) || !check_blocks(s, i, &o->seg))
				return false;
			tcp_plan_take(&s->c, o);
		}
		taken = chance(w.set.refuse) ? below(n + 1) : n;
		for (uint32_t k = 0; k < taken; k++) {
			check_told(s, i, &batch[k]);
			tcp_sent(&s->c, &batch[k], w.now_us);
			put_on_wire(i, &batch[k].seg, batch[k].off, batch[k].adv_off);
		}
		if (taken < n) {
			tcp_plan_drop(&s->c);
			s->port_at_us = w.now_us + 1 + below(2000);
			broken = tcp_check(&s->c);
			return broken == NULL || fail(broken, i);
		}
	} while (n > 0);
	broken = tcp_check_quiet(&s->c);
	return broken == NULL || fail(broken, i);
}

static void
reply(int i, const struct tcp_seg *seg, uint64_t off, uint64_t edge)
{
	put_on_wire(i, seg, off, edge);
}

/* What the stack does with a verdict. */
static bool
obey(int i, const struct packet *p, const struct tcp_verdict *v, uint64_t old_nxt)
{
	struct side *s = &w.side[i];
	bool recycled;

	if (v->keep > 0) {
		if (v->stream_off - v->skip != p->off || v->skip + v->keep > p->seg.payload_len)
			return fail("kept bytes are misplaced", i);
		if (v->stream_off + v->keep > s->lim_max && v->stream_off + v->keep > 65535)
			return fail("kept more than the room", i);
		memset(s->got + v->stream_off, 1, v->keep);
	}
	if (s->c.rcv_nxt < old_nxt || (s->c.rcv_nxt > old_nxt) != !!(v->events & TCP_EV_DELIVER))
		return fail("DELIVER and rcv_nxt disagree", i);
	for (uint64_t off = old_nxt; off < s->c.rcv_nxt; off++)
		if (!s->got[off])
			return fail("delivered a byte that never came", i);
	if (v->events & TCP_EV_PEER_FIN) {
		if (s->got_fin || s->c.rcv_nxt != w.set.total[1 - i])
			return fail("the FIN is not at the end", i);
		s->got_fin = true;
	}
	if (v->reply_reset)
		reply(i, &v->reset, 0, 0);
	if (v->events & TCP_EV_CLOSED) {
		s->phase = PHASE_DONE;
		s->reset = s->c.end != TCP_END_NORMAL;
	} else if (v->events & TCP_EV_TIME_WAIT) {
		struct tcp_timewait_entry *e = tcp_timewait_add(s->waits, &s->tuple, &s->c,
								w.now_us, &recycled);
		struct tcp_seg ack;

		tcp_timewait_ack(e, w.now_us, &ack);
		reply(i, &ack, 0, 0);
		s->phase = PHASE_TIME_WAIT;
	} else if (s->phase == PHASE_LIVE) {
		give_room(s, i);
	}
	return true;
}

static bool
input_live(int i, const struct packet *p)
{
	struct side *s = &w.side[i];
	uint64_t old_nxt = s->c.rcv_nxt;
	uint64_t old_adv = s->c.rcv_adv;
	struct tcp_verdict v;
	const char *broken;

	if (p->edge > s->edge_max)
		s->edge_max = p->edge;
	v = fx_take(&s->c, &p->seg, w.now_us);
	if ((v.events & TCP_EV_CHALLENGE) != 0 && !w.set.mute)
		tcp_challenge(&s->c, w.now_us);
	if (s->c.rcv_adv < old_adv)
		return fail("the right edge moved left", i);
	if (!obey(i, p, &v, old_nxt))
		return false;
	broken = tcp_check(&s->c);
	return broken == NULL || fail(broken, i);
}

static bool
input_syn_received(int i, const struct packet *p)
{
	struct side *s = &w.side[i];
	struct tcp_syncache_entry *e = tcp_syncache_find(s->syns, &s->tuple);
	struct tcp_seg out;

	if (e == NULL)
		return fail("no SYN record", i);
	switch (tcp_syn_step(&e->syn, &s->params, &p->seg, w.now_us)) {
	case TCP_SYN_IGNORE:
		return true;
	case TCP_SYN_COMPLETE:
		tcp_ranges_init(fx_held(&s->c));
		tcp_conn_accept(&s->c, &s->params, &e->syn, &p->seg, w.set.buf[i], w.now_us);
		tcp_syncache_remove(s->syns, e);
		s->phase = PHASE_LIVE;
		s->lim_max = w.set.buf[i];
		s->edge_max = p->edge;
		s->app_at_us = w.now_us;
		return input_live(i, p);
	case TCP_SYN_AGAIN:
		tcp_syn_ack(&e->syn, w.now_us, &out);
		break;
	case TCP_SYN_CHALLENGE:
		if (w.set.mute)
			return true;
		tcp_syn_challenge(&e->syn, w.now_us, &out);
		break;
	case TCP_SYN_RESET:
	case TCP_SYN_DROPPED:
		return fail("the handshake was reset", i);
	}
	reply(i, &out, 0, out.wnd);
	return true;
}

static bool
input_listen(int i, const struct packet *p)
{
	struct side *s = &w.side[i];
	struct tcp_syncache_entry *e;
	struct tcp_syn syn;
	struct tcp_seg out;
	bool evicted;

	if (!tcp_syn_input(&syn, &s->params, &p->seg, w.set.iss[i], 4711, w.set.mss[i],
			   w.set.buf[i], w.now_us))
		return true;
	e = tcp_syncache_add(s->syns, &s->tuple, 0, w.now_us, &evicted);
	e->syn = syn;
	s->phase = PHASE_SYN_RECEIVED;
	tcp_syn_ack(&e->syn, w.now_us, &out);
	reply(i, &out, 0, out.wnd);
	return true;
}

static bool
input_time_wait(int i, const struct packet *p)
{
	struct side *s = &w.side[i];
	struct tcp_timewait_entry *e = tcp_timewait_find(s->waits, &s->tuple);
	struct tcp_seg ack;
	uint32_t iss;

	if (e == NULL)
		return fail("no TIME-WAIT record", i);
	switch (tcp_timewait_input(s->waits, e, &p->seg, s->params.time_wait_us, w.now_us, &iss)) {
	case TCP_TIMEWAIT_DROP:
		return true;
	case TCP_TIMEWAIT_CHALLENGE:
		if (w.set.mute)
			return true;
		break;
	case TCP_TIMEWAIT_ACK:
		break;
	case TCP_TIMEWAIT_REUSE:
		/* An old SYN of this very connection must not open a new one. */
		return fail("TIME-WAIT took an old SYN for a new one", i);
	}
	tcp_timewait_ack(e, w.now_us, &ack);
	reply(i, &ack, 0, 0);
	return true;
}

static bool
deliver(const struct packet *p)
{
	switch (w.side[p->to].phase) {
	case PHASE_LISTEN:
		return input_listen(p->to, p);
	case PHASE_SYN_RECEIVED:
		return input_syn_received(p->to, p);
	case PHASE_LIVE:
		return input_live(p->to, p);
	case PHASE_TIME_WAIT:
		return input_time_wait(p->to, p);
	case PHASE_DONE:
		return true;
	}
	return true;
}

/* The application reads, writes, pauses and in the end shuts down. */
static void
application(int i)
{
	struct side *s = &w.side[i];
	uint64_t unread = s->c.rcv_nxt - s->consumed;

	if (s->phase != PHASE_LIVE || w.now_us < s->app_at_us)
		return;
	if (s->c.state == TCP_SYN_SENT && w.set.late) {
		s->app_at_us = w.now_us + 1000;
		return;
	}
	s->app_at_us = w.now_us + below(20000);
	if (chance(w.set.stop))
		s->app_at_us += below(60000000);
	s->consumed += unread > 0 ? 1 + below((uint32_t)unread) : 0;
	if (s->c.state != TCP_SYN_SENT)
		give_room(s, i);
	if (s->ready < w.set.total[i]) {
		s->ready += 1 + below(30000);
		if (s->ready > w.set.total[i])
			s->ready = w.set.total[i];
		tcp_send_ready(&s->c, s->ready);
	} else if (!s->shut) {
		s->shut = true;
		tcp_shutdown(&s->c);
	}
}

static bool
finished(const struct side *s)
{
	return s->phase == PHASE_TIME_WAIT || s->phase == PHASE_DONE;
}

static uint64_t
next_time(void)
{
	uint64_t at = UINT64_MAX;

	for (uint32_t k = 0; k < w.n; k++)
		if (w.wire[k].at_us < at)
			at = w.wire[k].at_us;
	for (int i = 0; i < 2; i++) {
		struct side *s = &w.side[i];
		uint64_t t = UINT64_MAX;

		if (s->phase == PHASE_LIVE) {
			bool app = !s->shut || s->consumed < s->c.rcv_nxt;

			t = tcp_deadline(&s->c);
			if (app && s->app_at_us < t)
				t = s->app_at_us;
			if (s->port_at_us > w.now_us && s->port_at_us < t)
				t = s->port_at_us;
		} else if (s->phase == PHASE_SYN_RECEIVED) {
			t = tcp_syncache_deadline(s->syns);
		}
		if (t < at)
			at = t;
	}
	return at;
}

static bool
timers(int i)
{
	struct side *s = &w.side[i];
	struct tcp_syncache_entry *e;
	uint32_t budget = UINT32_MAX, resent = 0;
	struct tcp_seg out;

	if (s->phase == PHASE_LIVE) {
		uint32_t ev = tcp_timer(&s->c, w.now_us);

		return !(ev & TCP_EV_CLOSED) || fail("gave up", i);
	}
	if (s->phase != PHASE_SYN_RECEIVED)
		return true;
	while ((e = tcp_syncache_due(s->syns, w.now_us, &budget)) != NULL) {
		tcp_syn_ack(&e->syn, w.now_us, &out);
		reply(i, &out, 0, out.wnd);
		resent++;
	}
	if (UINT32_MAX - budget > resent) {
		s->phase = PHASE_LISTEN;
		w.forgotten = !tcp_is_connecting(&w.side[1 - i].c);
	}
	return true;
}

static bool
deliver_due(void)
{
	for (;;) {
		uint32_t best = w.n;
		struct packet p;

		for (uint32_t k = 0; k < w.n; k++)
			if (w.wire[k].at_us <= w.now_us &&
			    (best == w.n || w.wire[k].at_us < w.wire[best].at_us ||
			     (w.wire[k].at_us == w.wire[best].at_us &&
			      w.wire[k].order < w.wire[best].order)))
				best = k;
		if (best == w.n)
			return true;
		p = w.wire[best];
		w.wire[best] = w.wire[--w.n];
		if (!deliver(&p))
			return false;
	}
}

static bool
step(void)
{
	if (!timers(0) || !timers(1) || !deliver_due())
		return false;
	application(0);
	application(1);
	return transmit(0) && transmit(1);
}

static void
draw_setting(void)
{
	static const uint32_t bufs[] = { 700, 3000, 20000, 65535, 100000, 1000000 };
	static const uint16_t msss[] = { 536, 1000, 1448, 1460, 8960 };
	struct setting *st = &w.set;

	st->loss = chance(200) ? 0 : below(chance(100) ? 350 : 150);
	st->dup = chance(500) ? 0 : below(100);
	st->reorder = chance(400) ? 0 : below(300);
	st->refuse = chance(500) ? 0 : below(300);
	st->trim = chance(400) ? 0 : below(600);
	st->stop = chance(700) ? 0 : below(60);
	st->delay_us = 50 + below(100000);
	st->wscale_off = chance(200);
	st->late = chance(500);
	st->mute = chance(500);
	for (int i = 0; i < 2; i++) {
		st->ts[i] = chance(700);
		st->mss[i] = msss[below(sizeof(msss) / sizeof(msss[0]))];
		st->buf[i] = bufs[below(sizeof(bufs) / sizeof(bufs[0]))];
		st->total[i] = chance(100) ? below(3) : below(STREAM_MAX);
		/* Around the wrap more often than elsewhere. */
		st->iss[i] = chance(500) ? UINT32_MAX - below(STREAM_MAX) :
					   (uint32_t)harness_rand(&w.rng);
	}
}

static void *
memory(size_t size)
{
	void *mem = malloc(size);

	if (mem == NULL)
		abort();
	return mem;
}

static void
begin(uint64_t seed)
{
	memset(&w, 0, sizeof(w));
	w.rng = seed;
	w.now_us = UINT64_C(1) << below(45);
	draw_setting();
	for (int i = 0; i < 2; i++) {
		struct side *s = &w.side[i];
		size_t syns = tcp_syncache_size(8);
		size_t waits = tcp_timewait_size(4);

		tcp_params_default(&s->params);
		tcp_ranges_init(fx_held(&s->c));
		s->params.timestamps = w.set.ts[i];
		s->params.sack = below(4) != 0;
		s->params.wscale = w.set.wscale_off ? 0 : 7;
		/* The wire is bad, not dead: giving up would be a stall in disguise. */
		tcp_opts_default(&s->c.opts);
		s->c.opts.user_timeout_us = UINT32_MAX;
		s->params.syn_timeout_us = UINT32_MAX;
		s->params.time_wait_us = UINT32_MAX;
		s->tuple.local_port = (uint16_t)(i == 0 ? 40000 : 443);
		s->tuple.remote_port = (uint16_t)(i == 0 ? 443 : 40000);
		s->syns = tcp_syncache_init(memory(syns), syns, 8, key);
		s->waits = tcp_timewait_init(memory(waits), waits, 4, key);
	}
	tcp_conn_connect(&w.side[0].c, &w.side[0].params, 40000, 443, w.set.iss[0], 99,
			 w.set.mss[0], w.set.buf[0], w.now_us);
	w.side[0].phase = PHASE_LIVE;
	w.side[0].lim_max = w.set.buf[0];
	w.side[1].phase = PHASE_LISTEN;
}

static bool
check_end(void)
{
	for (int i = 0; i < 2; i++) {
		struct side *s = &w.side[i];

		if (s->reset)
			return fail("reset", i);
		if (!s->got_fin || s->c.rcv_nxt != w.set.total[1 - i])
			return fail("ended without all of the peer's bytes", i);
		if (s->c.snd_una != (uint64_t)w.set.total[i] + 1)
			return fail("ended before its FIN was acknowledged", i);
	}
	return true;
}

static bool
run(uint64_t seed)
{
	bool ok = true;
	uint32_t steps = 0;

	begin(seed);
	ok = step();
	while (ok && !w.forgotten && !(finished(&w.side[0]) && finished(&w.side[1]))) {
		uint64_t at = next_time();

		if (at == UINT64_MAX || at > RUN_TIME_MAX_US + (UINT64_C(1) << 45))
			ok = fail("stalled", 2);
		else if (++steps > RUN_STEPS_MAX)
			ok = fail("too many steps", 2);
		else {
			w.now_us = at > w.now_us ? at : w.now_us;
			ok = step();
		}
	}
	/*
	 * In 63 s no ACK of a SYN-ACK got through, on a wire that loses a third: a client that has heard
	 * one would be reset by its next segment, and there is nothing to compare.
	 */
	ok = ok && (w.forgotten || check_end()) && w.why[0] == '\0';
	for (int i = 0; i < 2; i++) {
		free(w.side[i].syns);
		free(w.side[i].waits);
	}
	if (!ok)
		printf("# RECORDTLS_SEED=%" PRIu64 ": %s; loss %u dup %u reorder %u refuse %u "
		       "trim %u stop %u delay %u buf %u %u total %u %u mss %u %u\n",
		       seed, w.why, w.set.loss, w.set.dup, w.set.reorder, w.set.refuse, w.set.trim,
		       w.set.stop, w.set.delay_us, w.set.buf[0], w.set.buf[1], w.set.total[0],
		       w.set.total[1], w.set.mss[0], w.set.mss[1]);
	return ok;
}

/* The first run's seed is the program's, so a printed seed replays that very run first. */
static void
test_random_runs(void)
{
	uint64_t seed = harness_seed();
	uint32_t runs = harness_full() ? 50000 : 1500;

	for (uint32_t i = 0; i < runs; i++)
		CU_ASSERT_TRUE(run(seed + i));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "two endpoints on a bad wire: all bytes once, in order, both close",
		  test_random_runs },
	};

	return harness_run("tcp/pair", cases, HARNESS_COUNT(cases));
}
