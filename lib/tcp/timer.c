/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/timer.h"

#include "tcp/loss.h"
#include "tcp/query.h"

enum { PERSIST_PROBES = 8 }; /* at least, before the user timeout */

/* When R2 is reached (RFC 9293 3.8.3). */
static uint64_t
give_up_at(const struct tcp_conn *c)
{
	return c->quiet_since_us +
	       (tcp_is_connecting(c) ? c->params->syn_timeout_us : c->opts.user_timeout_us);
}

static void
arm(struct tcp_conn *c, enum tcp_wait wait, uint64_t now_us, uint32_t in_us)
{
	uint64_t end = give_up_at(c);

	c->rtx_wait = (uint8_t)wait;
	c->rtx_at = now_us + in_us;
	if (end > now_us && end < c->rtx_at)
		c->rtx_at = end;
}

/* RFC 8985 7.2: nothing is missing, as far as is known, and no probe asks already. */
static bool
tail_may_ask(const struct tcp_conn *c)
{
	const struct tcp_flight *f = c->flight;

	if (!c->sack_on || c->loss != TCP_LOSS_NONE)
		return false;
	if (c->tracked)
		return !f->tlp.out && f->board.spans.sacked + f->board.spans.lost == 0;
	/* What waits behind it waits for a flight: there is none. */
	return !c->sent_again && c->sent.nxt == tcp_snd_lim(c);
}

void
tcp_timer_restart(struct tcp_conn *c, uint64_t now_us)
{
	uint32_t rto_us, tail_us;

	if (c->sent.nxt == c->snd_una && !tcp_is_connecting(c)) {
		c->rtx_at = TCP_NEVER;
		return;
	}
	rto_us = tcp_rtt_rto(&c->rtt, c->params);
	if (tcp_is_connecting(c)) {
		arm(c, TCP_WAIT_SYN_ACK, now_us, rto_us);
	} else if (tail_may_ask(c)) {
		tail_us = tcp_tlp_wait_us(c->rtt.srtt_us,
					  tcp_flight_pipe(c) < 2 * (uint32_t)c->mss);
		arm(c, TCP_WAIT_TAIL, now_us, tail_us < rto_us ? tail_us : rto_us);
	} else {
		arm(c, TCP_WAIT_ACK, now_us, rto_us);
	}
}

void
tcp_timer_heard(struct tcp_conn *c, uint32_t wait_us, bool advanced, uint64_t now_us)
{
	if (wait_us != UINT32_MAX) {
		arm(c, TCP_WAIT_REORDER, now_us, wait_us);
		return;
	}
	/* RFC 6582 3.2, step 3: without SACK each segment that is lost costs a round trip. */
	if (advanced && !c->sack_on && c->loss == TCP_LOSS_RECOVERY && c->flight->partial_acks > 1)
		return;
	/* A timeout is past, and was in vain: what it took to be lost is on its way, and asks itself. */
	if (c->rtx_at == TCP_NEVER && tcp_flight_pipe(c) > 0) {
		tcp_waive(c, TCP_OWED_PROBE);
		tcp_timer_restart(c, now_us);
	}
	/* What was waited for is over, or another matter. */
	if (advanced || c->rtx_wait == TCP_WAIT_TAIL || c->rtx_wait == TCP_WAIT_REORDER)
		tcp_timer_restart(c, now_us);
}

/*
 * Probes come often enough that R2 does not judge by one or two that were lost: as RFC 9293
 * 3.8.6.1 has it, a peer that answers keeps its connection.
 */
void
tcp_timer_persist(struct tcp_conn *c, uint64_t now_us)
{
	uint32_t in_us = tcp_rtt_backed_off(&c->rtt, c->params, c->rtt.probe_backoff);
	uint32_t max_us = c->opts.user_timeout_us / PERSIST_PROBES;

	if (max_us < c->rtt.rto_us) /* an answer takes that long */
		max_us = c->rtt.rto_us;
	arm(c, TCP_WAIT_WINDOW, now_us, in_us < max_us ? in_us : max_us);
}

/* The receiver took its window back, or never opened it: no sign of congestion. */
static void
persist_timeout(struct tcp_conn *c)
{
	tcp_loss_all(c);
	c->rtx_wait = TCP_WAIT_WINDOW;
	tcp_owe(c, TCP_OWED_PROBE);
	if (c->rtt.probe_backoff < UINT8_MAX)
		c->rtt.probe_backoff++;
}

/*
 * Has R2 passed? Not before something was sent again: a program that was stopped
 * for minutes must not find all its connections dead when it goes on.
 */
static bool
gives_up(const struct tcp_conn *c, uint64_t now_us)
{
	return now_us >= give_up_at(c) && (c->rtt.backoff > 0 || c->rtt.probe_backoff > 0);
}

/* The timeout is waited for from here on, whether the port takes the probe or not. */
static void
tail_asks(struct tcp_conn *c, uint64_t now_us)
{
	tcp_owe(c, TCP_OWED_TAIL);
	arm(c, TCP_WAIT_ACK, now_us, tcp_rtt_rto(&c->rtt, c->params));
}

static uint32_t
rtx_expired(struct tcp_conn *c, uint64_t now_us)
{
	c->rtx_at = TCP_NEVER; /* starts again when the segment is sent */
	if (gives_up(c, now_us)) {
		tcp_conn_closed(c, TCP_END_TIMEOUT);
		return TCP_EV_CLOSED;
	}
	switch ((enum tcp_wait)c->rtx_wait) {
	case TCP_WAIT_SYN_ACK:
		tcp_rtt_backoff(&c->rtt);
		c->syn_lost = true;
		tcp_owe(c, TCP_OWED_SYN);
		break;
	case TCP_WAIT_ACK:
		if (c->snd_wnd == 0 && c->snd_una < c->snd_end)
			persist_timeout(c);
		else
			tcp_loss_timeout(c);
		break;
	case TCP_WAIT_WINDOW:
		persist_timeout(c);
		break;
	case TCP_WAIT_TAIL:
		tail_asks(c, now_us);
		break;
	case TCP_WAIT_REORDER:
		tcp_timer_heard(c, tcp_loss_waited(c, now_us), false, now_us);
		break;
	}
	return TCP_EV_SEND;
}

void
tcp_keepalive(struct tcp_conn *c, uint64_t now_us)
{
	c->keep_sent = 0;
	tcp_waive(c, TCP_OWED_KEEPALIVE);
	c->keep_at = TCP_NEVER;
	if (c->opts.keep_idle_us != 0 && c->state != TCP_CLOSED && !c->orphan)
		c->keep_at = now_us + c->opts.keep_idle_us;
}

/*
 * A peer that says nothing, and that owes nothing: what is unacknowledged, and a closed window,
 * have timers that ask as well. One that was heard of has its time anew; so has one that nobody
 * could hear, as the program was stopped: it is given up for unanswered probes only.
 */
static uint32_t
keepalive_expired(struct tcp_conn *c, uint64_t now_us)
{
	const struct tcp_opts *o = &c->opts;

	if (c->heard_us >= c->keep_probe_us)
		c->keep_sent = 0;
	c->keep_at = c->heard_us + o->keep_idle_us;
	if (c->snd_una < tcp_snd_lim(c)) {
		c->keep_sent = 0;
		c->keep_at = now_us + o->keep_idle_us;
		return 0;
	}
	if (c->keep_sent == 0 && c->keep_at > now_us)
		return 0;
	/* The port did not take the last one: nobody could answer it. */
	if (tcp_owes(c, TCP_OWED_KEEPALIVE)) {
		c->keep_at = now_us + o->keep_every_us;
		return TCP_EV_SEND;
	}
	if (c->keep_sent >= o->keep_probes) {
		tcp_conn_closed(c, TCP_END_TIMEOUT);
		return TCP_EV_CLOSED;
	}
	c->keep_sent++;
	tcp_owe(c, TCP_OWED_KEEPALIVE);
	c->keep_probe_us = now_us;
	c->keep_at = now_us + o->keep_every_us;
	return TCP_EV_SEND;
}

uint32_t
tcp_timer(struct tcp_conn *c, uint64_t now_us)
{
	uint32_t events = 0;

	if (now_us >= c->linger_at) {
		tcp_conn_closed(c, TCP_END_NORMAL);
		return TCP_EV_CLOSED;
	}
	if (now_us >= c->delack_at) {
		c->delack_at = TCP_NEVER;
		tcp_owe(c, TCP_OWED_ACK);
		events |= TCP_EV_SEND;
	}
	if (c->pace.waits && now_us >= tcp_pace_due_us(&c->pace)) {
		c->pace.waits = false;
		events |= TCP_EV_SEND;
	}
	if (now_us >= c->rtx_at)
		events |= rtx_expired(c, now_us);
	if (now_us >= c->keep_at)
		events |= keepalive_expired(c, now_us);
	return events;
}
