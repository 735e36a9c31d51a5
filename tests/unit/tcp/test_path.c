/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"
#include "tcp/path.h"
#include "tcp/query.h"

/* 10 segments of 1,000 bytes are in flight, at offsets 5000 to 14999; 1 to 3 retransmissions. */
static void
in_flight(struct tcp_conn *c, bool ts)
{
	struct fx_conf conf = { .ts = ts, .iss = UINT32_MAX - 9000 };
	struct tcp_out o;

	fx_established(c, &conf);
	c->cc.cwnd = 10000;
	tcp_send_ready(c, 5000);
	fx_send_all(c, FX_T0, 99, &o);
	fx_ack(c, 5000, FX_WND, FX_T0 + 50000);
	c->cc.cwnd = 10000;
	tcp_send_ready(c, 40000);
	fx_send_all(c, FX_T0 + 50000, 99, &o);
}

/* What is in flight is cut again, all of it, and sent before anything else. */
static void
test_too_big(void)
{
	for (int ts = 0; ts < 2; ts++) {
		uint32_t mss = 600 - 40 - (ts ? 12 : 0);
		struct tcp_conn c;
		struct tcp_out o;
		uint64_t max, rto_us;

		in_flight(&c, ts);
		max = c.snd_max;
		rto_us = tcp_rtt_rto(&c.rtt, c.params);
		CU_ASSERT_EQUAL(tcp_path_too_big(&c, tcp_seq_of(&c, 7000), 600), TCP_EV_SEND);
		CU_ASSERT_EQUAL(c.mss, mss);
		for (uint64_t off = 5000; off + mss <= max; off += mss) {
			if (off + mss > c.snd_una + c.cc.cwnd)
				break;
			CU_ASSERT_TRUE_FATAL(fx_send(&c, FX_T0 + 60000, &o));
			CU_ASSERT_EQUAL(o.off, off);
			CU_ASSERT_EQUAL(o.len, mss);
			CU_ASSERT_TRUE(o.rexmit);
		}
		/* Nobody said that the network is full: as many segments as before, and no backoff. */
		CU_ASSERT(c.cc.cwnd / mss >= 9);
		CU_ASSERT_EQUAL(c.cc.ssthresh, UINT32_MAX);
		CU_ASSERT_EQUAL(tcp_rtt_rto(&c.rtt, c.params), rto_us);
		CU_ASSERT_EQUAL(c.rtx_at, FX_T0 + 60000 + rto_us);
		/* Copies of what arrived draw duplicate ACKs, which mean nothing. */
		for (int i = 0; i < 5; i++)
			fx_ack(&c, 5000, FX_WND, FX_T0 + 100000);
		CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
		fx_ack(&c, max, FX_WND, FX_T0 + 110000);
		CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 110000, &o));
		CU_ASSERT_EQUAL(o.off, max);
		CU_ASSERT_EQUAL(o.len, mss);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
	}
}

/* Sends what may go; segments that had been sent before. */
static uint32_t
sent_again(struct tcp_conn *c, uint64_t now_us)
{
	struct tcp_out o;
	uint32_t n = 0;

	while (fx_send(c, now_us, &o))
		n += o.rexmit && o.len > 0 ? tcp_segments(c, o.len) : 0;
	return n;
}

/* 400 messages, each of which takes a byte less: they cost two windows, and no more until an ACK. */
static void
test_by_little(void)
{
	uint32_t n = 0;
	struct tcp_conn c;

	in_flight(&c, false);
	for (uint16_t mtu = 1039; mtu >= 640; mtu--) {
		CU_ASSERT_EQUAL(tcp_path_too_big(&c, tcp_seq_of(&c, 5000), mtu), TCP_EV_SEND);
		CU_ASSERT_EQUAL(c.mss, mtu - 40);
		n += sent_again(&c, FX_T0 + 60000 + mtu);
	}
	CU_ASSERT(n >= 9 && n <= 2 * 11);
	CU_ASSERT_PTR_NULL(tcp_check(&c));
	/* What did not fit is sent again by the timer, as short as was said. */
	CU_ASSERT_NOT_EQUAL_FATAL(c.rtx_at, TCP_NEVER);
	while (c.loss != TCP_LOSS_TIMEOUT)
		CU_ASSERT_NOT_EQUAL_FATAL(tcp_timer(&c, c.rtx_at) & TCP_EV_SEND, 0);
	CU_ASSERT(sent_again(&c, FX_T0 + 9000000) >= 1);
	/* A path that changes later is followed at once. */
	fx_ack(&c, c.snd_max, FX_WND, FX_T0 + 9100000);
	sent_again(&c, FX_T0 + 9100000);
	CU_ASSERT_EQUAL(tcp_path_too_big(&c, tcp_seq_of(&c, c.snd_una), 600), TCP_EV_SEND);
	CU_ASSERT(sent_again(&c, FX_T0 + 9100001) >= 1);
	CU_ASSERT_PTR_NULL(tcp_check(&c));
}

/* Forged, late, or no news: nothing moves. */
static void
test_too_big_refused(void)
{
	static const struct {
		int64_t off;
		uint16_t mtu;
		bool counts;
	} rows[] = {
		{ 5000, 600, true },      { 14999, 600, true },  { 5001, 1039, true },
		{ 4999, 600, false },     { 15000, 600, false }, { 0, 600, false },
		{ -1000000, 600, false }, { 40000, 600, false }, { INT32_MAX, 600, false },
		{ 7000, 1040, false },    { 7000, 1500, false }, { 7000, 65535, false },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_conn c, was;

		in_flight(&c, false);
		was = c;
		CU_ASSERT_EQUAL(tcp_path_too_big(&c, tcp_seq_of(&c, (uint64_t)rows[i].off),
						 rows[i].mtu) != 0,
				rows[i].counts);
		CU_ASSERT_EQUAL(memcmp(&c, &was, sizeof(c)) != 0, rows[i].counts);
	}
}

/* Never below 576, never up, and the same again is no news. */
static void
test_floor(void)
{
	struct tcp_conn c;

	in_flight(&c, false);
	CU_ASSERT_EQUAL(tcp_path_too_big(&c, tcp_seq_of(&c, 6000), 68), TCP_EV_SEND);
	CU_ASSERT_EQUAL(c.mss, 536);
	CU_ASSERT_EQUAL(tcp_path_too_big(&c, tcp_seq_of(&c, 6000), 68), 0);
	CU_ASSERT_EQUAL(tcp_path_too_big(&c, tcp_seq_of(&c, 6000), 576), 0);
	CU_ASSERT_EQUAL(tcp_path_too_big(&c, tcp_seq_of(&c, 6000), 1000), 0);
	CU_ASSERT_EQUAL(c.mss, 536);
	/* A peer that takes less still gets less. */
	fx_established(&c, &(struct fx_conf){ .mss = 300 });
	tcp_path_limit(&c, 576);
	CU_ASSERT_EQUAL(c.mss, 300);
	/* Known before: the first segment is short, and nothing is sent again. */
	fx_established(&c, NULL);
	tcp_path_limit(&c, 700);
	CU_ASSERT_EQUAL(c.mss, 660);
	CU_ASSERT_EQUAL(c.cc.cwnd, 6600);
}

/* In every state but these segments are in flight, and a FIN is one. */
static void
test_states(void)
{
	for (int s = TCP_SYN_SENT; s <= TCP_CLOSED; s++) {
		bool has_flight = s == TCP_FIN_WAIT_1 || s == TCP_CLOSING || s == TCP_LAST_ACK;
		struct tcp_conn c;
		enum tcp_state state = (enum tcp_state)s;

		fx_state(&c, state, NULL);
		CU_ASSERT_EQUAL(tcp_path_too_big(&c, tcp_seq_of(&c, c.snd_una), 600) != 0,
				has_flight);
		CU_ASSERT_EQUAL(c.state, state);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
	}
}

/* Recovery ends with it: its retransmission was of a segment that did not fit. */
static void
test_in_recovery(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	in_flight(&c, false);
	for (int i = 0; i < 3; i++)
		fx_ack(&c, 5000, FX_WND, FX_T0 + 60000);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_RECOVERY);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 60000, &o));
	CU_ASSERT_EQUAL(tcp_path_too_big(&c, tcp_seq_of(&c, 5000), 600), TCP_EV_SEND);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 60001, &o));
	CU_ASSERT_EQUAL(o.off, 5000);
	CU_ASSERT_EQUAL(o.len, 560);
	CU_ASSERT_TRUE(o.again);
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_NONE);
	CU_ASSERT_PTR_NULL(tcp_check(&c));
}

/* Where our SYN is not acknowledged: what quotes it counts, once it is out. */
static void
test_unreachable(void)
{
	for (int crossed = 0; crossed < 2; crossed++)
		for (int hard = 0; hard < 2; hard++) {
			enum tcp_state state = crossed ? TCP_SYN_RECEIVED : TCP_SYN_SENT;
			struct tcp_conn c;
			struct tcp_out o;

			fx_state(&c, state, &(struct fx_conf){ .iss = 700 });
			if (!crossed) {
				/* Our SYN is not out yet: nobody can quote it. */
				CU_ASSERT_EQUAL(tcp_path_unreachable(&c, 700, hard), 0);
				CU_ASSERT_TRUE(fx_send(&c, FX_T0, &o));
			}
			CU_ASSERT_EQUAL(tcp_path_unreachable(&c, 699, hard), 0);
			CU_ASSERT_EQUAL(tcp_path_unreachable(&c, 701, hard), 0);
			CU_ASSERT_EQUAL(tcp_path_unreachable(&c, 0, hard), 0);
			CU_ASSERT_FALSE(c.unreachable);
			CU_ASSERT_EQUAL(c.state, state);
			CU_ASSERT_EQUAL(tcp_path_unreachable(&c, 700, hard),
					hard ? TCP_EV_CLOSED : TCP_EV_SOFT_ERROR);
			CU_ASSERT_EQUAL(c.state, hard ? TCP_CLOSED : state);
			CU_ASSERT_EQUAL(c.end, hard ? TCP_END_REFUSED : TCP_END_NONE);
			CU_ASSERT_EQUAL(c.unreachable, !hard);
		}
}

/* A connection that is there does not end for it (RFC 5461 4); what is in flight may be quoted. */
static void
test_soft(void)
{
	for (int s = TCP_ESTABLISHED; s <= TCP_CLOSED; s++)
		for (int hard = 0; hard < 2; hard++) {
			bool fin = s == TCP_FIN_WAIT_1 || s == TCP_CLOSING || s == TCP_LAST_ACK;
			struct tcp_conn c;

			fx_state(&c, (enum tcp_state)s, &(struct fx_conf){ .iss = 700 });
			CU_ASSERT_EQUAL(tcp_path_unreachable(&c, 700, hard), 0);
			CU_ASSERT_EQUAL(tcp_path_unreachable(&c, 702, hard), 0);
			CU_ASSERT_FALSE(c.unreachable);
			CU_ASSERT_EQUAL(tcp_path_unreachable(&c, 701, hard),
					fin ? TCP_EV_SOFT_ERROR : 0);
			CU_ASSERT_EQUAL(c.unreachable, fin);
			CU_ASSERT_EQUAL(c.state, s);
			CU_ASSERT_PTR_NULL(tcp_check(&c));
		}
}

/* What is acknowledged behind it got through: later silence has another reason. */
static void
test_soft_is_over(void)
{
	struct tcp_conn c;

	in_flight(&c, false);
	CU_ASSERT_EQUAL(tcp_path_unreachable(&c, tcp_seq_of(&c, c.snd_una) - 1, false), 0);
	CU_ASSERT_EQUAL(tcp_path_unreachable(&c, tcp_seq_of(&c, c.snd_max), false), 0);
	CU_ASSERT_EQUAL(tcp_path_unreachable(&c, tcp_seq_of(&c, c.snd_max - 1), false),
			TCP_EV_SOFT_ERROR);
	CU_ASSERT_TRUE(tcp_was_unreachable(&c));
	fx_ack(&c, c.snd_una, FX_WND, FX_T0 + 60000);
	CU_ASSERT_TRUE(tcp_was_unreachable(&c));
	fx_ack(&c, c.snd_una + 1, FX_WND, FX_T0 + 60000);
	CU_ASSERT_FALSE(tcp_was_unreachable(&c));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a packet was too big", test_too_big },
		{ "less by little", test_by_little },
		{ "not in flight, or no news", test_too_big_refused },
		{ "576 and no less", test_floor },
		{ "each state", test_states },
		{ "in recovery", test_in_recovery },
		{ "unreachable, while it is being opened", test_unreachable },
		{ "soft errors, each state", test_soft },
		{ "a soft error is over", test_soft_is_over },
	};

	return harness_run("tcp/path", cases, HARNESS_COUNT(cases));
}
