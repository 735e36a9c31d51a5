/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What is answered of segments that bring nothing, and how often. */
#include <stdio.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

/* At most one challenge ACK in challenge_us per connection; old data is answered all the same. */
static void
test_challenge_limit(void)
{
	struct tcp_conn c;
	struct tcp_seg syn;
	struct tcp_out o;
	uint32_t sent = 0;

	fx_established(&c, NULL);
	syn = fx_seg(&c, TCP_SYN, 100, 0, 0);
	for (uint64_t t = FX_T0; t < FX_T0 + 2000000; t += 10000) {
		fx_input(&c, &syn, t);
		sent += fx_send_all(&c, t, 9, &o);
	}
	CU_ASSERT_EQUAL(sent, 4); /* 2 s, one per 500 ms */
	fx_data(&c, -500, 500, FX_T0 + 1990000);
	CU_ASSERT_EQUAL(fx_send_all(&c, FX_T0 + 1990000, 9, &o), 1);
}

/* Two connections in one process cannot tell of each other by that limit (CVE-2016-5696). */
static void
test_challenge_is_private(void)
{
	struct tcp_conn a;
	struct tcp_conn b;
	struct tcp_seg syn;

	fx_established(&a, NULL);
	fx_established(&b, NULL);
	syn = fx_seg(&a, TCP_SYN, 100, 0, 0);
	fx_input(&a, &syn, FX_T0);
	fx_input(&b, &syn, FX_T0);
	CU_ASSERT_TRUE(tcp_owes(&a, TCP_OWED_ACK));
	CU_ASSERT_TRUE(tcp_owes(&b, TCP_OWED_ACK));
}

/* Which segments a peer that missed an ACK may send: these are answered whatever others do. */
struct junk_row {
	const char *what;
	uint8_t flags;
	int64_t seq;
	int64_t ack;
	uint32_t len;
	int32_t ts;
	bool honest;
};

/* 100000 bytes are in order in a window of 60000; 500 bytes of ours are acknowledged. */
static const struct junk_row junk_rows[] = {
	{ "keep-alive", TCP_ACK, 99999, 500, 0, 1, true },
	{ "keep-alive with a byte", TCP_ACK, 99999, 500, 1, 1, true },
	{ "data again", TCP_ACK, 99000, 500, 1000, 1, true },
	{ "some of it", TCP_ACK, 98000, 500, 1000, 1, true },
	{ "all that it may hold", TCP_ACK, 39999, 500, 1, 1, true },
	{ "behind the window's edge", TCP_ACK, 160000, 500, 1, 1, true }, /* a window probe */
	{ "a FIN that is old", TCP_FIN | TCP_ACK, 99000, 500, 10, 1, true },
	{ "before all that it may hold", TCP_ACK, 39998, 500, 1, 1, false },
	{ "far before", TCP_ACK, -1000000000, 500, 1000, 1, false },
	{ "a bare ACK that is old", TCP_ACK, 99998, 500, 0, 1, false },
	{ "behind the window", TCP_ACK, 160001, 500, 1000, 1, false },
	{ "a bare ACK behind the window", TCP_ACK, 160001, 500, 0, 1, false },
	{ "a FIN behind the window", TCP_FIN | TCP_ACK, 160001, 500, 0, 1, false },
	{ "data, older timestamp", TCP_ACK, 100000, 500, 1000, -1, false },
	{ "old data, older timestamp", TCP_ACK, 99000, 500, 1000, -1, false },
	{ "a FIN, older timestamp", TCP_FIN | TCP_ACK, 100000, 500, 0, -1, false },
	{ "acknowledges the future", TCP_ACK, 100000, 501, 1000, 1, false },
	{ "SYN", TCP_SYN, 100000, 0, 0, 1, false },
	{ "SYN ACK", TCP_SYN | TCP_ACK, -1, 0, 0, 1, false }, /* too late for an honest one */
	{ "RST in the window", TCP_RST, 100001, 0, 0, 1, false },
};

static void
junk_conn(struct tcp_conn *c)
{
	struct fx_conf conf = { .ts = true, .iss = UINT32_MAX - 7, .irs = UINT32_MAX - 70000 };
	struct tcp_out o;

	fx_established(c, &conf);
	tcp_send_ready(c, 500);
	fx_send_all(c, FX_T0, 9, &o);
	fx_ack(c, 500, FX_WND, FX_T0);
	while (c->rcv_nxt < 100000) {
		fx_data(c, (int64_t)c->rcv_nxt, 1000, FX_T0);
		tcp_rcv_room(c, FX_ROOM);
		fx_send_all(c, FX_T0, 9, &o);
	}
	tcp_owe(c, TCP_OWED_ACK);
	fx_send_all(c, FX_T0, 9, &o);
	CU_ASSERT_EQUAL_FATAL(c->rcv_adv, 160000);
}

/*
 * A flood of each for a second. Of junk all but what tcp_challenge allows is dropped, and without
 * that nothing is sent; what is honest is answered ten times at once, and else at most as often.
 */
static void
test_junk(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(junk_rows); i++) {
		const struct junk_row *row = &junk_rows[i];
		uint32_t at_once = 0, late = 0, challenges = 0;
		struct tcp_conn c;
		struct tcp_out o;

		junk_conn(&c);
		for (uint64_t us = 0; us < 1000000; us += 250) {
			struct tcp_seg seg = fx_seg(&c, row->flags, row->seq, row->ack, row->len);
			struct tcp_verdict v;

			seg.ts_val = c.ts_recent + (uint32_t)row->ts * (us == 0 || row->ts < 0);
			v = fx_take(&c, &seg, FX_T0 + 1000000 + us);
			CU_ASSERT_EQUAL(v.keep, 0);
			CU_ASSERT_EQUAL(c.rcv_nxt, 100000);
			challenges += (v.events & TCP_EV_CHALLENGE) != 0;
			at_once += fx_send_all(&c, FX_T0 + 1000000 + us, 9, &o);
			if (tcp_deadline(&c) > FX_T0 + 1000000 + us)
				continue;
			tcp_timer(&c, FX_T0 + 1000000 + us);
			late += fx_send_all(&c, FX_T0 + 1000000 + us, 9, &o);
		}
		CU_ASSERT_EQUAL(challenges, row->honest ? 0 : 4000);
		CU_ASSERT_EQUAL(at_once, row->honest ? 10 : 0);
		CU_ASSERT(late <= (row->honest ? 10 : 0));
		if ((challenges == 0) != row->honest || (at_once == 10) != row->honest)
			printf("# %s: %u challenges, %u and %u ACKs\n", row->what, challenges,
			       at_once, late);
		CU_ASSERT_PTR_NULL(tcp_check(&c));
	}
}

/* The peer's second try falls into a flood of the same: it is answered, at the end of 100 ms. */
static void
test_late_answer(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	junk_conn(&c);
	fx_data(&c, 99000, 1000, FX_T0 + 1000000);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 1000000, &o));
	fx_data(&c, 99000, 1000, FX_T0 + 1000001);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + 1000001, &o));
	CU_ASSERT_EQUAL(tcp_deadline(&c), FX_T0 + 1100000);
	/* What comes in order meanwhile does not wait for that. */
	fx_data(&c, 100000, 10, FX_T0 + 1010000);
	CU_ASSERT_EQUAL(tcp_deadline(&c), FX_T0 + 1050000);
	fx_data(&c, 99000, 1000, FX_T0 + 1020000);
	CU_ASSERT_EQUAL(tcp_deadline(&c), FX_T0 + 1050000);
	tcp_timer(&c, FX_T0 + 1050000);
	CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 1050000, &o));
	CU_ASSERT_EQUAL(o.seg.ack, c.irs + 1 + 100010);
	CU_ASSERT_FALSE(fx_send(&c, FX_T0 + 1050000, &o));
	CU_ASSERT_EQUAL(tcp_deadline(&c), TCP_NEVER);
	/* Each segment out of order has its duplicate ACK, at once: the sender counts them. */
	for (uint32_t i = 0; i < 4; i++) {
		fx_data(&c, 102000 + i * 1000, 1000, FX_T0 + 1050001);
		CU_ASSERT_TRUE(fx_send(&c, FX_T0 + 1050001, &o));
		CU_ASSERT_TRUE(o.dup_ack);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "challenge ACKs are few", test_challenge_limit },
		{ "challenge ACKs are counted per connection", test_challenge_is_private },
		{ "junk, and what a peer repeats", test_junk },
		{ "an answer that comes late", test_late_answer },
	};

	return harness_run("tcp/junk", cases, HARNESS_COUNT(cases));
}
