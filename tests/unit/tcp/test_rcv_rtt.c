/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The round trip by what comes in, as a value and of a connection that only receives. */
#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"
#include "tcp/query.h"

enum { MS = 1000 };

/* What an echo says, one after the other, and what is known then. */
static const struct {
	uint64_t age_us;
	uint32_t want_us;
} echoes[] = {
	{ 0, 0 },               /* the clock did not move */
	{ 1 * MS, 0 },          /* or hardly: it may be any time below */
	{ 101 * MS, 100 * MS }, /* a millisecond is the clock's */
	{ 100 * MS, 99 * MS },  /* less: at once */
	{ 180 * MS, 109 * MS }, /* more: an eighth of it, (179 - 99) / 8 */
	{ 51 * MS, 50 * MS },
	{ UINT64_C(300000001), 50 * MS }, /* no round trip */
	{ UINT64_C(1) << 40, 50 * MS },
	{ 0, 50 * MS },
};

static void
test_echoes(void)
{
	struct tcp_rcv_rtt r = { 0 };

	for (size_t i = 0; i < HARNESS_COUNT(echoes); i++) {
		tcp_rcv_rtt_echoed(&r, echoes[i].age_us);
		CU_ASSERT_EQUAL(r.rtt_us, echoes[i].want_us);
	}
}

/* What comes from behind the edge: the least counts, over the wrap of offsets and of the clock. */
static void
test_windows(void)
{
	uint64_t now_us = UINT32_MAX - 150 * MS, edge = UINT32_MAX - 100;
	struct tcp_rcv_rtt r = { 0 };

	CU_ASSERT_FALSE(tcp_rcv_rtt_is_due(&r, 0));
	CU_ASSERT_TRUE(tcp_rcv_rtt_is_due(&r, 1));
	tcp_rcv_rtt_window(&r, now_us);
	CU_ASSERT_EQUAL(r.rtt_us, 0); /* it did not begin before */
	tcp_rcv_rtt_next(&r, edge, now_us);
	CU_ASSERT_FALSE(tcp_rcv_rtt_is_due(&r, edge - 60000));
	CU_ASSERT_FALSE(tcp_rcv_rtt_is_due(&r, edge));
	CU_ASSERT_TRUE(tcp_rcv_rtt_is_due(&r, edge + 1));
	tcp_rcv_rtt_window(&r, now_us);
	CU_ASSERT_EQUAL(r.rtt_us, 0); /* in no time: that is none */
	tcp_rcv_rtt_window(&r, now_us + 200 * MS);
	CU_ASSERT_EQUAL(r.rtt_us, 200 * MS);
	tcp_rcv_rtt_next(&r, edge + 60000, now_us + 200 * MS);
	CU_ASSERT_FALSE(tcp_rcv_rtt_is_due(&r, edge + 1000));
	CU_ASSERT_TRUE(tcp_rcv_rtt_is_due(&r, edge + 60001));
	tcp_rcv_rtt_window(&r, now_us + 500 * MS);
	CU_ASSERT_EQUAL(r.rtt_us, 200 * MS);
	tcp_rcv_rtt_window(&r, now_us + 290 * MS);
	CU_ASSERT_EQUAL(r.rtt_us, 90 * MS);
	tcp_rcv_rtt_window(&r, now_us + 1000000 * MS);
	CU_ASSERT_EQUAL(r.rtt_us, 90 * MS);
}

/* Next in order, n segments; it echoes what was said at said_us. */
static void
come(struct tcp_conn *c, uint32_t n, uint64_t said_us, uint64_t now_us)
{
	struct tcp_seg seg;
	struct tcp_out o;

	for (uint32_t i = 0; i < n; i++) {
		seg = fx_seg(c, TCP_ACK, (int64_t)c->rcv_nxt, 0, FX_MSS);
		seg.ts_ecr = tcp_ts_now(c->ts_offset, said_us);
		fx_take(c, &seg, now_us);
		tcp_rcv_room(c, FX_ROOM);
	}
	fx_send_all(c, now_us, 99, &o);
}

/* The handshake took 50 ms; the path has become 200 ms long, and nothing is ever sent. */
static void
test_longer_path(void)
{
	struct tcp_conn c;

	fx_established(&c, &(struct fx_conf){ .ts = true });
	CU_ASSERT_EQUAL(tcp_rcv_rtt_us(&c), 50 * MS);
	/* Its sender has thought for long. */
	come(&c, 10, FX_T0, FX_T0 + 5000 * MS);
	CU_ASSERT_EQUAL(tcp_rcv_rtt_us(&c), 50 * MS);
	/* A quarter of 60,000 bytes is to come first. */
	come(&c, 5, FX_T0 + 4000 * MS, FX_T0 + 5100 * MS);
	CU_ASSERT_EQUAL(tcp_rcv_rtt_us(&c), 50 * MS);
	come(&c, 3, FX_T0 + 5000 * MS, FX_T0 + 5200 * MS);
	CU_ASSERT_EQUAL(tcp_rcv_rtt_us(&c), 199 * MS);
	CU_ASSERT_EQUAL(c.rtt.srtt_us, 50 * MS);
	CU_ASSERT_PTR_NULL(tcp_check(&c));
}

/* An echo of what was never said is not looked at. */
static void
test_forged_echo(void)
{
	struct tcp_conn c;

	fx_established(&c, &(struct fx_conf){ .ts = true });
	come(&c, 60, FX_T0 - 500 * MS, FX_T0 + 100 * MS);
	come(&c, 60, FX_T0 + 900 * MS, FX_T0 + 200 * MS);
	CU_ASSERT_EQUAL(c.rcv_rtt.rtt_us, 0);
	CU_ASSERT_EQUAL(tcp_rcv_rtt_us(&c), 50 * MS);
}

/* Without timestamps: 60,000 bytes were told; the next one behind is a round trip away. */
static void
test_no_timestamps(void)
{
	struct tcp_conn c;

	fx_established(&c, NULL);
	come(&c, 60, 0, FX_T0 + 1000 * MS);
	CU_ASSERT_EQUAL(c.rcv_rtt.rtt_us, 0);
	come(&c, 1, 0, FX_T0 + 1100 * MS);
	CU_ASSERT_EQUAL(tcp_rcv_rtt_us(&c), 100 * MS);
	/* A slow sender says nothing. */
	for (uint32_t i = 1; i < 200; i++)
		come(&c, 1, 0, FX_T0 + (1100 + i * 50) * MS);
	CU_ASSERT_EQUAL(tcp_rcv_rtt_us(&c), 100 * MS);
}

/* What is out of order does not count before the gap is filled. */
static void
test_gap(void)
{
	struct tcp_conn c;
	struct tcp_seg seg;

	fx_established(&c, &(struct fx_conf){ .ts = true });
	come(&c, 1, FX_T0, FX_T0 + 100 * MS);
	for (int i = 1; i < 50; i++) {
		seg = fx_seg(&c, TCP_ACK, (int64_t)c.rcv_nxt + i * FX_MSS, 0, FX_MSS);
		seg.ts_ecr = tcp_ts_now(c.ts_offset, FX_T0);
		fx_take(&c, &seg, FX_T0 + 200 * MS);
	}
	CU_ASSERT_EQUAL(c.rcv_rtt.rtt_us, 0);
	come(&c, 1, FX_T0 + 100 * MS, FX_T0 + 300 * MS);
	CU_ASSERT_EQUAL(c.rcv_nxt, 51 * FX_MSS);
	CU_ASSERT_EQUAL(c.rcv_rtt.rtt_us, 199 * MS);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "echoes", test_echoes },
		{ "windows", test_windows },
		{ "the path has become longer", test_longer_path },
		{ "echoes of nothing", test_forged_echo },
		{ "without timestamps", test_no_timestamps },
		{ "behind a gap", test_gap },
	};

	return harness_run("tcp/rcv_rtt", cases, HARNESS_COUNT(cases));
}
