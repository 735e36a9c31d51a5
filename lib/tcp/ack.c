/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/ack.h"

#include "tcp/timer.h"

bool
tcp_ack_echo(const struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us, uint64_t *rtt_us)
{
	uint32_t ts_now = tcp_ts_now(c->ts_offset, now_us);
	uint32_t age_ms = ts_now - seg->ts_ecr;

	if (!seg->has_ts || age_ms > ts_now - c->ts_first)
		return false;
	*rtt_us = (uint64_t)age_ms * 1000;
	return true;
}

/*
 * Was what the echo tells of sent before the last retransmission? Then the ACK may be a repeated
 * one: a receiver that has the bytes already answers their copy with the timestamp that it noted
 * before (RFC 7323 5.3 R3), and the whole wait for the timeout would count as round trip.
 */
static bool
is_ambiguous(const struct tcp_conn *c, uint64_t rtt_us, uint64_t now_us)
{
	const uint64_t tick_us = 1000; /* of the timestamp clock */

	return rtt_us > now_us - c->last_rexmit_at_us + tick_us;
}

/*
 * One segment at a time is timed, to the microsecond, and never one that was
 * sent again (Karn). While none is timed because of retransmissions, the echoed
 * timestamp tells which copy is meant (RFC 7323 4.1).
 */
static void
measure(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us)
{
	uint64_t rtt_us;

	if (c->timed_end != TCP_NO_OFF) {
		if (c->snd_una < c->timed_end)
			return;
		tcp_rtt_sample(&c->rtt, c->params, now_us - c->timed_at_us);
		c->timed_end = TCP_NO_OFF;
	} else if (c->ts_on && tcp_ack_echo(c, seg, now_us, &rtt_us) &&
		   !is_ambiguous(c, rtt_us, now_us)) {
		tcp_rtt_sample(&c->rtt, c->params, rtt_us);
	}
}

/* Sends one segment from snd_una again, ahead of new data. */
static void
resend_first(struct tcp_conn *c)
{
	uint64_t flight = c->snd_max - c->snd_una;

	c->rtx_off = c->snd_una;
	c->rtx_len = flight < c->mss ? (uint32_t)flight : c->mss;
	c->sent.rtx = c->plan.rtx = 0;
}

/*
 * Each duplicate ACK stands for a segment that arrived. No more of them count than are in flight
 * (RFC 5681 3.2): who makes them up draws no more than that.
 */
static void
expect_dups(struct tcp_conn *c, uint32_t counted)
{
	uint64_t flight = c->snd_max - c->snd_una;
	uint64_t told = counted * (uint64_t)c->mss;

	c->dup_left = flight > told ? (uint32_t)(flight - told) : 0;
}

/* RFC 6582 3.2, step 2. */
static void
enter_recovery(struct tcp_conn *c)
{
	uint64_t flight = c->snd_max - c->snd_una;

	/* What limited transmit sent does not count (RFC 5681 3.2, step 2). */
	if (flight > c->cc.cwnd)
		flight = c->cc.cwnd;
	c->params->cc->lost(&c->cc, flight);
	c->loss = TCP_LOSS_RECOVERY;
	c->recover = c->snd_max;
	expect_dups(c, TCP_DUP_ACKS);
	resend_first(c);
}

static void
inflate(struct tcp_conn *c)
{
	if (c->dup_left == 0)
		return;
	c->dup_left -= c->dup_left < c->mss ? c->dup_left : c->mss;
	c->params->cc->dup_acked(&c->cc);
}

static uint32_t
dup_ack(struct tcp_conn *c)
{
	switch ((enum tcp_loss)c->loss) {
	case TCP_LOSS_NONE:
		if (c->dupacks < UINT8_MAX)
			c->dupacks++;
		/* Below recover these are answers to what a timeout made us send twice. */
		if (c->dupacks == TCP_DUP_ACKS && c->snd_una >= c->recover)
			enter_recovery(c);
		break;
	case TCP_LOSS_RECOVERY:
	case TCP_LOSS_RECOVERY_PARTIAL:
		inflate(c);
		break;
	}
	return TCP_EV_SEND;
}

/* Was cwnd what kept the sender from sending more? Without that it must not grow (RFC 7661). */
static bool
cwnd_limited(const struct tcp_conn *c)
{
	if (c->round_limited)
		return true;
	return c->cc.cwnd < c->cc.ssthresh && c->cc.cwnd < 2 * c->round_flight;
}

static void
congestion(struct tcp_conn *c, uint64_t acked_len, uint64_t now_us)
{
	switch ((enum tcp_loss)c->loss) {
	case TCP_LOSS_NONE:
		if (cwnd_limited(c))
			c->params->cc->acked(&c->cc, (uint32_t)acked_len);
		tcp_timer_restart(c, now_us);
		return;
	case TCP_LOSS_RECOVERY:
	case TCP_LOSS_RECOVERY_PARTIAL:
		if (c->snd_una >= c->recover) {
			c->params->cc->recovered(&c->cc, c->snd_max - c->snd_una);
			c->loss = TCP_LOSS_NONE;
			c->dupacks = 0;
			tcp_timer_restart(c, now_us);
			return;
		}
		/* RFC 6582 3.2, step 3: the segment behind a partial ACK is lost as well. */
		c->params->cc->partial(&c->cc, acked_len);
		expect_dups(c, 0);
		resend_first(c);
		if (c->loss == TCP_LOSS_RECOVERY)
			tcp_timer_restart(c, now_us);
		c->loss = TCP_LOSS_RECOVERY_PARTIAL;
		return;
	}
}

static void
advance(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t ack_off, uint64_t now_us)
{
	uint64_t acked_len = ack_off - c->snd_una;

	c->snd_una = ack_off;
	/* The right edge stays where it was, until the window is updated. */
	c->snd_wnd = c->snd_wnd > acked_len ? c->snd_wnd - (uint32_t)acked_len : 0;
	/* Behind a timeout the ACK may cover more than was sent again. */
	if (c->sent.nxt < ack_off)
		c->sent.nxt = ack_off;
	if (c->plan.nxt < c->sent.nxt)
		c->plan.nxt = c->sent.nxt;
	if (c->loss == TCP_LOSS_NONE)
		c->dupacks = 0;
	c->quiet_since_us = now_us;
	c->rtt.probe_backoff = 0;
	tcp_waive(c, TCP_OWED_PROBE);
	measure(c, seg, now_us);
	congestion(c, acked_len, now_us);
}

/* RFC 9293 3.10.7.4: only a segment that is newer than the last update may move the window. */
static uint32_t
update_window(struct tcp_conn *c, const struct tcp_seg *seg, int64_t seq_off, uint64_t ack_off)
{
	uint32_t wnd = (uint32_t)seg->wnd << c->snd_wscale;
	uint32_t old = c->snd_wnd;

	if (seq_off < c->wl1 || (seq_off == c->wl1 && ack_off < c->wl2))
		return 0;
	c->wl1 = seq_off;
	c->wl2 = ack_off;
	c->snd_wnd = wnd;
	if (wnd > c->max_wnd)
		c->max_wnd = wnd;
	if (wnd == old)
		return 0;
	if (c->snd_una == c->sent.nxt && wnd > old) {
		/* What ran, if anything, was persist: tcp_plan starts it anew if need be. */
		c->rtx_at = TCP_NEVER;
		c->rtt.probe_backoff = 0;
		tcp_waive(c, TCP_OWED_PROBE);
	}
	return TCP_EV_SEND;
}

/* RFC 5681 2. */
static bool
is_dup_ack(const struct tcp_conn *c, const struct tcp_seg *seg, uint64_t ack_off)
{
	return ack_off == c->snd_una && c->snd_una < c->snd_max && seg->payload_len == 0 &&
	       (seg->flags & TCP_FIN) == 0 && (uint32_t)seg->wnd << c->snd_wscale == c->snd_wnd;
}

uint32_t
tcp_ack_input(struct tcp_conn *c, const struct tcp_seg *seg, int64_t seq_off, int64_t ack_off,
	      uint64_t now_us)
{
	uint64_t ack;
	uint32_t events = 0;

	if (ack_off < (int64_t)c->snd_una)
		return 0;
	ack = (uint64_t)ack_off;
	if (ack > c->snd_una) {
		advance(c, seg, ack, now_us);
		events = TCP_EV_ACKED | TCP_EV_SEND;
	} else if (is_dup_ack(c, seg, ack)) {
		events = dup_ack(c);
	}
	events |= update_window(c, seg, seq_off, ack);
	tcp_ack_heard(c, now_us);
	return events;
}
