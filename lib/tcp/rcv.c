/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/rcv.h"

#include "tcp/ack.h"
#include "tcp/sack.h"
#include "tcp/user.h"

enum {
	FULL_SEGMENT_MIN = 536, /* what a full segment has at least, for counting ACKs */
	ECHOES = 4,             /* so many are looked at in a window's worth of data */
};

uint32_t
tcp_rcv_ack_now(struct tcp_conn *c)
{
	tcp_owe(c, TCP_OWED_ACK);
	return TCP_EV_SEND;
}

uint32_t
tcp_rcv_again(struct tcp_conn *c, uint64_t now_us)
{
	if (now_us >= c->again_next_us) {
		c->again_next_us = now_us + TCP_AGAIN_US;
		return tcp_rcv_ack_now(c);
	}
	if (c->delack_at > c->again_next_us)
		c->delack_at = c->again_next_us;
	return 0;
}

/*
 * One duplicate ACK for each segment out of order: the sender counts them (RFC 5681 3.2). One that
 * takes SACK counts what is new in the blocks instead (RFC 6675 2): of a burst it gets as many ACKs
 * as additions are known, which tell each of them and, for those that get lost, tell it again. A
 * longer row would only keep it from hearing of what comes next.
 */
static uint32_t
ack_dup(struct tcp_conn *c)
{
	if (c->sent.dups < (c->sack_on ? TCP_RANGES_RECENT : UINT8_MAX)) {
		c->sent.dups++;
		c->plan.dups++;
	}
	return TCP_EV_SEND;
}

/*
 * In-order bytes arrived, n of them. An ACK goes out for every second full
 * segment (RFC 9293 3.8.6.3), at once when a gap was filled (RFC 5681 4.2).
 */
static uint32_t
ack_in_order(struct tcp_conn *c, uint64_t n, bool gap, uint64_t now_us)
{
	uint32_t full = c->rcv_seg > FULL_SEGMENT_MIN ? c->rcv_seg : FULL_SEGMENT_MIN;

	if (full > c->rcv_mss)
		full = c->rcv_mss;
	c->rcv_unacked += (uint32_t)n;
	if (gap || c->rcv_unacked >= 2 * full)
		return tcp_rcv_ack_now(c);
	if (c->delack_at > now_us + c->params->delack_us)
		c->delack_at = now_us + c->params->delack_us;
	return 0;
}

static uint32_t
in_order(struct tcp_conn *c, const struct tcp_ranges *held, uint64_t end, uint64_t now_us)
{
	bool gap = !tcp_ranges_empty(held);
	uint64_t old = c->rcv_nxt;

	c->rcv_nxt = gap ? tcp_ranges_reach(held, end) : end;
	/* Thrown away at once, so the room stays as it was. */
	if (c->orphan && c->rcv_nxt <= c->drain_end)
		c->rcv_lim += c->rcv_nxt - old;
	return TCP_EV_DELIVER | ack_in_order(c, c->rcv_nxt - old, gap, now_us);
}

/* seg brought what is in order by now. */
static void
measure(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us)
{
	struct tcp_rcv_rtt *r = &c->rcv_rtt;
	uint64_t edge = c->rcv_adv > c->rcv_nxt ? c->rcv_adv : c->rcv_nxt, age_us;

	if (!c->ts_on) {
		tcp_rcv_rtt_window(r, now_us);
		tcp_rcv_rtt_next(r, edge, now_us);
		return;
	}
	/* Behind the first bytes: those answer something, and their sender may have thought about it. */
	if (r->end != 0 && tcp_ack_echo(c, seg, now_us, &age_us))
		tcp_rcv_rtt_echoed(r, age_us);
	tcp_rcv_rtt_next(r, c->rcv_nxt + (edge - c->rcv_nxt) / ECHOES, now_us);
}

/* seg brought what comes next, up to end. */
static uint32_t
next_came(struct tcp_conn *c, const struct tcp_ranges *held, const struct tcp_seg *seg,
	  uint64_t end, uint64_t now_us)
{
	uint32_t events = in_order(c, held, end, now_us);

	if (tcp_rcv_rtt_is_due(&c->rcv_rtt, c->rcv_nxt))
		measure(c, seg, now_us);
	return events;
}

/* What of [seq, seq + len) is in order, or waits, came twice: the first of several such parts is told. */
static void
tell_repeated(struct tcp_conn *c, const struct tcp_ranges *held, int64_t seq, uint32_t len)
{
	struct tcp_range r = tcp_range_within(seq, len, 0, c->rcv_nxt);

	if (tcp_range_empty(r))
		r = tcp_ranges_within(held, tcp_range_within(seq, len, c->rcv_nxt, c->rcv_adv));
	tcp_sack_repeated(c, r);
}

uint32_t
tcp_rcv_repeated(struct tcp_conn *c, int64_t seq, uint32_t len, uint64_t now_us)
{
	tell_repeated(c, NULL, seq, len);
	return tcp_rcv_again(c, now_us);
}

uint32_t
tcp_rcv_payload(struct tcp_conn *c, const struct tcp_ranges *held, const struct tcp_seg *seg,
		int64_t seq, uint64_t now_us, struct tcp_verdict *v)
{
	uint64_t limit = c->peer_fin_off < c->rcv_adv ? c->peer_fin_off : c->rcv_adv;
	struct tcp_range r = tcp_range_within(seq, seg->payload_len, c->rcv_nxt, limit);

	if (tcp_range_empty(r)) { /* old, behind the FIN, or a probe into a closed window */
		v->drop = seq < (int64_t)c->rcv_nxt ? TCP_DROP_DUPLICATE : TCP_DROP_WINDOW;
		return tcp_rcv_repeated(c, seq, seg->payload_len, now_us);
	}
	if (c->orphan)
		tcp_unread(c, now_us);
	if (tcp_seg_longest(seg) > c->rcv_seg)
		c->rcv_seg = tcp_seg_longest(seg);
	if (seq < (int64_t)c->rcv_nxt || !tcp_ranges_empty(held))
		tell_repeated(c, held, seq, seg->payload_len);
	r = tcp_ranges_trim(held, r);
	if (tcp_range_empty(r)) {
		v->drop = TCP_DROP_DUPLICATE;
		return ack_dup(c);
	}
	if (r.start != c->rcv_nxt && !tcp_ranges_fits(held, r)) {
		/* Too many runs: the newest waits for its retransmission. */
		v->drop = TCP_DROP_GAPS;
		return ack_dup(c);
	}
	v->skip = (uint32_t)((int64_t)r.start - seq);
	v->took = (uint32_t)(r.end - r.start);
	v->keep = c->orphan ? 0 : v->took;
	v->stream_off = r.start;
	return r.start == c->rcv_nxt ? next_came(c, held, seg, r.end, now_us) : ack_dup(c);
}

uint32_t
tcp_rcv_fin(struct tcp_conn *c, const struct tcp_ranges *held, int64_t seq, uint64_t now_us)
{
	uint64_t off;

	if (c->peer_fin || seq < (int64_t)c->rcv_nxt)
		return tcp_rcv_again(c, now_us);
	off = (uint64_t)seq;
	if (c->peer_fin_off == TCP_NO_OFF && off <= c->rcv_adv && off >= tcp_ranges_end(held)) {
		c->peer_fin_off = off;
		return off == c->rcv_nxt ? 0 : tcp_rcv_ack_now(c);
	}
	return off == c->rcv_nxt ? 0 : tcp_rcv_again(c, now_us);
}
