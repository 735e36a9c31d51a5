/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/ack.h"

#include "tcp/loss.h"
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
is_ambiguous(uint64_t rexmit_at_us, uint64_t rtt_us, uint64_t now_us)
{
	const uint64_t tick_us = 1000; /* of the timestamp clock */

	return rtt_us > now_us - rexmit_at_us + tick_us;
}

/*
 * One sample in a round trip, to the microsecond, and never of what was sent again (Karn), nor of what
 * waited for that behind it. While nothing else arrives, the echoed timestamp tells which copy is
 * meant (RFC 7323 4.1).
 */
static void
measure(struct tcp_conn *c, struct tcp_flight *f, const struct tcp_seg *seg,
	const struct tcp_delivered *d, uint64_t now_us)
{
	uint64_t rtt_us;

	if (d->timed && !d->again.known) {
		if (d->once.end <= f->timed_end && c->rtt.backoff == 0)
			return;
		tcp_rtt_sample(&c->rtt, c->params, (uint32_t)now_us - d->oldest_us);
		f->timed_end = c->snd_max;
	} else if (d->acked > 0 && c->ts_on && tcp_ack_echo(c, seg, now_us, &rtt_us) &&
		   !is_ambiguous(f->last_rexmit_at_us, rtt_us, now_us)) {
		tcp_rtt_sample(&c->rtt, c->params, rtt_us);
	}
}

/* The same untracked: a segment is out, and its time is that of the last one. */
static void
measure_alone(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us)
{
	uint64_t rtt_us;

	if (!c->sent_again)
		tcp_rtt_sample(&c->rtt, c->params, now_us - c->last_sent_at_us);
	else if (c->ts_on && tcp_ack_echo(c, seg, now_us, &rtt_us) &&
		 !is_ambiguous(c->last_sent_at_us, rtt_us, now_us))
		tcp_rtt_sample(&c->rtt, c->params, rtt_us);
}

static void
advance(struct tcp_conn *c, uint64_t ack_off, uint64_t now_us)
{
	uint64_t acked_len = ack_off - c->snd_una;

	c->snd_una = ack_off;
	/* The right edge stays where it was, until the window is updated. */
	c->snd_wnd = c->snd_wnd > acked_len ? c->snd_wnd - (uint32_t)acked_len : 0;
	/* A probe is behind SND.NXT, and so may be what a timeout sends again. */
	if (c->sent.nxt < ack_off)
		c->sent.nxt = ack_off;
	if (c->plan.nxt < c->sent.nxt)
		c->plan.nxt = c->sent.nxt;
	c->quiet_since_us = now_us;
	c->rtt.probe_backoff = 0;
	c->unreachable = false;
	tcp_waive(c, TCP_OWED_PROBE | TCP_OWED_TAIL);
}

static void
advance_alone(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us)
{
	measure_alone(c, seg, now_us);
	tcp_timer_restart(c, now_us);
}

/* A block of SACK by offsets, near snd_una; what lies before the stream is below it. */
static struct tcp_range
block_of(const struct tcp_conn *c, const struct tcp_sack *sack)
{
	uint32_t base = tcp_seq_of(c, c->snd_una);
	int64_t start = (int64_t)c->snd_una + (int32_t)(sack->start - base);
	int64_t end = (int64_t)c->snd_una + (int32_t)(sack->end - base);

	return tcp_range_of(start > 0 ? (uint64_t)start : 0, end > 0 ? (uint64_t)end : 0);
}

/*
 * RFC 2883 4: the first block may tell of what came twice, in front of the acknowledgement's number or
 * within the block behind it. Returns how much that is.
 */
static uint32_t
twice_of(const struct tcp_conn *c, const struct tcp_seg *seg)
{
	struct tcp_range r = block_of(c, &seg->sacks[0]), next;

	if (r.start >= r.end || r.end > c->snd_max)
		return 0;
	if (r.end <= c->snd_una)
		return (uint32_t)(r.end - r.start);
	if (seg->nb_sacks < 2)
		return 0;
	next = block_of(c, &seg->sacks[1]);
	return next.start <= r.start && r.end <= next.end ? (uint32_t)(r.end - r.start) : 0;
}

static void
hear_blocks(struct tcp_conn *c, const struct tcp_seg *seg, struct tcp_heard *h)
{
	struct tcp_range r;

	if (seg->nb_sacks == 0)
		return;
	h->twice = twice_of(c, seg);
	for (uint32_t i = 0; i < seg->nb_sacks && i < TCP_SACKS_MAX; i++) {
		r = block_of(c, &seg->sacks[i]);
		if (r.start < r.end && r.start > c->snd_una)
			tcp_board_sack(&c->flight->board, r.start, r.end, &h->d);
	}
}

/* What is in flight, and what of it is lost, by an ACK that moved snd_una by acked, or did not. */
static void
hear(struct tcp_conn *c, const struct tcp_seg *seg, uint64_t acked, bool duplicate, uint64_t now_us)
{
	struct tcp_flight *f = c->flight;
	struct tcp_heard h = {
		.acked = acked,
		.duplicate = duplicate,
		.has_echo = c->ts_on && seg->has_ts,
		.ts_ecr = seg->ts_ecr,
	};

	tcp_board_heard(&f->board, &h.d);
	if (acked > 0)
		tcp_board_ack(&f->board, c->snd_una, &h.d);
	if (c->sack_on)
		hear_blocks(c, seg, &h);
	measure(c, f, seg, &h.d, now_us);
	tcp_timer_heard(c, tcp_loss_heard(c, &h, now_us), acked > 0, now_us);
}

/* RFC 9293 3.10.7.4: only a segment that is newer than the last update may move the window. */
static uint32_t
update_window(struct tcp_conn *c, const struct tcp_seg *seg, int64_t seq_off, uint64_t ack_off,
	      uint64_t now_us)
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
	if (c->rtx_wait == TCP_WAIT_WINDOW && wnd > old) {
		/* tcp_plan starts to probe anew if need be. */
		c->rtx_at = TCP_NEVER;
		c->rtt.probe_backoff = 0;
		tcp_waive(c, TCP_OWED_PROBE);
		/* What was taken to be lost may be on its way, after all. */
		if (tcp_flight_pipe(c) > 0)
			tcp_timer_restart(c, now_us);
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
	uint32_t events = 0;
	uint64_t ack, acked;
	bool duplicate;

	if (ack_off < (int64_t)c->snd_una)
		return 0;
	ack = (uint64_t)ack_off;
	acked = ack - c->snd_una;
	duplicate = is_dup_ack(c, seg, ack);
	if (duplicate || seg->nb_sacks > 0)
		tcp_flight_track(c);
	if (acked > 0) {
		advance(c, ack, now_us);
		events = TCP_EV_ACKED | TCP_EV_SEND;
	}
	if (c->tracked && (acked > 0 || duplicate || seg->nb_sacks > 0)) {
		hear(c, seg, acked, duplicate, now_us);
		tcp_flight_acked(c);
		events |= TCP_EV_SEND;
	} else if (acked > 0) {
		advance_alone(c, seg, now_us);
	}
	events |= update_window(c, seg, seq_off, ack, now_us);
	tcp_ack_heard(c, now_us);
	return events;
}
