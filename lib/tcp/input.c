/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/input.h"

#include <string.h>

#include "tcp/ack.h"
#include "tcp/open.h"
#include "tcp/rcv.h"
#include "tcp/user.h"

/* RFC 7323 5.5: a timestamp older than this says nothing any more. */
#define TS_RECENT_VALID_US (UINT64_C(24) * 86400 * 1000000)

bool
tcp_reset_reply(const struct tcp_seg *seg, struct tcp_seg *out)
{
	uint32_t len = seg->payload_len;

	if (seg->flags & TCP_RST)
		return false;
	tcp_seg_clear(out);
	out->src_port = seg->dst_port;
	out->dst_port = seg->src_port;
	out->flags = TCP_RST;
	if (seg->flags & TCP_ACK) {
		out->seq = seg->ack;
		return true;
	}
	len += (seg->flags & TCP_SYN ? 1 : 0) + (seg->flags & TCP_FIN ? 1 : 0);
	out->ack = seg->seq + len;
	out->flags |= TCP_ACK;
	return true;
}

uint32_t
tcp_challenge(struct tcp_conn *c, uint64_t now_us)
{
	c->challenge_next_us = now_us + c->params->challenge_us;
	return tcp_rcv_ack_now(c);
}

/* Junk (RFC 5961 3.2, 4.2 and 5.2). The first limit is this connection's own. */
static uint32_t
ack_challenge(const struct tcp_conn *c, uint64_t now_us)
{
	return now_us < c->challenge_next_us ? 0 : TCP_EV_CHALLENGE;
}

static struct tcp_verdict
input_closed(const struct tcp_seg *seg)
{
	struct tcp_verdict v = { 0 };

	v.reply_reset = tcp_reset_reply(seg, &v.reset);
	return v;
}

/* The window's right edge as the peer sees it: its FIN moved what comes next by one. */
static int64_t
right_edge(const struct tcp_conn *c)
{
	return (int64_t)c->rcv_adv + (c->peer_fin ? 1 : 0);
}

static struct tcp_verdict
input_reset(struct tcp_conn *c, int64_t seq, uint64_t now_us)
{
	struct tcp_verdict v = { 0 };
	int64_t nxt = (int64_t)tcp_ack_off(c);

	v.drop = TCP_DROP_RESET;
	if (c->state == TCP_TIME_WAIT) /* RFC 1337 */
		return v;
	if (seq == nxt) {
		v.drop = TCP_DROP_NONE;
		tcp_conn_closed(c, TCP_END_RESET);
		v.events = TCP_EV_CLOSED;
	} else if (seq > nxt && seq < right_edge(c)) {
		v.events = ack_challenge(c, now_us);
	}
	return v;
}

/* RFC 7323 5.3 R1. */
static bool
paws_rejects(const struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us)
{
	return c->ts_on && (int32_t)(seg->ts_val - c->ts_recent) < 0 &&
	       now_us - c->ts_recent_at_us < TS_RECENT_VALID_US;
}

/* RFC 7323 4.3 (2). */
static void
remember_ts(struct tcp_conn *c, const struct tcp_seg *seg, int64_t seq, uint64_t now_us)
{
	if (!c->ts_on || seq > (int64_t)c->last_ack_sent)
		return;
	/* Older passes PAWS only when what we have has expired. */
	c->ts_recent = seg->ts_val;
	c->ts_recent_at_us = now_us;
}

/*
 * A segment that does not touch the window is answered and dropped. One that
 * ends at rcv_nxt, or begins at the right edge, is let through with nothing in
 * it: its ACK counts (RFC 9293 MUST-66), and a window probe gets its answer.
 */
static bool
touches_window(const struct tcp_conn *c, int64_t seq, uint32_t seg_len)
{
	return seq <= right_edge(c) && seq + (int64_t)seg_len >= (int64_t)tcp_ack_off(c);
}

/*
 * In front of the window: does it come from a peer that missed an ACK? Such a one repeats what it
 * still holds, which is no more than the largest window that it was ever told; or it asks with the
 * byte before the next and no payload, as keep-alives and Linux's window probes do (RFC 9293
 * 3.8.4).
 */
static bool
is_repeated(const struct tcp_conn *c, int64_t seq, uint32_t seg_len)
{
	int64_t before = (int64_t)tcp_ack_off(c) - seq;

	return seg_len == 0 ? before == 1 : before > 0 && before <= (int64_t)c->rcv_buf + 1;
}

/*
 * Without the timestamp that was agreed on: dropped (RFC 7323 3.2), except what asks and brings
 * nothing. Some hosts and middleboxes keep connections alive so, and Linux answers them.
 */
static uint32_t
input_without_ts(struct tcp_conn *c, int64_t seq, uint32_t seg_len, uint64_t now_us)
{
	bool brings = seq < right_edge(c) && seq + (int64_t)seg_len > (int64_t)tcp_ack_off(c);
	bool asks = is_repeated(c, seq, seg_len) || (seg_len > 0 && seq == right_edge(c));

	return asks && !brings ? tcp_rcv_again(c, now_us) : 0;
}

/* Our ACK of the SYN-ACK was lost; nothing follows it before that is there. */
static bool
is_syn_ack_again(const struct tcp_conn *c, const struct tcp_seg *seg)
{
	return (seg->flags & (TCP_SYN | TCP_ACK | TCP_FIN)) == (TCP_SYN | TCP_ACK) &&
	       seg->seq == c->irs && seg->ack == c->iss + 1 && tcp_ack_off(c) == 0;
}

static struct tcp_verdict
input_syn(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us)
{
	struct tcp_verdict v = { 0 };

	if (is_syn_ack_again(c, seg)) {
		v.events = tcp_rcv_again(c, now_us);
	} else {
		v.drop = TCP_DROP_SYN;
		v.events = ack_challenge(c, now_us);
	}
	return v;
}

/* It does not touch the window. */
static struct tcp_verdict
input_outside(struct tcp_conn *c, int64_t seq, uint32_t seg_len, uint64_t now_us)
{
	struct tcp_verdict v = { 0 };

	if (is_repeated(c, seq, seg_len)) {
		/* Without payload it is a question, and answered. */
		v.drop = seg_len > 0 ? TCP_DROP_DUPLICATE : TCP_DROP_NONE;
		v.events = tcp_rcv_repeated(c, seq, seg_len, now_us);
	} else {
		v.drop = TCP_DROP_WINDOW;
		v.events = ack_challenge(c, now_us);
	}
	return v;
}

/* RFC 5961 5.2. */
static bool
ack_plausible(const struct tcp_conn *c, int64_t ack)
{
	return ack <= (int64_t)c->snd_max && ack >= (int64_t)c->snd_una - (int64_t)c->max_wnd;
}

static uint32_t
enter_time_wait(struct tcp_conn *c)
{
	c->state = TCP_TIME_WAIT;
	c->rtx_at = TCP_NEVER;
	c->linger_at = TCP_NEVER;
	return TCP_EV_TIME_WAIT;
}

/* Our FIN is acknowledged: who waits for that moves on. */
static uint32_t
fin_acked(struct tcp_conn *c, uint64_t now_us)
{
	switch ((enum tcp_state)c->state) {
	case TCP_FIN_WAIT_1:
		c->state = TCP_FIN_WAIT_2;
		if (c->orphan)
			c->linger_at = now_us + c->params->fin_wait2_us;
		return 0;
	case TCP_CLOSING:
		return enter_time_wait(c);
	case TCP_LAST_ACK:
		tcp_conn_closed(c, TCP_END_NORMAL);
		return TCP_EV_CLOSED;
	case TCP_SYN_SENT:
	case TCP_SYN_RECEIVED:
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT_2:
	case TCP_CLOSE_WAIT:
	case TCP_TIME_WAIT:
	case TCP_CLOSED:
		return 0;
	}
	return 0;
}

/* The peer's FIN is in order. */
static uint32_t
fin_received(struct tcp_conn *c)
{
	uint32_t events = TCP_EV_PEER_FIN | tcp_rcv_ack_now(c);

	c->peer_fin = true;
	switch ((enum tcp_state)c->state) {
	case TCP_ESTABLISHED:
		c->state = TCP_CLOSE_WAIT;
		break;
	case TCP_FIN_WAIT_1:
		c->state = TCP_CLOSING;
		break;
	case TCP_FIN_WAIT_2:
		events |= enter_time_wait(c);
		break;
	case TCP_SYN_SENT:
	case TCP_SYN_RECEIVED:
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
	case TCP_TIME_WAIT:
	case TCP_CLOSED:
		break;
	}
	return events;
}

static uint32_t
input_text(struct tcp_conn *c, const struct tcp_ranges *held, const struct tcp_seg *seg,
	   int64_t seq, uint64_t now_us, struct tcp_verdict *v)
{
	bool knew_fin = c->peer_fin_off != TCP_NO_OFF;
	uint32_t events = 0;

	if (seg->flags & TCP_FIN)
		events |= tcp_rcv_fin(c, held, seq + (int64_t)seg->payload_len, now_us);
	if (seg->payload_len > 0)
		events |= tcp_rcv_payload(c, held, seg, seq, now_us, v);
	/* Old bytes, but the first FIN: that counts. */
	if (v->drop == TCP_DROP_DUPLICATE && !knew_fin && c->peer_fin_off != TCP_NO_OFF)
		v->drop = TCP_DROP_NONE;
	/* Everything of ours is with the peer, and some of its own is lost: also where FIN came. */
	if (c->orphan && c->unread && c->state == TCP_FIN_WAIT_2) {
		v->reply_reset = tcp_abort(c, now_us, &v->reset);
		return events | TCP_EV_CLOSED;
	}
	if (!c->peer_fin && c->rcv_nxt == c->peer_fin_off)
		events |= fin_received(c);
	return events;
}

/* Header prediction: the next data of a one-way stream, nothing else to be done. */
static bool
predicted(const struct tcp_conn *c, const struct tcp_ranges *held, const struct tcp_seg *seg,
	  int64_t seq, int64_t ack)
{
	return c->state == TCP_ESTABLISHED && (seg->flags & ~(TCP_PSH | TCP_URG)) == TCP_ACK &&
	       seq == (int64_t)c->rcv_nxt && ack == (int64_t)c->snd_una && seg->payload_len > 0 &&
	       seg->payload_len <= c->rcv_adv - c->rcv_nxt && tcp_ranges_empty(held) &&
	       (uint32_t)seg->wnd << c->snd_wscale == c->snd_wnd && seg->has_ts == c->ts_on &&
	       (int32_t)(seg->ts_val - c->ts_recent) >= 0 && c->peer_fin_off == TCP_NO_OFF &&
	       !c->orphan && seg->nb_sacks == 0;
}

static struct tcp_verdict
input_synchronised(struct tcp_conn *c, const struct tcp_ranges *held, const struct tcp_seg *seg,
		   uint64_t now_us)
{
	struct tcp_verdict v;
	/* The one place where 32 bits become 64: RFC 9293 windows are below 2^31. */
	int64_t nxt = (int64_t)tcp_ack_off(c);
	int64_t seq = nxt + (int32_t)(seg->seq - (c->irs + 1 + (uint32_t)nxt));
	int64_t ack = (int64_t)c->snd_una +
		      (int32_t)(seg->ack - (c->iss + 1 + (uint32_t)c->snd_una));
	uint32_t seg_len = seg->payload_len + (seg->flags & TCP_FIN ? 1 : 0);

	tcp_verdict_clear(&v);
	if (predicted(c, held, seg, seq, ack)) {
		remember_ts(c, seg, seq, now_us);
		c->wl1 = seq;
		c->wl2 = (uint64_t)ack;
		tcp_ack_heard(c, now_us);
		v.events = tcp_rcv_payload(c, held, seg, seq, now_us, &v);
		return v;
	}
	if (seg->flags & TCP_RST)
		return input_reset(c, seq, now_us);
	if (seg->flags & TCP_SYN)
		return input_syn(c, seg, now_us);
	if (c->ts_on && !seg->has_ts) {
		v.drop = TCP_DROP_NO_TS;
		v.events = input_without_ts(c, seq, seg_len, now_us);
		return v;
	}
	if (paws_rejects(c, seg, now_us)) {
		v.drop = TCP_DROP_OLD_TS;
		v.events = ack_challenge(c, now_us);
		return v;
	}
	if (!touches_window(c, seq, seg_len))
		return input_outside(c, seq, seg_len, now_us);
	if ((seg->flags & TCP_ACK) == 0) {
		v.drop = TCP_DROP_ACK;
		return v;
	}
	if (!ack_plausible(c, ack)) {
		v.drop = TCP_DROP_ACK;
		v.events = ack_challenge(c, now_us);
		return v;
	}
	remember_ts(c, seg, seq, now_us);
	v.events |= tcp_ack_input(c, seg, seq, ack, now_us);
	if (tcp_fin_acked(c))
		v.events |= fin_acked(c, now_us);
	if (c->state != TCP_CLOSED)
		v.events |= input_text(c, held, seg, seq, now_us, &v);
	return v;
}

/* Our SYN is acknowledged by a SYN-ACK, which may bring text and FIN as any segment. */
static struct tcp_verdict
input_syn_ack(struct tcp_conn *c, const struct tcp_ranges *held, const struct tcp_seg *seg,
	      uint64_t now_us)
{
	struct tcp_verdict v = { 0 };
	uint32_t events;

	tcp_conn_established(c, seg, now_us);
	events = input_text(c, held, seg, 0, now_us, &v);
	v.events = events | TCP_EV_CONNECTED | TCP_EV_SEND;
	return v;
}

static bool
acks_syn(const struct tcp_conn *c, const struct tcp_seg *seg)
{
	return (seg->flags & TCP_ACK) != 0 && seg->ack == c->iss + 1;
}

/* RFC 9293 3.10.7.3. */
static struct tcp_verdict
input_syn_sent(struct tcp_conn *c, const struct tcp_ranges *held, const struct tcp_seg *seg,
	       uint64_t now_us)
{
	struct tcp_verdict v = { 0 };

	if ((seg->flags & TCP_ACK) != 0 && !acks_syn(c, seg)) {
		v.drop = TCP_DROP_ACK;
		v.reply_reset = tcp_reset_reply(seg, &v.reset);
	} else if (seg->flags & TCP_RST) {
		v.drop = acks_syn(c, seg) ? TCP_DROP_NONE : TCP_DROP_RESET;
		if (v.drop == TCP_DROP_NONE) {
			tcp_conn_closed(c, TCP_END_REFUSED);
			v.events = TCP_EV_CLOSED;
		}
	} else if ((seg->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
		return input_syn_ack(c, held, seg, now_us);
	} else if ((seg->flags & (TCP_SYN | TCP_FIN)) == TCP_SYN) {
		/* Text of such a SYN comes again. */
		tcp_conn_crossed(c, seg);
		v.events = TCP_EV_SEND;
	} else {
		v.drop = TCP_DROP_ACK;
	}
	return v;
}

/* By the rules of a passive open's SYN-RECEIVED, but for a SYN-ACK. */
static enum tcp_syn_verdict
step_syn_received(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us)
{
	struct tcp_syn s = {
		.challenge_next_us = c->challenge_next_us,
		.again_next_us = c->again_next_us,
		.iss = c->iss,
		.irs = c->irs,
		.ts_recent = c->ts_recent,
		.rcv_wnd = (uint16_t)c->rcv_adv, /* as told with the SYN */
		.ts_on = c->ts_on,
	};
	enum tcp_syn_verdict v = tcp_syn_step(&s, c->params, seg, now_us);

	c->again_next_us = s.again_next_us;
	return v;
}

/* RFC 9293 3.10.7.4: two SYNs crossed. */
static struct tcp_verdict
input_syn_received(struct tcp_conn *c, const struct tcp_ranges *held, const struct tcp_seg *seg,
		   uint64_t now_us)
{
	struct tcp_verdict v = { .drop = TCP_DROP_SYN };

	if ((seg->flags & (TCP_SYN | TCP_RST)) == TCP_SYN && acks_syn(c, seg))
		return input_syn_ack(c, held, seg, now_us);
	switch (step_syn_received(c, seg, now_us)) {
	case TCP_SYN_COMPLETE:
		tcp_conn_established(c, seg, now_us);
		v = input_synchronised(c, held, seg, now_us);
		v.events |= TCP_EV_CONNECTED | TCP_EV_SEND;
		break;
	case TCP_SYN_RESET:
		v.drop = TCP_DROP_ACK;
		v.reply_reset = tcp_reset_reply(seg, &v.reset);
		break;
	case TCP_SYN_DROPPED: /* an active open ends by it, as by the answer to its SYN */
		v.drop = TCP_DROP_NONE;
		tcp_conn_closed(c, TCP_END_REFUSED);
		v.events = TCP_EV_CLOSED;
		break;
	case TCP_SYN_AGAIN:
		tcp_owe(c, TCP_OWED_SYN);
		v.events = TCP_EV_SEND;
		break;
	case TCP_SYN_CHALLENGE:
		v.events = TCP_EV_CHALLENGE;
		break;
	case TCP_SYN_IGNORE:
		break;
	}
	return v;
}

struct tcp_verdict
tcp_input(struct tcp_conn *c, const struct tcp_ranges *held, const struct tcp_seg *seg,
	  uint64_t now_us)
{
	switch ((enum tcp_state)c->state) {
	case TCP_SYN_SENT:
		return input_syn_sent(c, held, seg, now_us);
	case TCP_SYN_RECEIVED:
		return input_syn_received(c, held, seg, now_us);
	case TCP_CLOSED:
		return input_closed(seg);
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT_1:
	case TCP_FIN_WAIT_2:
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
	case TCP_TIME_WAIT:
		return input_synchronised(c, held, seg, now_us);
	}
	return input_closed(seg);
}
