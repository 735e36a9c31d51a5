/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * lib/tcp alone: a connection, what it holds out of order, the half-open one before it and TIME-WAIT behind
 * it, put together as lib/stack does.
 */
#include "scripts/pure.h"

#include <stdlib.h>
#include <string.h>

#include "scripts/end_tcp.h"
#include "tcp/cc.h"
#include "tcp/input.h"
#include "tcp/open.h"
#include "tcp/path.h"
#include "tcp/query.h"
#include "tcp/sack.h"
#include "tcp/seg.h"
#include "tcp/sent.h"
#include "tcp/timer.h"

enum {
	STREAM_MAX = 1 << 21, /* bytes that a script sends at most */
	RECORDS = 16,
	PLANS_MAX = 2000,
	LINE = 64, /* flights begin with one */
	FLIGHT_SPANS_MIN = 16,
};

/* --- what goes out ------------------------------------------------------------ */

void
pure_emit(const struct pure *p, const struct tcp_seg *seg, uint64_t now_us)
{
	uint8_t *bytes = malloc(TCP_HDR_MAX + seg->payload_len);
	uint32_t hdr_len;

	if (bytes == NULL)
		abort();
	hdr_len = tcp_seg_write(seg, bytes);
	for (uint32_t i = 0; i < seg->payload_len; i++)
		bytes[hdr_len + i] = packet_byte(seg->seq + i - p->c.iss);
	p->sent(p->arg, bytes, hdr_len + seg->payload_len, now_us);
	free(bytes);
}

static void
emit_reset(const struct pure *p, const struct tcp_seg *seg, uint64_t now_us)
{
	struct tcp_seg rst;

	if (tcp_reset_reply(seg, &rst))
		pure_emit(p, &rst, now_us);
}

static void
emit_time_wait(const struct pure *p, const struct tcp_timewait_entry *e, uint64_t now_us)
{
	struct tcp_seg ack;

	tcp_timewait_ack(e, now_us, &ack);
	pure_emit(p, &ack, now_us);
}

static void *
zeroed(size_t len)
{
	size_t lines = (len + LINE - 1) / LINE * LINE;
	void *mem = aligned_alloc(LINE, lines);

	if (mem == NULL)
		abort();
	return memset(mem, 0, lines);
}

/* A run of segments, as a port cuts it. */
static void
emit_run(const struct pure *p, const struct tcp_out *o, uint64_t now_us)
{
	struct tcp_seg seg = o->seg;
	uint32_t left = o->len;

	while (left > p->c.mss) {
		seg.payload_len = p->c.mss;
		seg.flags = o->seg.flags & (uint8_t)~(TCP_FIN | TCP_PSH);
		pure_emit(p, &seg, now_us);
		seg.seq += p->c.mss;
		left -= p->c.mss;
	}
	seg.payload_len = left;
	seg.flags = o->seg.flags;
	pure_emit(p, &seg, now_us);
}

/* A flight, or one of the next size, where that is of use. */
static void
lend(struct pure *p)
{
	uint16_t spans = FLIGHT_SPANS_MIN;

	while (tcp_flight_wants(&p->c) && spans <= p->conf->flight_spans) {
		if (p->c.flight == NULL)
			tcp_flight_begin(&p->c, zeroed(tcp_flight_size(spans)), spans);
		else if (tcp_flight_spans(p->c.flight) < spans)
			free(tcp_flight_move(&p->c, zeroed(tcp_flight_size(spans)), spans));
		spans *= 8;
	}
}

static void
say(struct pure *p, uint64_t now_us)
{
	struct tcp_out o;

	if (p->owner == PURE_NOBODY || tcp_is_closed(&p->c))
		return;
	if (p->owner != PURE_ORPHAN)
		tcp_rcv_room(&p->c, pure_unread(p) < p->conf->room ?
					    (uint32_t)(p->conf->room - pure_unread(p)) :
					    0);
	lend(p);
	for (int i = 0; i < PLANS_MAX && tcp_plan(&p->c, now_us, &o); i++) {
		tcp_sack_tell(&p->c, &p->held, &o.seg);
		tcp_plan_take(&p->c, &o);
		emit_run(p, &o, now_us);
		tcp_sent(&p->c, &o, now_us);
		lend(p);
	}
}

/* --- what a connection says --------------------------------------------------- */

static void
heed(struct pure *p, uint32_t events, uint64_t now_us)
{
	struct tcp_timewait_entry *e;
	bool recycled;

	if (events & TCP_EV_TIME_WAIT) {
		e = tcp_timewait_add(p->time_wait, &p->tuple, &p->c, now_us, &recycled);
		emit_time_wait(p, e, now_us);
		tcp_conn_closed(&p->c, TCP_END_NORMAL);
	}
	if (tcp_is_closed(&p->c) && (p->owner == PURE_ORPHAN || p->owner == PURE_BACKLOG))
		pure_forget(p);
}

/* What comes first stays. */
static void
keep(struct pure *p, const struct tcp_verdict *v, const uint8_t *payload)
{
	struct tcp_ranges_change at;

	if (v->stream_off + v->took > STREAM_MAX)
		abort();
	for (uint32_t i = 0; i < v->keep; i++)
		if (!p->there[v->stream_off + i]) {
			p->there[v->stream_off + i] = 1;
			p->stream[v->stream_off + i] = payload[v->skip + i];
		}
	if (v->took > 0 && v->stream_off > p->c.rcv_nxt &&
	    tcp_ranges_add(&p->held, tcp_range_of(v->stream_off, v->stream_off + v->took), &at) !=
		    0)
		abort();
	while (p->held.n > 0 && p->held.r[0].start <= p->c.rcv_nxt)
		tcp_ranges_remove(&p->held, 0, 1);
}

static void
conn_input(struct pure *p, const struct tcp_seg *seg, const uint8_t *payload, uint64_t now_us)
{
	struct tcp_verdict v = tcp_input(&p->c, &p->held, seg, now_us);

	if (v.events & TCP_EV_CHALLENGE)
		v.events |= tcp_challenge(&p->c, now_us);
	if (v.reply_reset)
		pure_emit(p, &v.reset, now_us);
	keep(p, &v, payload);
	heed(p, v.events, now_us);
}

/* --- segments for no connection ----------------------------------------------- */

static void
stranger(struct pure *p, const struct tcp_seg *seg, uint32_t iss, uint64_t now_us)
{
	struct tcp_syncache_entry *e;
	struct tcp_seg syn_ack;
	struct tcp_syn syn;
	bool evicted;

	if (!p->listens) {
		emit_reset(p, seg, now_us);
		return;
	}
	/* Where a cookie was lost its peer begins again with its first bytes. */
	if ((seg->flags & TCP_SYN) == 0 && seg->payload_len > 0 &&
	    tcp_cookie_any(&p->cookies, now_us))
		return;
	if (!tcp_syn_input(&syn, &p->params, seg, iss, PURE_TS_OFFSET, (uint16_t)p->conf->mss,
			   p->conf->room, now_us)) {
		/* RFC 9293 3.10.7.2: a listener answers an ACK with RST, and drops the rest. */
		if (seg->flags & TCP_ACK)
			emit_reset(p, seg, now_us);
		return;
	}
	if (tcp_syncache_count(p->half_open) >= p->conf->half_open) {
		tcp_cookie_make(&p->cookies, &p->tuple, &syn, now_us, &syn_ack);
	} else {
		e = tcp_syncache_add(p->half_open, &p->tuple, 0, now_us, &evicted);
		e->syn = syn;
		tcp_syn_ack(&e->syn, now_us, &syn_ack);
	}
	pure_emit(p, &syn_ack, now_us);
}

static void
completes(struct pure *p, const struct tcp_syn *syn, const struct tcp_seg *seg,
	  const uint8_t *payload, uint64_t now_us)
{
	pure_forget(p);
	pure_set_opts(p);
	tcp_conn_accept(&p->c, &p->params, syn, seg, p->conf->room, now_us);
	p->owner = PURE_BACKLOG;
	conn_input(p, seg, payload, now_us);
}

/* Does it bring back a cookie? Then it is over. */
static bool
cookie_input(struct pure *p, const struct tcp_seg *seg, const uint8_t *payload, uint64_t now_us)
{
	struct tcp_syn syn;

	if (!p->listens || !tcp_cookie_open(&p->cookies, &p->params, &p->tuple, seg, PURE_TS_OFFSET,
					    (uint16_t)p->conf->mss, p->conf->room, now_us, &syn))
		return false;
	completes(p, &syn, seg, payload, now_us);
	return true;
}

static void
half_open_input(struct pure *p, struct tcp_syncache_entry *e, const struct tcp_seg *seg,
		const uint8_t *payload, uint64_t now_us)
{
	struct tcp_seg out;
	struct tcp_syn syn;

	switch (tcp_syn_step(&e->syn, &p->params, seg, now_us)) {
	case TCP_SYN_COMPLETE:
		syn = e->syn;
		tcp_syncache_remove(p->half_open, e);
		completes(p, &syn, seg, payload, now_us);
		break;
	case TCP_SYN_RESET:
		emit_reset(p, seg, now_us);
		break;
	case TCP_SYN_DROPPED:
		tcp_syncache_remove(p->half_open, e);
		break;
	case TCP_SYN_AGAIN:
		tcp_syn_ack(&e->syn, now_us, &out);
		pure_emit(p, &out, now_us);
		break;
	case TCP_SYN_CHALLENGE:
		tcp_syn_challenge(&e->syn, now_us, &out);
		pure_emit(p, &out, now_us);
		break;
	case TCP_SYN_IGNORE:
		break;
	}
}

static void
time_wait_input(struct pure *p, struct tcp_timewait_entry *e, const struct tcp_seg *seg,
		uint64_t now_us)
{
	uint32_t iss;

	switch (tcp_timewait_input(p->time_wait, e, seg, p->params.time_wait_us, now_us, &iss)) {
	case TCP_TIMEWAIT_DROP:
		break;
	case TCP_TIMEWAIT_ACK:
	case TCP_TIMEWAIT_CHALLENGE:
		emit_time_wait(p, e, now_us);
		break;
	case TCP_TIMEWAIT_REUSE:
		stranger(p, seg, iss, now_us);
		break;
	}
}

/* RFC 9293 3.4.1: the clock ticks every 4 us. */
static uint32_t
iss_of(const struct pure *p, uint64_t now_us)
{
	return p->conf->iss + (uint32_t)((now_us - p->opened_us) / 4);
}

static void
pure_input(void *end, const uint8_t *segment, uint32_t len, uint64_t now_us)
{
	struct pure *p = end;
	struct tcp_syncache_entry *half_open = tcp_syncache_find(p->half_open, &p->tuple);
	struct tcp_timewait_entry *waits = tcp_timewait_find(p->time_wait, &p->tuple);
	const uint8_t *payload;
	struct tcp_seg seg;

	if (tcp_seg_parse(segment, len, &seg) != 0)
		return;
	payload = segment + seg.hdr_len;
	if (p->owner != PURE_NOBODY && !tcp_is_closed(&p->c))
		conn_input(p, &seg, payload, now_us);
	else if (half_open != NULL)
		half_open_input(p, half_open, &seg, payload, now_us);
	else if (waits != NULL)
		time_wait_input(p, waits, &seg, now_us);
	else if (!cookie_input(p, &seg, payload, now_us))
		stranger(p, &seg, iss_of(p, now_us), now_us);
}

static void
pure_icmp(void *end, enum script_icmp what, uint16_t mtu, uint32_t seq, uint64_t now_us)
{
	struct pure *p = end;

	if (p->owner == PURE_NOBODY || tcp_is_closed(&p->c))
		return;
	if (what == SCRIPT_ICMP_TOO_BIG)
		heed(p, tcp_path_too_big(&p->c, seq, mtu), now_us);
	else
		heed(p, tcp_path_unreachable(&p->c, seq, what == SCRIPT_ICMP_PORT), now_us);
}

/* --- time --------------------------------------------------------------------- */

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
pure_deadline(void *end)
{
	struct pure *p = end;
	uint64_t at = earlier(tcp_syncache_deadline(p->half_open),
			      tcp_timewait_deadline(p->time_wait));

	return p->owner == PURE_NOBODY || tcp_is_closed(&p->c) ? at :
								 earlier(at, tcp_deadline(&p->c));
}

static void
pure_run(void *end, uint64_t now_us)
{
	struct pure *p = end;
	struct tcp_syncache_entry *e;
	uint32_t budget = RECORDS;
	struct tcp_seg syn_ack;

	while ((e = tcp_syncache_due(p->half_open, now_us, &budget)) != NULL) {
		tcp_syn_ack(&e->syn, now_us, &syn_ack);
		pure_emit(p, &syn_ack, now_us);
	}
	tcp_timewait_expire(p->time_wait, now_us, RECORDS);
	if (p->owner != PURE_NOBODY && !tcp_is_closed(&p->c) && tcp_deadline(&p->c) <= now_us)
		heed(p, tcp_timer(&p->c, now_us), now_us);
	say(p, now_us);
}

static enum script_state
pure_state(void *end)
{
	struct pure *p = end;

	if (p->owner != PURE_NOBODY && !tcp_is_closed(&p->c))
		return end_state_of(&p->c);
	if (tcp_syncache_count(p->half_open) > 0)
		return SCRIPT_SYN_RECEIVED;
	if (tcp_timewait_count(p->time_wait) > 0)
		return SCRIPT_TIME_WAIT;
	return p->listens ? SCRIPT_LISTENS : SCRIPT_CLOSED;
}

static uint64_t
pure_rate(void *end)
{
	const struct pure *p = end;

	return p->owner == PURE_NOBODY ? 0 : end_rate_of(&p->c);
}

/* --- life ---------------------------------------------------------------------- */

static void *
pure_open(const struct script_conf *conf, uint64_t now_us, end_sent_fn sent, void *arg)
{
	static const uint8_t key[16] = { 1 };
	struct pure *p = zeroed(sizeof(*p));
	size_t syns = tcp_syncache_size(RECORDS), waits = tcp_timewait_size(RECORDS);

	p->conf = conf;
	p->opened_us = now_us;
	p->sent = sent;
	p->arg = arg;
	p->tuple = (struct net_tuple){ net_addr_v4(0xc0000201), net_addr_v4(0xc0000202),
				       END_LOCAL_PORT, END_REMOTE_PORT };
	tcp_params_default(&p->params);
	p->params.pacing = conf->pacing;
	p->params.rto_min_us = conf->rto_min_us;
	p->params.time_wait_us = conf->time_wait_us;
	p->half_open = tcp_syncache_init(zeroed(syns), syns, RECORDS, key);
	tcp_cookie_init(&p->cookies, key);
	p->time_wait = tcp_timewait_init(zeroed(waits), waits, RECORDS, key);
	p->stream = calloc(1, STREAM_MAX);
	p->there = calloc(1, STREAM_MAX);
	if (p->stream == NULL || p->there == NULL)
		abort();
	tcp_ranges_init(&p->held);
	return p;
}

static const char *
pure_end(void *end, uint64_t now_us)
{
	struct pure *p = end;

	(void)now_us;
	pure_forget(p);
	free(p->half_open);
	free(p->time_wait);
	free(p->stream);
	free(p->there);
	free(p);
	return NULL;
}

const struct end_ops end_pure = {
	.name = "pure",
	.on = SCRIPT_PURE,
	.open = pure_open,
	.input = pure_input,
	.icmp = pure_icmp,
	.call = pure_call,
	.deadline = pure_deadline,
	.run = pure_run,
	.state = pure_state,
	.rate = pure_rate,
	.close = pure_end,
};
