/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/sent.h"

#include "tcp/flight.h"
#include "tcp/timer.h"

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
	if (o->syn) {
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
	at->owed &= (uint8_t)~TCP_OWED_TAIL;
	if (o->again) {
		at->again = (uint32_t)(end_of(o) - c->snd_una);
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
	if (o->again)
		c->again_len += (uint32_t)(end_of(o) - o->off);
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
	/* Not by a SYN-ACK: it would be timed by what answers the SYN. */
	if (!c->syn_lost && c->state == TCP_SYN_SENT) {
		c->last_sent_at_us = now_us;
		c->ts_first = tcp_ts_now(c->ts_offset, now_us);
	}
	tcp_timer_restart(c, now_us);
}

/* Is something else there to go than a burst, and has room at the peer? Then cwnd's pace is the limit. */
static bool
pace_limited(const struct tcp_conn *c)
{
	uint64_t next = c->sent.nxt + c->mss;

	return c->pace.burst != 0 && c->opts.pace_max == 0 && next <= c->snd_end &&
	       next <= c->snd_una + c->snd_wnd;
}

/* For cwnd_limited in tcp/loss: how full was cwnd in this round trip? */
static void
use_cwnd(struct tcp_conn *c, struct tcp_flight *f)
{
	uint64_t flight = tcp_flight_pipe(c);
	bool limited = flight + c->mss > c->cc.cwnd || pace_limited(c);

	if (c->snd_una < f->round_end && !limited &&
	    (f->round_limited || flight <= f->round_flight))
		return;
	f->round_end = c->snd_max;
	f->round_flight = (uint32_t)flight;
	f->round_limited = limited;
}

static void
again_sent(struct tcp_conn *c, struct tcp_flight *f, const struct tcp_out *o, uint32_t len,
	   uint64_t now_us)
{
	f->last_rexmit_at_us = now_us;
	f->again_ts = o->seg.ts_val;
	tcp_undo_sent(&f->undo, len, o->seg.ts_val);
	if (f->board.spans.lost == 0)
		c->sent.owed &= (uint8_t)~TCP_OWED_AGAIN;
}

static void
flight_sent(struct tcp_conn *c, struct tcp_flight *f, const struct tcp_out *o, uint64_t end,
	    bool tail, uint64_t now_us)
{
	struct tcp_sending s = { .now_us = (uint32_t)now_us, .rtt_us = c->rtt.srtt_us };
	uint32_t len = (uint32_t)(end - o->off);
	bool idle = tcp_board_pipe(&f->board) == 0;

	if (idle)
		tcp_rack_begins(&f->rack);
	tcp_rate_sending(&f->rate, idle, &s);
	tcp_board_sent(&f->board, o->off, len, &s);
	if (o->again)
		again_sent(c, f, o, len, now_us);
	if (c->loss == TCP_LOSS_RECOVERY)
		tcp_prr_sent(&f->prr, len);
	if (tail)
		tcp_tlp_sent(&f->tlp, c->snd_max, len, o->again);
	use_cwnd(c, f);
	if (c->sent.nxt >= c->snd_end && f->board.spans.lost == 0 &&
	    tcp_board_pipe(&f->board) + c->mss <= c->cc.cwnd)
		tcp_rate_app_limited(&f->rate, tcp_board_pipe(&f->board));
}

static void
pace_data(struct tcp_conn *c, uint32_t len, uint64_t now_us)
{
	struct tcp_pace_path path = tcp_pace_path_of(c);

	tcp_pace_sent(&c->pace, &path, len, now_us);
	/* A burst may end before its time has come, where a timer was late. */
	c->pace.waits = c->pace.burst != 0 && tcp_has_data(c, &c->sent) &&
			tcp_flight_pipe(c) + c->mss <= c->cc.cwnd;
}

/* The first that is missing goes again: its ACK is waited for from now on (RFC 6582 3.2, step 3). */
static bool
begins_again(const struct tcp_conn *c, const struct tcp_out *o)
{
	return o->again && o->off == c->snd_una && c->rtx_wait == TCP_WAIT_ACK &&
	       c->loss == TCP_LOSS_RECOVERY && c->flight->partial_acks == 0;
}

static void
data_sent(struct tcp_conn *c, const struct tcp_out *o, uint64_t end, bool tail, uint64_t now_us)
{
	/* RFC 8985 7.2: what was out so far may be acknowledged late, no longer now. */
	bool second = c->rtx_wait == TCP_WAIT_TAIL &&
		      c->snd_max - c->snd_una < 2 * (uint32_t)c->mss;

	if (c->snd_una == c->snd_max)
		c->quiet_since_us = now_us;
	if (end > c->snd_max)
		c->snd_max = end;
	if (o->again)
		c->again_len -= (uint32_t)(end - o->off);
	if (c->tracked)
		flight_sent(c, c->flight, o, end, tail, now_us);
	else
		c->sent_again = o->rexmit;
	if (tail || second || begins_again(c, o))
		tcp_timer_restart(c, now_us);
	else
		tcp_timer_start(c, now_us);
}

void
tcp_sent(struct tcp_conn *c, const struct tcp_out *o, uint64_t now_us)
{
	uint64_t end = end_of(o);
	bool tail = (c->sent.owed & TCP_OWED_TAIL) != 0;

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
	if (!o->probe) {
		data_sent(c, o, end, tail, now_us);
		pace_data(c, o->len, now_us);
		return;
	}
	if (end > c->snd_max)
		c->snd_max = end;
	c->sent_again = true; /* which of the probes took it in, nobody knows */
	tcp_timer_persist(c, now_us);
}

void
tcp_plan_drop(struct tcp_conn *c)
{
	c->plan = c->sent;
	c->again_len = 0;
}
