/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/output.h"

#include <string.h>

#include "tcp/timer.h"
#include "tcp/window.h"

static void
fill(const struct tcp_conn *c, uint64_t off, uint8_t flags, uint64_t now_us, struct tcp_out *o)
{
	memset(o, 0, sizeof(*o));
	o->off = off;
	o->ack_off = tcp_ack_off(c);
	o->seg.src_port = c->local_port;
	o->seg.dst_port = c->remote_port;
	o->seg.seq = tcp_seq_of(c, off);
	o->seg.ack = tcp_rcv_seq_of(c, o->ack_off);
	o->seg.flags = flags;
	if (c->ts_on) {
		o->seg.has_ts = true;
		o->seg.ts_val = tcp_ts_now(c->ts_offset, now_us);
		o->seg.ts_ecr = c->ts_recent;
	}
}

static bool
plan_syn(struct tcp_conn *c, uint64_t now_us, struct tcp_out *o)
{
	if ((c->plan.owed & TCP_OWED_SYN) == 0)
		return false;
	fill(c, 0, TCP_SYN, now_us, o);
	o->syn = true;
	o->rexmit = c->syn_lost;
	o->adv_off = c->rcv_lim < TCP_WND_MAX ? c->rcv_lim : TCP_WND_MAX;
	o->seg.seq = c->iss;
	o->seg.ack = 0;
	o->seg.ts_ecr = 0;
	o->seg.wnd = (uint16_t)o->adv_off;
	o->seg.mss = c->rcv_mss;
	o->seg.has_wscale = true;
	o->seg.wscale = c->rcv_wscale;
	return true;
}

static void
plan_ack(const struct tcp_conn *c, bool dup, uint64_t now_us, struct tcp_out *o)
{
	fill(c, tcp_bare_off(c), TCP_ACK, now_us, o);
	o->dup_ack = dup;
	/* A duplicate ACK with another window counts as a window update (RFC 5681 2). */
	o->seg.wnd = tcp_window_tell(c, dup, &o->adv_off);
}

/* RFC 9293 3.8.4: a number in front of what the peer has next makes it answer, and brings nothing. */
static void
plan_keepalive(const struct tcp_conn *c, uint64_t now_us, struct tcp_out *o)
{
	plan_ack(c, false, now_us, o);
	o->keepalive = true;
	o->seg.seq = tcp_seq_of(c, c->snd_una) - 1;
}

static void
plan_segment(const struct tcp_conn *c, uint64_t off, uint32_t len, bool fin, uint64_t now_us,
	     struct tcp_out *o)
{
	fill(c, off, TCP_ACK, now_us, o);
	o->len = len;
	o->fin = fin;
	o->rexmit = off < c->snd_max;
	o->seg.wnd = tcp_window_tell(c, false, &o->adv_off);
	o->seg.payload_len = len;
	if (fin)
		o->seg.flags |= TCP_FIN;
	if (len > 0 && off + len == c->snd_end)
		o->seg.flags |= TCP_PSH;
}

static uint64_t
min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How far edge lies behind off; 0 when the peer took its window back. */
static uint64_t
room(uint64_t edge, uint64_t off)
{
	return edge > off ? edge - off : 0;
}

/* RFC 3042: each of the first two duplicate ACKs lets one new segment out. */
static uint64_t
limited_transmit(const struct tcp_conn *c, uint64_t off)
{
	if (c->loss != TCP_LOSS_NONE || c->dupacks == 0 || c->dupacks >= TCP_DUP_ACKS)
		return 0;
	return off >= c->snd_max && c->snd_una >= c->recover ? c->dupacks * (uint64_t)c->mss : 0;
}

/* One plan does not mix segments that were sent before with new ones. */
static uint64_t
plan_max(const struct tcp_conn *c, uint64_t off)
{
	uint64_t again = room(c->snd_max, off);

	if (again == 0 || again >= c->seg_max)
		return c->seg_max;
	return ((uint32_t)again + c->mss - 1) / c->mss * c->mss;
}

/*
 * Payload bytes for segments at plan.nxt; 0: they have to wait. Sender's
 * silly-window avoidance, RFC 9293 3.8.6.2.1, without Nagle: full segments, or
 * all there is, or half of the largest window seen.
 */
static uint32_t
segment_len(const struct tcp_conn *c)
{
	uint64_t off = c->plan.nxt;
	uint64_t want = min64(c->snd_end - off, plan_max(c, off));
	uint64_t by_wnd = room(c->snd_una + c->snd_wnd, off);
	uint64_t by_cwnd = room(c->snd_una + c->cc.cwnd + limited_transmit(c, off), off);
	uint64_t len = min64(want, min64(by_wnd, by_cwnd));

	if (len == want)
		return (uint32_t)len;
	if (len >= c->mss)
		return (uint32_t)len - (uint32_t)len % c->mss;
	if (by_cwnd <= by_wnd)
		return 0; /* cwnd >= mss: something is in flight, its ACK will come */
	if (off < c->snd_max || 2 * len >= c->max_wnd ||
	    ((c->plan.owed & TCP_OWED_PROBE) != 0 && off == c->snd_una))
		return (uint32_t)len;
	return 0;
}

/* The window lets nothing out. While something is in flight its ACK or timer will help. */
static bool
plan_blocked(struct tcp_conn *c, uint64_t now_us, struct tcp_out *o)
{
	if (c->plan.nxt != c->snd_una)
		return false;
	if (tcp_owes(c, TCP_OWED_PROBE)) {
		if ((c->plan.owed & TCP_OWED_PROBE) == 0)
			return false;
		plan_segment(c, c->snd_una, 1, false, now_us, o);
		o->probe = true;
		return true;
	}
	if (c->rtx_at == TCP_NEVER) {
		/* Idle until now: R2 counts from here. */
		if (c->snd_una == c->snd_max && c->rtt.probe_backoff == 0 && !c->orphan)
			c->quiet_since_us = now_us;
		tcp_timer_persist(c, now_us);
	}
	return false;
}

static bool
plan_data(struct tcp_conn *c, uint64_t now_us, struct tcp_out *o)
{
	uint64_t off = c->plan.nxt;
	uint32_t len = 0;

	if (off >= tcp_snd_lim(c))
		return false;
	if (off == c->snd_max && off == c->snd_una &&
	    now_us - c->last_sent_at_us > tcp_rtt_rto(&c->rtt, c->params))
		c->params->cc->idle(&c->cc);
	if (off < c->snd_end) {
		len = segment_len(c);
		if (len == 0)
			return plan_blocked(c, now_us, o);
	}
	/* A FIN needs no room at the receiver: a closed window does not stop it. */
	plan_segment(c, off, len, off + len == tcp_fin_off(c), now_us, o);
	return true;
}

static bool
plan_out_of_turn(struct tcp_conn *c, uint64_t now_us, struct tcp_out *o)
{
	uint64_t next = c->rtx_off + c->plan.rtx, end = c->rtx_off + c->rtx_len;
	uint64_t off = next > c->snd_una ? next : c->snd_una;
	uint64_t len = room(min64(min64(end, c->snd_end), c->snd_una + c->snd_wnd), off);

	if (off >= end || (len == 0 && off != tcp_fin_off(c)))
		return false;
	len = min64(len, c->mss);
	plan_segment(c, off, (uint32_t)len, off + len == tcp_fin_off(c) && end > tcp_fin_off(c),
		     now_us, o);
	o->out_of_turn = true;
	return true;
}

bool
tcp_plan(struct tcp_conn *c, uint64_t now_us, struct tcp_out *o)
{
	if (!tcp_has_to_say(c))
		return false;
	switch ((enum tcp_state)c->state) {
	case TCP_SYN_SENT:
		return plan_syn(c, now_us, o);
	case TCP_CLOSED:
		return false;
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT_1:
	case TCP_FIN_WAIT_2:
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
	case TCP_TIME_WAIT:
		break;
	}
	if (c->plan.dups > 0) {
		plan_ack(c, true, now_us, o);
		return true;
	}
	if (c->loss != TCP_LOSS_NONE && c->plan.rtx < c->rtx_len && plan_out_of_turn(c, now_us, o))
		return true;
	if (plan_data(c, now_us, o))
		return true;
	if (c->plan.owed & TCP_OWED_KEEPALIVE) {
		plan_keepalive(c, now_us, o);
		return true;
	}
	if ((c->plan.owed & TCP_OWED_ACK) == 0)
		return false;
	plan_ack(c, false, now_us, o);
	return true;
}

/* Behind its last byte, or FIN. */
static uint64_t
end_of(const struct tcp_out *o)
{
	return o->off + o->len + (o->fin ? 1 : 0);
}

/* A cursor, c's, moves past a segment: what that says is owed no more, its bytes are behind it. */
static void
pass(struct tcp_cursor *at, const struct tcp_conn *c, const struct tcp_out *o)
{
	if (o->syn) { /* the one segment without an ACK */
		at->owed &= (uint8_t)~TCP_OWED_SYN;
		return;
	}
	if (o->keepalive) { /* its ACK is not heard: it stands in front of the window */
		at->owed &= (uint8_t)~TCP_OWED_KEEPALIVE;
		return;
	}
	at->owed &= (uint8_t)~TCP_OWED_ACK;
	if (o->len == 0 && !o->fin) {
		at->dups -= o->dup_ack ? 1 : 0;
		return;
	}
	if (o->out_of_turn) {
		at->rtx = (uint32_t)(end_of(o) - c->rtx_off);
		return;
	}
	at->owed &= (uint8_t)~TCP_OWED_PROBE;
	/* Behind a probe it stays: once the window opens, sending goes on from snd_una. */
	if (!o->probe)
		at->nxt = end_of(o);
}

void
tcp_plan_take(struct tcp_conn *c, const struct tcp_out *o)
{
	pass(&c->plan, c, o);
}

/* Every segment carries the newest ACK and window. */
static void
ack_sent(struct tcp_conn *c, const struct tcp_out *o)
{
	if (o->adv_off > c->rcv_adv)
		c->rcv_adv = o->adv_off;
	if (o->syn)
		return;
	if (o->ack_off > c->last_ack_sent)
		c->last_ack_sent = o->ack_off;
	c->delack_at = TCP_NEVER;
	c->rcv_unacked = 0;
}

static void
syn_sent(struct tcp_conn *c, uint64_t now_us)
{
	if (!c->syn_lost) {
		c->timed_at_us = now_us;
		c->ts_first = tcp_ts_now(c->ts_offset, now_us);
	}
	tcp_timer_restart(c, now_us);
}

/* For cwnd_limited in tcp/ack: how full was cwnd in this round trip? */
static void
use_cwnd(struct tcp_conn *c)
{
	uint64_t flight = c->sent.nxt - c->snd_una;
	bool limited = flight + c->mss > c->cc.cwnd;

	if (c->snd_una < c->round_end && !limited &&
	    (c->round_limited || flight <= c->round_flight))
		return;
	c->round_end = c->snd_max;
	c->round_flight = (uint32_t)flight;
	c->round_limited = limited;
}

static void
in_turn_sent(struct tcp_conn *c, const struct tcp_out *o, uint64_t end, uint64_t now_us)
{
	if (c->snd_una == c->snd_max)
		c->quiet_since_us = now_us;
	if (o->rexmit) {
		c->timed_end = TCP_NO_OFF;
	} else if (c->timed_end == TCP_NO_OFF) {
		c->timed_end = end;
		c->timed_at_us = now_us;
	}
	if (end > c->snd_max)
		c->snd_max = end;
	use_cwnd(c);
	tcp_timer_start(c, now_us);
}

void
tcp_sent(struct tcp_conn *c, const struct tcp_out *o, uint64_t now_us)
{
	uint64_t end = end_of(o);

	pass(&c->sent, c, o);
	if (o->keepalive)
		return;
	ack_sent(c, o);
	if (o->syn) {
		syn_sent(c, now_us);
		return;
	}
	if (end == o->off)
		return;
	c->last_sent_at_us = now_us;
	if (o->rexmit)
		c->last_rexmit_at_us = now_us;
	if (o->probe) {
		if (end > c->snd_max)
			c->snd_max = end;
		tcp_timer_persist(c, now_us);
	} else if (o->out_of_turn) {
		c->timed_end = TCP_NO_OFF;
		if (c->loss == TCP_LOSS_RECOVERY)
			tcp_timer_restart(c, now_us);
	} else {
		in_turn_sent(c, o, end, now_us);
	}
}

void
tcp_plan_drop(struct tcp_conn *c)
{
	c->plan = c->sent;
}
