/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The timestamps of what is sent again, which decide what a peer drops. Segments of FX_MSS, RTT 50 ms. */
#include <CUnit/CUnit.h>

#include "fixture_sack.h"
#include "support/harness.h"
#include "tcp/query.h"

enum { RTT = 50000 };

/*
 * What fills the first gap makes its timestamp the peer's newest, and what comes with an older one is dropped
 * (PAWS). On a path that reorders it lies as far behind as that may come later, and its echo tells it all the
 * same from that of the first sending.
 */
static void
test_timestamp_again(void)
{
	for (int i = 0; i < 3; i++) {
		bool reorders = i > 0, first_echoed = i == 2;
		uint64_t now = FX_T0 + RTT, again_us;
		struct tcp_conn c;
		struct tcp_out o;

		fx_in_flight(&c, 10, true);
		if (reorders)
			fx_sacked(&c, 0, BLOCK(1000, 2000), NO_BLOCK, FX_T0, now);
		fx_sacked(&c, 2000, NO_BLOCK, NO_BLOCK, FX_T0, now);
		CU_ASSERT_EQUAL(c.flight->rack.reordered, reorders);
		fx_sacked(&c, 2000, BLOCK(3000, 8000), NO_BLOCK, FX_T0, now);
		again_us = reorders ? tcp_deadline(&c) : now;
		tcp_timer(&c, again_us);
		CU_ASSERT_TRUE_FATAL(fx_send(&c, again_us, &o));
		CU_ASSERT(o.off == 2000 && o.again);
		CU_ASSERT_EQUAL(again_us, reorders ? now + RTT / 4 : now);
		CU_ASSERT_EQUAL(o.seg.ts_val, tcp_ts_now(c.ts_offset, now));
		fx_sacked(&c, 2000, BLOCK(3000, 9000), NO_BLOCK, FX_T0, again_us);
		/* By its echo the segment is the newest that arrived, or one that was sent too much. */
		fx_sacked(&c, 9000, NO_BLOCK, NO_BLOCK, first_echoed ? FX_T0 : now, again_us + RTT);
		CU_ASSERT_EQUAL(c.flight->rack.sent_us,
				(uint32_t)(first_echoed ? FX_T0 : again_us));
		CU_ASSERT_EQUAL(c.cc.cwnd >= 10000, first_echoed);
	}
}

/* A lag that grows, as the peer has something twice, leads to no timestamp that the peer drops. */
static void
test_timestamp_order(void)
{
	uint64_t now = FX_T0 + RTT;
	struct tcp_conn c;
	struct tcp_out o;
	uint32_t ts;

	fx_in_flight(&c, 10, true);
	fx_sacked(&c, 0, BLOCK(1000, 2000), NO_BLOCK, FX_T0, now);
	fx_sacked(&c, 2000, NO_BLOCK, NO_BLOCK, FX_T0, now);
	fx_sacked(&c, 2000, BLOCK(3000, 4000), BLOCK(5000, 8000), FX_T0, now);
	now = tcp_deadline(&c);
	tcp_timer(&c, now);
	CU_ASSERT_TRUE_FATAL(fx_send(&c, now, &o));
	CU_ASSERT_EQUAL(o.off, 2000);
	ts = o.seg.ts_val;
	CU_ASSERT_EQUAL(ts, tcp_ts_now(c.ts_offset, now - RTT / 4));
	now += 2000;
	fx_sacked(&c, 2000, BLOCK(1000, 1500), BLOCK(5000, 10000), FX_T0, now);
	CU_ASSERT_EQUAL(c.flight->rack.steps, 2);
	fx_sacked(&c, 4000, BLOCK(5000, 10000), NO_BLOCK, FX_T0 + RTT, now);
	CU_ASSERT_TRUE_FATAL(fx_send(&c, now, &o));
	CU_ASSERT(o.off == 4000 && o.again);
	CU_ASSERT_EQUAL(o.seg.ts_val, ts);
}

/*
 * What was sent again so long ago that the clock has gone half its way round since is not newer: its timestamp
 * would make the peer drop all that has the time's.
 */
static void
test_timestamp_days(void)
{
	uint64_t now = FX_T0 + RTT;
	struct tcp_conn c;
	struct tcp_out o;

	fx_in_flight(&c, 10, true);
	for (int i = 0; i < 2; i++) {
		uint64_t una = (uint64_t)i * 10 * FX_MSS, sent = now - RTT;

		fx_sacked(&c, una, BLOCK(una + 1000, una + 2000), NO_BLOCK, sent, now);
		fx_sacked(&c, una + 2000, NO_BLOCK, NO_BLOCK, sent, now);
		fx_sacked(&c, una + 2000, BLOCK(una + 3000, una + 8000), NO_BLOCK, sent, now);
		now = tcp_deadline(&c);
		tcp_timer(&c, now);
		CU_ASSERT_TRUE_FATAL(fx_send(&c, now, &o));
		CU_ASSERT(o.off == una + 2000 && o.again);
		CU_ASSERT_EQUAL(o.seg.ts_val, tcp_ts_now(c.ts_offset, now - RTT / 4));
		fx_sacked(&c, una + 10000, NO_BLOCK, NO_BLOCK, now - RTT / 4, now + RTT);
		CU_ASSERT_TRUE(tcp_flight_is_over(&c));
		now += UINT64_C(26) * 86400 * 1000000;
		tcp_send_ready(&c, una + 20000);
		c.cc.cwnd = 10 * FX_MSS;
		CU_ASSERT_EQUAL_FATAL(fx_send_all(&c, now, 99, &o), 10);
		now += RTT;
	}
}

/* Behind a timeout the echo has to measure: the timestamp is that of the time. */
static void
test_timestamp_timeout(void)
{
	struct tcp_conn c;
	struct tcp_out o;
	uint64_t now = FX_T0;

	fx_in_flight(&c, 10, true);
	fx_sacked(&c, 0, BLOCK(1000, 2000), NO_BLOCK, FX_T0, FX_T0 + RTT);
	fx_sacked(&c, 2000, NO_BLOCK, NO_BLOCK, FX_T0, FX_T0 + RTT);
	CU_ASSERT_TRUE(c.flight->rack.reordered);
	for (int i = 0; i < 3 && c.loss != TCP_LOSS_TIMEOUT; i++) {
		now = tcp_deadline(&c);
		tcp_timer(&c, now);
		CU_ASSERT_TRUE(fx_send(&c, now, &o));
	}
	CU_ASSERT_EQUAL(c.loss, TCP_LOSS_TIMEOUT);
	CU_ASSERT(o.off == 2000 && o.again);
	CU_ASSERT_EQUAL(o.seg.ts_val, tcp_ts_now(c.ts_offset, now));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "behind its time", test_timestamp_again },
		{ "in order", test_timestamp_order },
		{ "behind days", test_timestamp_days },
		{ "behind a timeout", test_timestamp_timeout },
	};

	return harness_run("tcp/again_ts", cases, HARNESS_COUNT(cases));
}
