/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/path.c lib/tcp/conn.c lib/tcp/timer.c */
/* flags: --unwind 2 -DTCP_RANGES_MAX=1 */
#include "conn_invariant.h"
#include "tcp/path.h"

static struct tcp_conn c;
static struct tcp_params params;

static void
cc_resized(struct tcp_cc *cc, uint16_t mss)
{
	PROVE(mss > 0 && mss == c.mss);
	cc->cwnd = nondet_u32();
}

static const struct tcp_cc_ops any_ops = { .resized = cc_resized };

/* Stand for lib/tcp/rtt.c, which is not called here. */
uint32_t
tcp_rtt_rto(const struct tcp_rtt *r, const struct tcp_params *p)
{
	return nondet_u32();
}

uint32_t
tcp_rtt_backed_off(const struct tcp_rtt *r, const struct tcp_params *p, uint8_t backoff)
{
	return nondet_u32();
}

void
tcp_rtt_backoff(struct tcp_rtt *r)
{
}

/* Any message: only what quotes a byte in flight does something, and segments only shrink. */
void
prove_too_big(void)
{
	struct tcp_conn any;
	struct tcp_params any_params;
	uint32_t seq = nondet_u32(), mss, agreed;
	uint16_t mtu;
	bool quotes;

	ASSUME(any.state <= TCP_CLOSED);
	ASSUME(sender_holds(&any) && any.snd_max - any.snd_una <= PROOF_WND_MAX + 1);
	ASSUME(any.mss_agreed > 0 && any.mss_agreed <= UINT16_MAX && any.mss <= any.mss_agreed);
	ASSUME(any.opts.mss_limit == 0 ?
		       any.mss == any.mss_agreed :
		       any.mss == any.mss_agreed || any.mss == any.opts.mss_limit);
	c = any;
	params = any_params;
	c.params = &params;
	params.cc = &any_ops;
	mss = c.mss;
	agreed = c.mss_agreed;
	quotes = seq - tcp_seq_of(&c, c.snd_una) < c.snd_max - c.snd_una;
	if (tcp_path_too_big(&c, seq, mtu) != 0)
		PROVE(quotes && c.mss < mss && c.sent.nxt == c.snd_una);
	else
		PROVE(c.sent.nxt == any.sent.nxt);
	PROVE(sender_holds(&c) && c.mss <= mss && c.mss_agreed <= agreed);
	PROVE(c.mss_agreed == agreed || c.mss_agreed >= 576 - 52);
	PROVE(c.snd_una == any.snd_una && c.snd_max == any.snd_max);
}

/* A connection ends only in SYN-SENT, by what quotes its very SYN. */
void
prove_unreachable(void)
{
	struct tcp_conn any;
	uint32_t seq = nondet_u32();
	bool hard = nondet_bool();

	c = any;
	if (tcp_path_unreachable(&c, seq, hard) == 0)
		PROVE(c.state == any.state && c.end == any.end);
	else
		PROVE(hard && any.state == TCP_SYN_SENT && seq == any.iss &&
		      c.end == TCP_END_REFUSED);
}
