/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/open.c lib/tcp/conn.c lib/tcp/timer.c */
/* flags: --unwind 2 -DTCP_RANGES_MAX=1 */
#include "conn_invariant.h"
#include "tcp/ack.h"
#include "tcp/open.h"

static struct tcp_params params;
static struct tcp_conn c;

static void
cc_init(struct tcp_cc *cc, uint16_t mss, bool syn_lost)
{
	PROVE(mss > 0 && mss == c.mss);
}

static void
cc_resized(struct tcp_cc *cc, uint16_t mss)
{
	PROVE(mss > 0);
}

static const struct tcp_cc_ops any_ops = { .init = cc_init, .resized = cc_resized };

const struct tcp_cc_ops *const tcp_cc_all[TCP_CC_MAX] = { &any_ops, &any_ops };

/* Stand for lib/tcp/rtt.c and ack.c, which change nothing that is spoken of here. */
void
tcp_rtt_init(struct tcp_rtt *r, const struct tcp_params *p)
{
}

void
tcp_rtt_sample(struct tcp_rtt *r, const struct tcp_params *p, uint64_t rtt_us)
{
}

void
tcp_rtt_syn_lost(struct tcp_rtt *r, const struct tcp_params *p)
{
}

bool
tcp_ack_echo(const struct tcp_conn *conn, const struct tcp_seg *seg, uint64_t now_us,
	     uint64_t *rtt_us)
{
	return nondet_bool();
}

/* An MSS of ours or of the floor that holds more than options; the rest is any. */
static void
any_params(void)
{
	struct tcp_params any;
	struct tcp_opts any_opts;

	ASSUME(any.mss_floor > TCP_TS_OPT_LEN && any.wscale <= TCP_WSCALE_MAX);
	params = any;
	ASSUME(any_opts.cc < TCP_CC_MAX);
	c.opts = any_opts;
}

static uint16_t
any_mss(void)
{
	uint16_t mss = nondet_u16();

	ASSUME(mss > TCP_TS_OPT_LEN);
	return mss;
}

/* Any SYN, then any ACK that completes it: the connection begins with both invariants. */
void
prove_accept(void)
{
	struct tcp_seg syn, ack;
	struct tcp_syn s;

	any_params();
	ASSUME(syn.wscale <= TCP_WSCALE_MAX);
	if (!tcp_syn_input(&s, &params, &syn, nondet_u32(), nondet_u32(), any_mss(), nondet_u32(),
			   nondet_u64()))
		return;
	if (tcp_syn_step(&s, &params, &ack, nondet_u64()) != TCP_SYN_COMPLETE)
		return;
	tcp_conn_accept(&c, &params, &s, &ack, nondet_u32(), nondet_u64());
	PROVE(receiver_holds(&c, NULL) && sender_holds(&c));
	PROVE(c.irs == syn.seq && ack.ack == tcp_seq_of(&c, 0));
}

/* A connect, what its owner has to send meanwhile, its SYN sent. */
static void
any_connect(void)
{
	any_params();
	tcp_conn_connect(&c, &params, nondet_u16(), nondet_u16(), nondet_u32(), nondet_u32(),
			 any_mss(), nondet_u32(), nondet_u64());
	c.snd_end = nondet_u64();
	ASSUME(c.snd_end < PROOF_OFF_MAX);
	if (nondet_bool())
		c.fin_queued = true;
	c.rcv_adv = nondet_u16();
}

/* Then any SYN-ACK. */
void
prove_established(void)
{
	struct tcp_seg syn_ack;

	any_connect();
	ASSUME(syn_ack.wscale <= TCP_WSCALE_MAX && (syn_ack.flags & TCP_SYN) != 0);
	tcp_conn_established(&c, &syn_ack, nondet_u64());
	PROVE(receiver_holds(&c, NULL) && sender_holds(&c));
	PROVE(c.state == (c.fin_queued ? TCP_FIN_WAIT_1 : TCP_ESTABLISHED));
	PROVE(c.irs == syn_ack.seq);
}

/* Or any SYN, and then any segment that acknowledges ours. */
void
prove_crossed(void)
{
	struct tcp_seg syn, ack;

	any_connect();
	ASSUME(syn.wscale <= TCP_WSCALE_MAX && ack.wscale <= TCP_WSCALE_MAX);
	tcp_conn_crossed(&c, &syn);
	PROVE(c.state == TCP_SYN_RECEIVED && c.irs == syn.seq);
	PROVE(receiver_holds(&c, NULL));
	tcp_conn_established(&c, &ack, nondet_u64());
	PROVE(receiver_holds(&c, NULL) && sender_holds(&c));
	PROVE(c.irs == ((ack.flags & TCP_SYN) != 0 ? ack.seq : syn.seq));
}
