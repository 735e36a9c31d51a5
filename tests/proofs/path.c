/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/path.c lib/tcp/conn.c */
/* flags: --unwind 2 -DTCP_RANGES_MAX=1 */
#include "conn_invariant.h"
#include "tcp/path.h"

static struct tcp_conn c;
static struct tcp_flight flight;
static struct tcp_params params;

static void
cc_resized(struct tcp_cc *cc, uint16_t mss)
{
	PROVE(mss > 0 && mss == c.mss);
	cc->cwnd = nondet_u32();
}

static const struct tcp_cc_ops any_ops = { .resized = cc_resized };

const struct tcp_cc_ops *const tcp_cc_all[TCP_CC_MAX] = { &any_ops, &any_ops };

static bool all_lost;

/* Stands for lib/tcp/loss.c, proved next to this. */
void
tcp_loss_all(struct tcp_conn *conn)
{
	all_lost = true;
	if (conn->flight == NULL)
		conn->sent.nxt = conn->plan.nxt = conn->snd_una;
	else if (!conn->tracked)
		flight_tracks(conn);
}

/* Any message: only what quotes a byte in flight does something, and segments only shrink. */
void
prove_too_big(void)
{
	struct tcp_conn any;
	struct tcp_params any_params;
	struct tcp_flight any_flight;
	uint32_t seq = nondet_u32(), mss, agreed;
	uint16_t mtu;
	bool quotes, cut_enough;

	ASSUME(any.state <= TCP_CLOSED && any.opts.cc < TCP_CC_MAX);
	flight = any_flight;
	any.flight = nondet_bool() ? &flight : NULL;
	ASSUME(sender_holds(&any) && any.snd_max - any.snd_una <= PROOF_WND_MAX + 1);
	ASSUME(any.mss_agreed > 0 && any.mss_agreed <= UINT16_MAX && any.mss <= any.mss_agreed);
	ASSUME(any.opts.mss_limit == 0 ?
		       any.mss == any.mss_agreed :
		       any.mss == any.mss_agreed || any.mss == any.opts.mss_limit);
	c = any;
	params = any_params;
	c.params = &params;
	mss = c.mss;
	agreed = c.mss_agreed;
	/* All that is out was sent again twice in this round trip. */
	cut_enough = c.flight != NULL && flight.cuts == 2 && flight.cut_end > c.snd_una;
	quotes = seq - tcp_seq_of(&c, c.snd_una) < c.snd_max - c.snd_una;
	if (tcp_path_too_big(&c, seq, mtu) != 0)
		PROVE(quotes && c.mss < mss &&
		      (all_lost || (cut_enough && c.sent.nxt == any.sent.nxt)));
	else
		PROVE(c.sent.nxt == any.sent.nxt && !all_lost);
	PROVE(sender_holds(&c) && c.mss <= mss && c.mss_agreed <= agreed);
	PROVE(c.mss_agreed == agreed || c.mss_agreed >= 576 - 52);
	PROVE(c.snd_una == any.snd_una && c.snd_max == any.snd_max);
}

/*
 * A connection ends only where its SYN is not acknowledged, by what quotes that; else only what quotes
 * a byte in flight is remembered.
 */
void
prove_unreachable(void)
{
	struct tcp_conn any;
	uint32_t seq = nondet_u32(), events;
	bool hard = nondet_bool(), quotes;

	ASSUME(any.state <= TCP_CLOSED);
	c = any;
	quotes = any.state <= TCP_SYN_RECEIVED ?
			 seq == any.iss :
			 seq - tcp_seq_of(&any, any.snd_una) < any.snd_max - any.snd_una;
	events = tcp_path_unreachable(&c, seq, hard);
	if (events != TCP_EV_CLOSED)
		PROVE(c.state == any.state && c.end == any.end);
	if (events == 0)
		PROVE(c.unreachable == any.unreachable);
	else if (events == TCP_EV_SOFT_ERROR)
		PROVE(quotes && any.state < TCP_TIME_WAIT && c.unreachable);
	else
		PROVE(hard && any.state <= TCP_SYN_RECEIVED && seq == any.iss &&
		      c.end == TCP_END_REFUSED);
}
