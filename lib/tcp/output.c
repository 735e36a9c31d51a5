/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/output.h"

#include <string.h>

#include "tcp/flight.h"
#include "tcp/loss.h"
#include "tcp/timer.h"
#include "tcp/window.h"

static void
fill(const struct tcp_conn *c, uint64_t off, uint8_t flags, uint64_t now_us, struct tcp_out *o)
{
	memset(o, 0, offsetof(struct tcp_out, seg));
	tcp_seg_clear(&o->seg);
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

/* The SYN, in SYN-RECEIVED the SYN-ACK: with what the peer's SYN offered, too (RFC 7323 2.2). */
static bool
plan_syn(struct tcp_conn *c, uint64_t now_us, struct tcp_out *o)
{
	bool answers = c->state == TCP_SYN_RECEIVED;

	if ((c->plan.owed & TCP_OWED_SYN) == 0)
		return false;
	fill(c, 0, answers ? TCP_SYN | TCP_ACK : TCP_SYN, now_us, o);
	o->syn = true;
	o->rexmit = c->syn_lost;
	o->adv_off = c->rcv_lim < TCP_WND_MAX ? c->rcv_lim : TCP_WND_MAX;
	o->seg.seq = c->iss;
	o->seg.ack = answers ? c->irs + 1 : 0;
	o->seg.wnd = (uint16_t)o->adv_off;
	o->seg.mss = c->rcv_mss;
	o->seg.has_wscale = !answers || c->snd_wscale != 0 || c->rcv_wscale != 0;
	o->seg.wscale = c->rcv_wscale;
	o->seg.sack_permitted = c->sack_on;
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

static bool
plan_owed_ack(const struct tcp_conn *c, uint64_t now_us, struct tcp_out *o)
{
	if ((c->plan.owed & TCP_OWED_ACK) == 0)
		return false;
	plan_ack(c, false, now_us, o);
	return true;
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

/* Bytes that congestion control lets out now. Untracked, one segment is out at a time. */
static uint64_t
cwnd_room(const struct tcp_conn *c)
{
	uint64_t ahead;
	uint32_t burst;

	if (!c->tracked)
		return c->plan.nxt == c->snd_una ? c->mss : 0;
	ahead = c->again_len + (c->plan.nxt - c->sent.nxt);
	burst = tcp_pace_burst(&c->pace, c->opts.pace_max, c->mss);
	return min64(room(c->cc.cwnd, tcp_flight_pipe(c) + ahead), room(burst, ahead));
}

/* Is data there, and does it have to wait for its time? The probe of a tail is no burst. */
static bool
pace_stops(struct tcp_conn *c, uint64_t now_us)
{
	if (!tcp_pace_holds(&c->pace, now_us) || (c->plan.owed & TCP_OWED_TAIL) != 0)
		return false;
	c->pace.waits = tcp_has_data(c, &c->plan);
	return true;
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
	uint64_t by_cwnd = cwnd_room(c), len;

	/* The probe of a tail is no burst, and asks when nothing is heard (RFC 8985 7.3). */
	if ((c->plan.owed & TCP_OWED_TAIL) != 0 && by_cwnd < c->mss)
		by_cwnd = c->mss;
	len = min64(want, min64(by_wnd, by_cwnd));

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
	if (tcp_flight_pipe(c) > 0 || c->again_len > 0 || c->plan.nxt != c->sent.nxt)
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

/* Event: nothing was sent for an RTO, and nothing is in flight. It is told once. */
static void
idle_ends(struct tcp_conn *c, uint64_t now_us)
{
	uint64_t since_us = c->last_sent_at_us;

	if (c->quiet_since_us > since_us) /* the last ACK */
		since_us = c->quiet_since_us;
	tcp_cc_of(c)->idle(&c->cc, now_us, since_us);
	c->last_sent_at_us = now_us;
}

static bool
plan_data(struct tcp_conn *c, uint64_t now_us, struct tcp_out *o)
{
	uint64_t off = c->plan.nxt;
	uint32_t len = 0;

	if (off >= tcp_snd_lim(c))
		return false;
	/* What is out is waited for. */
	if (!c->tracked && off > c->snd_una)
		return false;
	if (off == c->snd_max && off == c->snd_una &&
	    now_us - c->last_sent_at_us > tcp_rtt_rto(&c->rtt, c->params))
		idle_ends(c, now_us);
	if (off < c->snd_end) {
		len = segment_len(c);
		if (len == 0)
			return plan_blocked(c, now_us, o);
	}
	/* A FIN needs no room at the receiver: a closed window does not stop it. */
	plan_segment(c, off, len, off + len == tcp_fin_off(c), now_us, o);
	return true;
}

/* Of a range that was sent before the first len bytes of data; the FIN, when it follows in the range. */
static void
plan_range(const struct tcp_conn *c, struct tcp_range r, uint32_t len, uint64_t now_us,
	   struct tcp_out *o)
{
	bool fin = r.start + len == tcp_fin_off(c) && r.end > tcp_fin_off(c);

	plan_segment(c, r.start, len, fin, now_us, o);
	o->again = true;
}

/* What is lost goes again before anything new does, in runs as that, as the windows allow. */
static bool
plan_again(struct tcp_conn *c, uint64_t now_us, struct tcp_out *o)
{
	struct tcp_range r = tcp_board_next_lost(&c->flight->board, c->snd_una + c->plan.again,
						 c->seg_max);
	uint64_t want, by_wnd, by_cwnd = cwnd_room(c), len;

	if (r.start >= r.end) {
		c->plan.owed &= (uint8_t)~TCP_OWED_AGAIN;
		return false;
	}
	want = room(min64(r.end, c->snd_end), r.start);
	by_wnd = room(c->snd_una + c->snd_wnd, r.start);
	len = min64(want, min64(by_wnd, by_cwnd));
	if (len < want && len >= c->mss)
		len -= len % c->mss;
	else if (len < want && by_cwnd < by_wnd)
		return false;
	else if (len < want && len == 0)
		return plan_blocked(c, now_us, o);
	plan_range(c, r, (uint32_t)len, now_us, o);
	if (c->ts_on)
		o->seg.ts_val = tcp_loss_ts_again(c, now_us);
	return true;
}

/* Nothing is heard, and nothing new may go: the last segment asks once more. */
static bool
plan_tail(struct tcp_conn *c, uint64_t now_us, struct tcp_out *o)
{
	struct tcp_range r = c->tracked ? tcp_board_tail(&c->flight->board, c->mss) :
					  tcp_range_of(c->snd_una, c->sent.nxt);
	uint64_t len = room(min64(r.end, c->snd_end), r.start);

	c->plan.owed &= (uint8_t)~TCP_OWED_TAIL;
	if (r.start >= r.end || r.end > c->snd_una + c->snd_wnd + 1)
		return false;
	plan_range(c, r, (uint32_t)len, now_us, o);
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
	case TCP_SYN_RECEIVED:
		return plan_syn(c, now_us, o) || plan_owed_ack(c, now_us, o);
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
	if (!c->tracked && c->flight != NULL && tcp_flight_is_due(c))
		tcp_flight_track(c);
	if (c->plan.dups > 0) {
		plan_ack(c, true, now_us, o);
		return true;
	}
	if (!pace_stops(c, now_us)) {
		if ((c->plan.owed & TCP_OWED_AGAIN) != 0 && plan_again(c, now_us, o))
			return true;
		if (plan_data(c, now_us, o))
			return true;
	}
	if ((c->plan.owed & TCP_OWED_TAIL) != 0 && plan_tail(c, now_us, o))
		return true;
	if (c->plan.owed & TCP_OWED_KEEPALIVE) {
		plan_keepalive(c, now_us, o);
		return true;
	}
	return plan_owed_ack(c, now_us, o);
}
