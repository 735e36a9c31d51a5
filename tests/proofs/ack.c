/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/ack.c */
/* flags: --unwind 3 -DTCP_RANGES_MAX=1 */
#include "conn_invariant.h"
#include "tcp/ack.h"
#include "tcp/timer.h"

static struct tcp_conn c;
static struct tcp_params params;
static uint64_t old_una;

static void
any_cwnd(struct tcp_cc *cc)
{
	cc->cwnd = nondet_u32();
	cc->ssthresh = nondet_u32();
}

static void
cc_acked(struct tcp_cc *cc, uint32_t acked_len)
{
	PROVE(acked_len > 0 && acked_len == c.snd_una - old_una);
	any_cwnd(cc);
}

static void
cc_len(struct tcp_cc *cc, uint64_t len)
{
	PROVE(len <= PROOF_WND_MAX + 1);
	any_cwnd(cc);
}

static const struct tcp_cc_ops any_ops = {
	.acked = cc_acked,
	.lost = cc_len,
	.dup_acked = any_cwnd,
	.partial = cc_len,
	.recovered = cc_len,
};

/* Stand for lib/tcp/rtt.c and timer.c, which change nothing that is spoken of here. */
void
tcp_rtt_sample(struct tcp_rtt *r, const struct tcp_params *p, uint64_t rtt_us)
{
}

void
tcp_timer_restart(struct tcp_conn *conn, uint64_t now_us)
{
	conn->rtx_at = nondet_u64();
}

/* Any segment whose ACK tcp_input lets through: what is acknowledged only grows, up to what was sent. */
void
prove_input(void)
{
	struct tcp_conn any;
	struct tcp_seg seg;
	int64_t ack = nondet_i64();
	uint64_t max = any.snd_max;
	uint32_t events;

	/* No more is in flight than the largest window, and the probe or FIN behind it. */
	ASSUME(sender_holds(&any) && any.snd_max - any.snd_una <= PROOF_WND_MAX + 1);
	ASSUME(ack <= (int64_t)any.snd_max && ack >= (int64_t)any.snd_una - (int64_t)any.max_wnd);
	c = any;
	old_una = any.snd_una;
	c.params = &params;
	params.cc = &any_ops;
	events = tcp_ack_input(&c, &seg, nondet_i64(), ack, nondet_u64());
	PROVE(sender_holds(&c));
	PROVE(c.snd_max == max && c.snd_una == (ack > (int64_t)old_una ? (uint64_t)ack : old_una));
	PROVE(((events & TCP_EV_ACKED) != 0) == (c.snd_una > old_una));
}
