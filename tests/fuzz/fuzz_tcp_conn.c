/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One TCP connection in any state, and whatever comes: segments near what it expects or not at
 * all, time, the calls of its owner, a port that cuts and refuses. Beside it a map of the bytes
 * that it said to keep (conn_map), and where SACK is on a peer that hears what it sends, and answers
 * (conn_peer). That one tells the truth, and then all must arrive in the end, and nothing go again
 * that it said it had; or it makes blocks up.
 *
 * Input: how the connection began, then a row of steps.
 */

#include <stdlib.h>
#include <string.h>

#include "fuzz/conn_map.h"
#include "fuzz/conn_peer.h"
#include "fuzz/fuzz.h"
#include "tcp/query.h"
#include "tcp/sack.h"
#include "unit/tcp/fixture.h"

enum {
	STEPS_MAX = 400,
	ROOM_MAX = 1 << 17, /* the caller never gives more at once */
	PLANS_MAX = 600,
	BATCH = 8,
	READY_MAX = 1 << 15,
	FINISH_MAX = 20000, /* round trips until all is there */
};

/* Where SACK is on: whom it talks to. */
enum with {
	WITH_NOBODY, /* segments are made up, and there is no SACK */
	WITH_LIAR,   /* blocks are made up, too */
	WITH_HONEST,
};

static struct world {
	struct tcp_params params;
	struct tcp_conn c;
	uint64_t now_us;
	uint64_t ready;    /* data made ready */
	uint64_t edge_max; /* the highest right edge that the peer told */
	uint64_t told_max; /* the highest that we told */
	bool fin_seen;
	bool orphan;
	enum with with;
	struct conn_map map;
	struct conn_peer peer;
} w;

static void
note_edge(void)
{
	if (w.c.snd_una + w.c.snd_wnd > w.edge_max)
		w.edge_max = w.c.snd_una + w.c.snd_wnd;
}

static void
check_conn(void)
{
	const char *broken = tcp_check(&w.c);

	if (broken != NULL)
		fuzz_fail(__FILE__, __LINE__, broken);
	if (w.with != WITH_NOBODY && w.c.state != TCP_CLOSED)
		conn_peer_check(&w.peer, &w.c, w.with == WITH_HONEST);
}

/* --- a segment came ------------------------------------------------------------ */

struct before {
	uint64_t rcv_nxt;
	uint64_t rcv_adv;
	uint64_t snd_una;
	uint64_t snd_max;
	enum tcp_state state;
};

static bool
is_connecting(enum tcp_state state)
{
	return state == TCP_SYN_SENT || state == TCP_SYN_RECEIVED;
}

static void
check_kept(const struct before *b, const struct tcp_seg *seg, const struct tcp_verdict *v)
{
	if (v->keep == 0)
		return;
	FUZZ_CHECK(!w.orphan && !w.fin_seen);
	FUZZ_CHECK(v->skip <= seg->payload_len && v->keep <= seg->payload_len - v->skip);
	/* A SYN-ACK's text stands behind the SYN. */
	FUZZ_CHECK(tcp_rcv_seq_of(&w.c, v->stream_off) ==
		   seg->seq + v->skip + (seg->flags & TCP_SYN ? 1 : 0));
	FUZZ_CHECK((seg->flags & TCP_SYN) == 0 || is_connecting(b->state));
	FUZZ_CHECK(v->stream_off >= b->rcv_nxt && v->stream_off + v->keep <= b->rcv_adv);
	FUZZ_CHECK(v->stream_off + v->keep <= w.c.peer_fin_off);
	conn_map_keep(&w.map, v->stream_off, v->keep);
}

static void
check_delivered(const struct before *b, const struct tcp_verdict *v)
{
	FUZZ_CHECK(w.c.rcv_nxt >= b->rcv_nxt && w.c.rcv_nxt <= b->rcv_adv);
	FUZZ_CHECK((w.c.rcv_nxt > b->rcv_nxt) == ((v->events & TCP_EV_DELIVER) != 0));
	if (!w.orphan && w.c.rcv_nxt > b->rcv_nxt)
		FUZZ_CHECK(conn_map_has(&w.map, b->rcv_nxt, w.c.rcv_nxt));
	if (v->events & TCP_EV_PEER_FIN) {
		FUZZ_CHECK(!w.fin_seen && w.c.peer_fin && fx_held(&w.c)->n == 0);
		w.fin_seen = true;
	}
}

static void
input(const struct tcp_seg *seg)
{
	struct before b = { w.c.rcv_nxt, w.c.rcv_adv, w.c.snd_una, w.c.snd_max,
			    (enum tcp_state)w.c.state };
	uint8_t wscale = w.c.rcv_wscale;
	struct tcp_verdict v = fx_take(&w.c, seg, w.now_us);

	conn_map_bring(&w.map, &w.c, seg);
	/*
	 * The SYN that crossed ours was not this peer's, and offered another scale: what was told by that
	 * one was read by this one without it, if at all. Our SYN told both the same.
	 */
	if (b.state == TCP_SYN_RECEIVED && w.c.rcv_wscale != wscale && w.told_max > TCP_WND_MAX)
		w.told_max = TCP_WND_MAX;
	if (v.events & TCP_EV_CHALLENGE) {
		FUZZ_CHECK(v.events == TCP_EV_CHALLENGE && v.keep == 0 && !v.reply_reset);
		tcp_challenge(&w.c, w.now_us);
	}
	FUZZ_CHECK(b.state == TCP_SYN_SENT || w.c.rcv_adv == b.rcv_adv);
	FUZZ_CHECK(w.c.snd_una >= b.snd_una && w.c.snd_una <= b.snd_max);
	FUZZ_CHECK((w.c.snd_una > b.snd_una) == ((v.events & TCP_EV_ACKED) != 0));
	FUZZ_CHECK((w.c.state == TCP_CLOSED) == ((v.events & TCP_EV_CLOSED) != 0));
	FUZZ_CHECK((v.events & TCP_EV_CONNECTED) == 0 || is_connecting(b.state));
	FUZZ_CHECK(!v.reply_reset || (is_connecting(b.state) && (seg->flags & TCP_RST) == 0) ||
		   (w.orphan && w.c.unread && w.c.end == TCP_END_ABORTED));
	if (b.state == TCP_SYN_SENT)
		b.rcv_adv = w.c.rcv_adv;
	check_kept(&b, seg, &v);
	check_delivered(&b, &v);
	check_conn();
	if (w.c.state != TCP_CLOSED && !w.orphan) /* an orphan keeps nothing */
		conn_map_check_held(&w.map, w.c.rcv_nxt, fx_held(&w.c));
	note_edge();
}

static void
step_segment(struct fuzz_in *in)
{
	const struct tcp_ranges *rs = fx_held(&w.c);
	uint64_t rcv[] = { w.c.rcv_nxt,        w.c.rcv_adv,
			   (uint64_t)-1,       rs->n > 0 ? rs->r[0].start : w.c.rcv_nxt,
			   tcp_ranges_end(rs), w.c.peer_fin_off };
	uint64_t snd[] = { w.c.snd_una, w.c.sent.nxt, w.c.snd_max, tcp_fin_off(&w.c) };
	static const uint16_t lens[] = { 0, 1, 2, 100, 536, 999, 1000, 1448 };
	struct tcp_seg seg = { 0 };
	uint8_t how = fuzz_u8(in);

	/* Most segments carry an ACK; all flags are tried. */
	seg.flags = how & 0x80 ? fuzz_u8(in) : TCP_ACK | (how & 0x40 ? TCP_FIN : 0);
	seg.seq = tcp_rcv_seq_of(&w.c, fuzz_near(in, rcv, 6));
	seg.ack = tcp_seq_of(&w.c, fuzz_near(in, snd, 4));
	seg.payload_len = how & 0x20 ? fuzz_u16(in) : lens[how & 7];
	seg.wnd = how & 0x10 ? fuzz_u16(in) : 20000;
	seg.has_ts = w.c.ts_on != ((how & 0x08) != 0);
	seg.ts_val = w.c.ts_recent;
	if (how & 0x04) {
		seg.ts_val += (uint32_t)(int32_t)(int8_t)fuzz_u8(in);
		seg.ts_ecr = tcp_ts_now(w.c.ts_offset, w.now_us) - fuzz_u8(in);
	}
	if (seg.flags & TCP_SYN) {
		seg.mss = fuzz_u16(in);
		seg.has_wscale = how & 1;
		seg.wscale = fuzz_u8(in) % (TCP_WSCALE_MAX + 1);
	}
	seg.src_port = w.c.remote_port;
	seg.dst_port = w.c.local_port;
	if (w.with == WITH_HONEST) {
		seg.flags = (seg.flags & TCP_FIN) | TCP_ACK;
		seg.ack = tcp_seq_of(&w.c, w.peer.nxt);
	}
	input(&seg);
}

/* An ACK with blocks. Its number is that of the last segment that counted, as windows go by that. */
static void
peer_says(uint16_t wnd, uint32_t age_ms, struct fuzz_in *lies)
{
	int64_t seq = (int64_t)tcp_ack_off(&w.c);
	struct tcp_seg seg = { .flags = TCP_ACK, .wnd = wnd, .has_ts = w.c.ts_on };

	seg.seq = tcp_rcv_seq_of(&w.c, (uint64_t)(w.c.wl1 > seq ? w.c.wl1 : seq));
	seg.ts_val = w.c.ts_recent;
	seg.ts_ecr = tcp_ts_now(w.c.ts_offset, w.now_us) - age_ms;
	seg.src_port = w.c.remote_port;
	seg.dst_port = w.c.local_port;
	conn_peer_ack(&w.peer, &w.c, w.c.ts_on ? 3 : TCP_SACKS_MAX, &seg);
	if (lies != NULL)
		conn_peer_lie(&w.peer, &w.c, lies, &seg);
	conn_peer_told(&w.peer, &w.c, &seg);
	input(&seg);
}

static void
step_peer(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);

	for (uint32_t n = how & 3; n > 0; n--)
		conn_peer_step(&w.peer, in);
	if ((how & 0x0c) != 0)
		peer_says(how & 0x10 ? fuzz_u16(in) : 50000, how & 0x20 ? fuzz_u8(in) : 0,
			  w.with == WITH_LIAR && (how & 0x40) != 0 ? in : NULL);
}

/* --- what it sends ------------------------------------------------------------- */

static void
check_planned(const struct tcp_out *o)
{
	const struct tcp_conn *c = &w.c;

	FUZZ_CHECK(o->seg.payload_len == o->len);
	if (o->syn) {
		FUZZ_CHECK(tcp_is_connecting(c) && o->len == 0);
		return;
	}
	FUZZ_CHECK(o->seg.seq == tcp_seq_of(c, o->off));
	FUZZ_CHECK(o->seg.ack == tcp_rcv_seq_of(c, tcp_ack_off(c)));
	FUZZ_CHECK(o->len <= c->seg_max && o->len <= w.ready && o->off + o->len <= w.ready + 1);
	if (o->len > 0) {
		FUZZ_CHECK(o->off >= c->snd_una && o->off + o->len <= w.ready);
		FUZZ_CHECK(o->probe ? o->len == 1 : o->off + o->len <= w.edge_max);
	}
	FUZZ_CHECK(o->fin == ((o->seg.flags & TCP_FIN) != 0));
	FUZZ_CHECK(!o->fin || o->off + o->len == tcp_fin_off(c));
	/* RFC 7323 2.4: a window may only seem to shrink by what one unit cannot tell. */
	FUZZ_CHECK(o->adv_off + (UINT64_C(1) << c->rcv_wscale) > w.told_max);
	FUZZ_CHECK(o->adv_off <= (c->rcv_lim > c->rcv_adv ? c->rcv_lim : c->rcv_adv));
}

/* What an honest peer said that it has does not go again, as long as the scoreboard forgot nothing. */
static void
check_again(const struct tcp_out *o)
{
	if (w.with == WITH_HONEST && o->len > 0 && w.c.flight->board.ignored == 0)
		FUZZ_CHECK(memchr(w.peer.told + o->off, 1, o->len) == NULL);
}

/* The port cuts a run. */
static void
to_peer(const struct tcp_out *o)
{
	uint64_t off = o->off, end = off + o->len;

	if (o->syn || o->keepalive || (o->len == 0 && !o->fin))
		return;
	for (; end - off > w.c.mss; off += w.c.mss)
		conn_peer_sent(&w.peer, off, off + w.c.mss);
	conn_peer_sent(&w.peer, off, end + (o->fin ? 1 : 0));
}

/* Plans up to BATCH segments; the port takes some. Returns how many were planned. */
static uint32_t
burst(struct fuzz_in *in, uint8_t how)
{
	struct tcp_out out[BATCH];
	uint32_t n = 0, taken;

	while (n < BATCH && tcp_plan(&w.c, w.now_us, &out[n])) {
		if (out[n].len > 1 && (how & 1) != 0)
			tcp_plan_trim(&out[n], 1 + fuzz_below(in, out[n].len));
		check_planned(&out[n]);
		tcp_sack_tell(&w.c, fx_held(&w.c), &out[n].seg);
		if (!w.orphan)
			conn_map_check_told(&w.map, &w.c, &out[n].seg);
		tcp_plan_take(&w.c, &out[n++]);
	}
	taken = how & 2 ? fuzz_below(in, n + 1) : n;
	for (uint32_t i = 0; i < taken; i++) {
		check_again(&out[i]);
		tcp_sent(&w.c, &out[i], w.now_us);
		if (w.with != WITH_NOBODY)
			to_peer(&out[i]);
		if (!out[i].syn && out[i].adv_off > w.told_max)
			w.told_max = out[i].adv_off;
	}
	if (taken < n)
		tcp_plan_drop(&w.c);
	check_conn();
	return taken < n ? 0 : n;
}

static void
step_transmit(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	const char *broken;
	uint32_t n, all = 0;

	do {
		n = burst(in, how);
		all += n;
	} while (n > 0 && all < PLANS_MAX && (how & 4) == 0);
	if (how & 6 || all >= PLANS_MAX)
		return;
	broken = tcp_check_quiet(&w.c);
	if (broken != NULL)
		fuzz_fail(__FILE__, __LINE__, broken);
}

/* --- time, and the owner ------------------------------------------------------- */

static void
step_time(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	uint64_t at = tcp_deadline(&w.c);
	uint32_t events;

	if (how & 1)
		w.now_us += (uint64_t)fuzz_u16(in) << (how >> 5);
	else if (at != TCP_NEVER && at > w.now_us)
		w.now_us = at + (how >> 6);
	events = tcp_timer(&w.c, w.now_us);
	FUZZ_CHECK((w.c.state == TCP_CLOSED) == ((events & TCP_EV_CLOSED) != 0));
	check_conn();
}

/* All that is at from and above. */
static void
drop_held(uint64_t from)
{
	struct tcp_ranges *held = fx_held(&w.c);
	struct tcp_range last;

	while (tcp_ranges_end(held) > from) {
		last = held->r[held->n - 1];
		tcp_ranges_remove(held, held->n - 1, 1);
		if (last.start < from)
			held->r[held->n++] = tcp_range_of(last.start, from);
	}
}

static void
step_owner(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	uint64_t from;

	switch (how % 8) {
	case 0:
	case 1:
	case 2:
		if (tcp_fin_off(&w.c) == TCP_NO_OFF &&
		    w.ready < (w.with == WITH_NOBODY ? CONN_MAP_LEN : READY_MAX))
			w.ready += fuzz_u16(in);
		tcp_send_ready(&w.c, w.ready);
		break;
	case 3:
	case 4:
		tcp_rcv_room(&w.c, fuzz_u32(in) % ROOM_MAX);
		break;
	case 5:
		if (!tcp_is_connecting(&w.c))
			tcp_shutdown(&w.c);
		break;
	case 6: /* pressure: what waits behind a gap goes */
		from = w.c.rcv_nxt + 1 + fuzz_u16(in);
		drop_held(from);
		conn_map_cut(&w.map, from);
		if (!w.orphan)
			conn_map_check_held(&w.map, w.c.rcv_nxt, fx_held(&w.c));
		break;
	case 7:
		if (tcp_is_connecting(&w.c) || w.orphan || (how & 8) == 0)
			break;
		w.orphan = true;
		tcp_orphan(&w.c, w.now_us);
		break;
	}
	check_conn();
}

/* --- one run ------------------------------------------------------------------- */

static void
begin(struct fuzz_in *in)
{
	static const uint16_t mss[] = { 1000, 1448, 536, 64 };
	uint8_t how = fuzz_u8(in);
	struct tcp_opts opts;
	struct fx_conf conf = {
		.iss = fuzz_u32(in),
		.irs = fuzz_u32(in),
		.mss = mss[how & 3],
		.ts = how & 4,
		.wscale = how & 8,
		.sack = how & 0x80,
		.params = &w.params,
		.opts = &opts,
	};
	enum tcp_state state;

	tcp_params_default(&w.params);
	w.params.wscale = how & 0x10 ? 0 : 7;
	tcp_opts_default(&opts);
	opts.mss_limit = how & 0x20 ? 50 : 0;
	opts.run_max = how & 0x40 ? 16000 : 0;
	state = (enum tcp_state)fuzz_below(in, TCP_TIME_WAIT);
	w.with = WITH_NOBODY;
	if (conf.sack && state != TCP_SYN_SENT && state != TCP_SYN_RECEIVED)
		w.with = fuzz_u8(in) & 1 ? WITH_LIAR : WITH_HONEST;
	fx_state(&w.c, state, &conf);
	w.now_us = FX_T0;
	w.ready = w.c.snd_end;
	w.edge_max = 0;
	w.told_max = w.c.rcv_adv;
	w.fin_seen = w.c.peer_fin;
	w.orphan = false;
	conn_map_begin(&w.map, w.c.rcv_nxt);
	conn_peer_begin(&w.peer, w.c.snd_una, w.c.snd_max);
	note_edge();
}

/* From here on nothing is lost: all that is there to send arrives, or the connection ends. */
static void
finish(void)
{
	struct fuzz_in none = { NULL, 0 };
	uint64_t at;

	for (int i = 0; w.c.state != TCP_CLOSED && w.c.snd_una < tcp_snd_lim(&w.c); i++) {
		FUZZ_CHECK(i < FINISH_MAX);
		while (burst(&none, 0) > 0)
			;
		if (w.peer.n == 0) {
			at = tcp_deadline(&w.c);
			FUZZ_CHECK(at != TCP_NEVER);
			w.now_us = at > w.now_us ? at : w.now_us;
			tcp_timer(&w.c, w.now_us);
			check_conn();
			continue;
		}
		conn_peer_all(&w.peer);
		peer_says(50000, 0, NULL);
	}
	FUZZ_CHECK(w.c.state == TCP_CLOSED || w.peer.nxt == tcp_snd_lim(&w.c));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct tcp_seg rst;

	begin(&in);
	for (int i = 0; i < STEPS_MAX && in.left > 0; i++) {
		switch (fuzz_u8(&in) % 8) {
		case 0:
		case 1:
		case 2:
			step_segment(&in);
			break;
		case 3:
			if (w.with == WITH_NOBODY)
				step_segment(&in);
			else
				step_peer(&in);
			break;
		case 4:
		case 5:
			step_transmit(&in);
			break;
		case 6:
			step_time(&in);
			break;
		case 7:
			step_owner(&in);
			break;
		}
		/* TIME-WAIT is a record of its own from here on: tcp-tables. */
		if (w.c.state == TCP_CLOSED || w.c.state == TCP_TIME_WAIT ||
		    w.c.rcv_adv + ROOM_MAX > CONN_MAP_LEN)
			break;
	}
	if (w.with == WITH_HONEST && w.c.state != TCP_TIME_WAIT)
		finish();
	if (w.c.state != TCP_CLOSED) {
		tcp_abort(&w.c, w.now_us, &rst);
		check_conn();
	}
	return 0;
}
