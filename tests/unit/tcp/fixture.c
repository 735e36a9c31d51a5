/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fixture.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "tcp/query.h"
#include "tcp/sack.h"

struct tcp_params *
fx_params(void)
{
	static struct tcp_params p;

	tcp_params_default(&p);
	p.pacing = false; /* what may go goes at once */
	return &p;
}

struct tcp_seg
fx_syn(void)
{
	return (struct tcp_seg){
		.flags = TCP_SYN,
		.seq = UINT32_MAX,
		.src_port = FX_REMOTE_PORT,
		.dst_port = FX_LOCAL_PORT,
		.wnd = 64240,
		.mss = 1460,
		.has_ts = true,
		.ts_val = 12345,
		.has_wscale = true,
		.wscale = 9,
		.sack_permitted = true,
	};
}

/* What the owner of a connection keeps beside it. */
static struct owned {
	const struct tcp_conn *c;
	struct tcp_ranges held;
	alignas(64) uint8_t flight[sizeof(struct tcp_flight) + TCP_SPANS_MEMORY(FX_SPANS)];
} *
owned_of(const struct tcp_conn *c)
{
	enum { CONNS = 8 };
	static struct owned all[CONNS];
	static uint32_t n;
	uint32_t i;

	for (i = 0; i < CONNS; i++)
		if (all[i].c == c)
			return &all[i];
	i = n++ % CONNS;
	all[i].c = c;
	tcp_ranges_init(&all[i].held);
	return &all[i];
}

struct tcp_ranges *
fx_held(const struct tcp_conn *c)
{
	return &owned_of(c)->held;
}

void
fx_lend(struct tcp_conn *c)
{
	tcp_flight_begin(c, (struct tcp_flight *)(void *)owned_of(c)->flight, FX_SPANS);
}

struct tcp_verdict
fx_take(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us)
{
	struct tcp_ranges *held = fx_held(c);
	struct tcp_verdict v = tcp_input(c, held, seg, now_us);
	struct tcp_ranges_change at;

	if (v.took > 0 && v.stream_off > c->rcv_nxt &&
	    tcp_ranges_add(held, tcp_range_of(v.stream_off, v.stream_off + v.took), &at) != 0)
		abort();
	while (held->n > 0 && held->r[0].start <= c->rcv_nxt)
		tcp_ranges_remove(held, 0, 1);
	return v;
}

static struct tcp_seg
syn_of(const struct fx_conf *conf, uint32_t irs)
{
	return (struct tcp_seg){
		.seq = irs,
		.src_port = FX_REMOTE_PORT,
		.dst_port = FX_LOCAL_PORT,
		.flags = TCP_SYN,
		.wnd = FX_WND,
		.mss = 1460,
		.has_ts = conf->ts,
		.ts_val = 5000,
		.has_wscale = conf->wscale,
		.wscale = conf->wscale ? 7 : 0,
		.sack_permitted = conf->sack,
	};
}

void
fx_established(struct tcp_conn *c, const struct fx_conf *conf)
{
	static const struct fx_conf defaults;
	const struct fx_conf *f = conf != NULL ? conf : &defaults;
	const struct tcp_params *p = f->params != NULL ? f->params : fx_params();
	uint32_t room = f->room != 0 ? f->room : FX_ROOM;
	uint16_t mss = f->mss != 0 ? f->mss : FX_MSS;
	uint16_t wnd = f->wnd != 0 ? f->wnd : FX_WND;
	struct tcp_seg seg = syn_of(f, f->irs);
	struct tcp_syn syn;

	seg.mss = (uint16_t)(mss + (f->ts ? TCP_TS_OPT_LEN : 0));
	if (!tcp_syn_input(&syn, p, &seg, f->iss, 77, seg.mss, room, FX_T0 - 50000))
		abort();
	seg.flags = TCP_ACK;
	seg.seq = f->irs + 1;
	seg.ack = f->iss + 1;
	seg.wnd = wnd;
	seg.mss = 0;
	seg.has_wscale = false;
	seg.sack_permitted = false;
	seg.ts_ecr = tcp_ts_now(77, FX_T0 - 50000);
	if (tcp_syn_step(&syn, p, &seg, FX_T0) != TCP_SYN_COMPLETE)
		abort();
	tcp_opts_default(&c->opts);
	c->opts.cc = TCP_CC_NEWRENO; /* its steps are worked out by hand */
	if (f->opts != NULL)
		c->opts = *f->opts;
	tcp_conn_accept(c, p, &syn, &seg, room, FX_T0);
	tcp_ranges_init(fx_held(c));
	fx_take(c, &seg, FX_T0);
	if (!f->no_flight)
		fx_lend(c);
}

static void
peer_syn(struct tcp_conn *c, const struct fx_conf *conf)
{
	static const struct fx_conf defaults;
	struct tcp_seg syn = syn_of(conf != NULL ? conf : &defaults, conf != NULL ? conf->irs : 0);

	fx_take(c, &syn, FX_T0);
}

static void
peer_fin(struct tcp_conn *c)
{
	struct tcp_seg seg = fx_seg(c, TCP_FIN | TCP_ACK, (int64_t)c->rcv_nxt, (int64_t)c->snd_una,
				    0);

	fx_take(c, &seg, FX_T0);
}

static void
our_fin(struct tcp_conn *c)
{
	struct tcp_out o;

	tcp_shutdown(c);
	fx_send_all(c, FX_T0, 10, &o);
}

void
fx_state(struct tcp_conn *c, enum tcp_state state, const struct fx_conf *conf)
{
	struct tcp_out o;

	fx_established(c, conf);
	switch (state) {
	case TCP_SYN_SENT:
		tcp_conn_connect(c, fx_params(), FX_LOCAL_PORT, FX_REMOTE_PORT,
				 conf != NULL ? conf->iss : 0, 77, FX_MSS, FX_ROOM, FX_T0);
		break;
	case TCP_SYN_RECEIVED:
		tcp_conn_connect(c, fx_params(), FX_LOCAL_PORT, FX_REMOTE_PORT,
				 conf != NULL ? conf->iss : 0, 77, FX_MSS, FX_ROOM, FX_T0);
		fx_send_all(c, FX_T0, 10, &o);
		peer_syn(c, conf);
		break;
	case TCP_ESTABLISHED:
		break;
	case TCP_FIN_WAIT_1:
		our_fin(c);
		break;
	case TCP_FIN_WAIT_2:
		our_fin(c);
		fx_ack(c, c->snd_max, FX_WND, FX_T0);
		break;
	case TCP_CLOSE_WAIT:
		peer_fin(c);
		break;
	case TCP_CLOSING:
		our_fin(c);
		peer_fin(c);
		break;
	case TCP_LAST_ACK:
		peer_fin(c);
		our_fin(c);
		break;
	case TCP_TIME_WAIT:
		our_fin(c);
		fx_ack(c, c->snd_max, FX_WND, FX_T0);
		peer_fin(c);
		break;
	case TCP_CLOSED:
		tcp_conn_closed(c, TCP_END_NORMAL);
		break;
	}
	if (c->state != state)
		abort();
	if (state != TCP_SYN_SENT)
		fx_send_all(c, FX_T0, 10, &o);
}

struct tcp_seg
fx_seg(const struct tcp_conn *c, uint8_t flags, int64_t seq_off, int64_t ack_off, uint32_t len)
{
	return (struct tcp_seg){
		.seq = c->irs + 1 + (uint32_t)seq_off,
		.ack = c->iss + 1 + (uint32_t)ack_off,
		.payload_len = len,
		.src_port = c->remote_port,
		.dst_port = c->local_port,
		.wnd = (uint16_t)(c->snd_wnd >> c->snd_wscale),
		.flags = flags,
		.has_ts = c->ts_on,
		.ts_val = c->ts_recent,
	};
}

struct tcp_verdict
fx_input(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us)
{
	struct tcp_verdict v = fx_take(c, seg, now_us);

	if (v.events & TCP_EV_CHALLENGE)
		v.events |= tcp_challenge(c, now_us);
	return v;
}

struct tcp_verdict
fx_ack(struct tcp_conn *c, uint64_t ack_off, uint16_t wnd, uint64_t now_us)
{
	struct tcp_seg seg = fx_seg(c, TCP_ACK, (int64_t)tcp_ack_off(c), (int64_t)ack_off, 0);

	seg.wnd = wnd;
	return fx_input(c, &seg, now_us);
}

struct tcp_verdict
fx_data(struct tcp_conn *c, int64_t seq_off, uint32_t len, uint64_t now_us)
{
	struct tcp_seg seg = fx_seg(c, TCP_ACK, seq_off, (int64_t)c->snd_una, len);

	return fx_input(c, &seg, now_us);
}

bool
fx_send(struct tcp_conn *c, uint64_t now_us, struct tcp_out *o)
{
	if (!tcp_plan(c, now_us, o))
		return false;
	tcp_sack_tell(c, fx_held(c), &o->seg);
	tcp_plan_take(c, o);
	tcp_sent(c, o, now_us);
	return true;
}

uint32_t
fx_send_all(struct tcp_conn *c, uint64_t now_us, uint32_t max, struct tcp_out *o)
{
	struct tcp_out next;
	uint32_t n = 0;

	while (n < max && fx_send(c, now_us, &next)) {
		*o = next;
		n++;
	}
	return n;
}

bool
fx_owes_ack(const struct tcp_conn *c)
{
	return tcp_owes(c, TCP_OWED_ACK) || c->sent.dups > 0;
}

#define MUST(cond) \
	do { \
		if (!(cond)) \
			return #cond; \
	} while (0)

static const char *
check_ranges(const struct tcp_conn *c)
{
	const struct tcp_ranges *rs = fx_held(c);

	MUST(rs->n <= TCP_RANGES_MAX);
	for (uint32_t i = 0; i < rs->n; i++) {
		MUST(rs->r[i].start < rs->r[i].end);
		MUST(i == 0 || rs->r[i - 1].end < rs->r[i].start);
	}
	MUST(rs->n == 0 || rs->r[0].start > c->rcv_nxt);
	MUST(rs->n == 0 || rs->r[rs->n - 1].end <= c->rcv_adv);
	return NULL;
}

/* The board tells of what is in flight, no more; and what is lost is owed. */
static const char *
check_flight(const struct tcp_conn *c)
{
	const struct tcp_flight *f = c->flight;

	if (!c->tracked) {
		MUST(c->loss == TCP_LOSS_NONE);
		MUST(!tcp_owes(c, TCP_OWED_AGAIN));
		MUST(f == NULL || c->sent.nxt - c->snd_una <= c->mss + 1u);
		return NULL;
	}
	MUST(f != NULL);
	MUST(f->board.spans.una == c->snd_una);
	MUST(f->board.spans.max == c->sent.nxt);
	MUST(c->snd_max <= c->sent.nxt + 1);
	MUST(tcp_board_pipe(&f->board) == 0 || c->rtx_at != TCP_NEVER);
	MUST(c->loss == TCP_LOSS_NONE || c->snd_una < f->recover);
	MUST((f->board.spans.lost > 0) == tcp_owes(c, TCP_OWED_AGAIN));
	MUST(f->told == 0 || f->told < c->snd_max - c->snd_una);
	return NULL;
}

const char *
tcp_check(const struct tcp_conn *c)
{
	const char *broken;

	if (c->state == TCP_CLOSED) {
		MUST(c->end != TCP_END_NONE);
		MUST(tcp_deadline(c) == TCP_NEVER);
		return NULL;
	}
	MUST(c->end == TCP_END_NONE);
	MUST(c->snd_una <= c->sent.nxt);
	MUST(c->sent.nxt <= c->snd_max);
	MUST(c->snd_max <= tcp_snd_lim(c));
	MUST(c->plan.nxt >= c->sent.nxt);
	MUST(c->plan.nxt <= tcp_snd_lim(c));
	MUST(c->sent.again <= c->plan.again);
	MUST(c->again_len <= c->plan.again);
	MUST(c->rcv_nxt <= c->rcv_adv || c->state == TCP_SYN_SENT);
	MUST(c->last_ack_sent <= tcp_ack_off(c));
	MUST(c->plan.dups <= c->sent.dups);
	MUST(c->tracked || c->snd_una == c->sent.nxt || c->rtx_at != TCP_NEVER);
	MUST(c->peer_fin_off == TCP_NO_OFF || c->rcv_nxt <= c->peer_fin_off);
	MUST(!c->peer_fin || c->rcv_nxt == c->peer_fin_off);
	MUST(tcp_is_connecting(c) || c->cc.cwnd >= c->mss);
	broken = check_flight(c);
	return broken != NULL ? broken : check_ranges(c);
}

const char *
tcp_check_quiet(const struct tcp_conn *c)
{
	const char *broken = tcp_check(c);

	if (broken != NULL || c->state == TCP_CLOSED)
		return broken;
	MUST(c->plan.nxt == c->sent.nxt);
	MUST(!tcp_owes(c, TCP_OWED_ACK));
	MUST(c->sent.dups == 0);
	MUST(!tcp_owes(c, TCP_OWED_PROBE));
	MUST(c->snd_una == tcp_snd_lim(c) || c->rtx_at != TCP_NEVER || c->pace.waits);
	MUST(!tcp_is_connecting(c) || c->rtx_at != TCP_NEVER);
	return NULL;
}
