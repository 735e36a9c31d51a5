/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>
#include <math.h>

#include "support/harness.h"
#include "tcp/cc.h"
#include "tcp/pace.h"

/* Twice a window per round trip in slow start, 1.2 times behind it; and what the program allows. */
static void
test_rate(void)
{
	static const struct {
		uint32_t cwnd, ssthresh, srtt_us, max_rate;
		uint64_t rate;
	} rows[] = {
		{ 100000, UINT32_MAX, 100000, 0, 2000000 },
		{ 100000, 200002, 100000, 0, 2000000 },
		{ 100000, 200000, 100000, 0, 1200000 },
		{ 100000, 50000, 100000, 0, 1200000 },
		{ 100000, 50000, 8192, 0, 14648437 },
		{ 100000, 50000, 8191, 0, UINT64_MAX },
		{ 100000, 50000, 0, 0, UINT64_MAX },
		{ 100000, 50000, 100000, 1199999, 1199999 },
		{ 100000, 50000, 100000, 1200001, 1200000 },
		{ 100000, 50000, 10, 777777, 777777 },
		{ 1 << 30, 50000, 8192, UINT32_MAX, UINT32_MAX },
		{ 1 << 30, UINT32_MAX, 8192, 0, UINT64_C(262144000000) },
		{ 1, 2, UINT32_MAX, 0, 1000 },
		{ 1000, 2, 100, 1, 1000 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_cc cc = { .mss = 1000,
				     .cwnd = rows[i].cwnd,
				     .ssthresh = rows[i].ssthresh };
		struct tcp_pace_path path = { &cc, rows[i].srtt_us, rows[i].max_rate };

		CU_ASSERT_EQUAL(tcp_pace_rate(&path), rows[i].rate);
	}
}

/* Two segments, what goes in a millisecond, 64 KiB. */
static void
test_burst(void)
{
	static const struct {
		uint32_t max_rate, mss, burst;
	} rows[] = {
		{ 1000000, 1448, 2896 },     { 2896 * 1024, 1448, 2896 },
		{ 2897 * 1024, 1448, 2897 }, { 65536 * 1024, 1448, 65536 },
		{ UINT32_MAX, 1448, 65536 }, { UINT32_MAX, 60000, 120000 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_cc cc = { .mss = (uint16_t)rows[i].mss, .cwnd = 100000, .ssthresh = 1 };
		struct tcp_pace_path path = { &cc, 100, rows[i].max_rate };
		struct tcp_pace p = { 0 };

		CU_ASSERT_EQUAL(tcp_pace_burst(&p, path.max_rate, rows[i].mss), 2 * rows[i].mss);
		tcp_pace_sent(&p, &path, 1, 1000000);
		CU_ASSERT_EQUAL(tcp_pace_burst(&p, path.max_rate, rows[i].mss), rows[i].burst);
		/* The MSS grew since: a segment goes all the same. */
		CU_ASSERT_EQUAL(tcp_pace_burst(&p, path.max_rate, 200000), 200000);
	}
}

/* Without a limit over a short round trip nothing is noted, and nothing waits. */
static void
test_not_paced(void)
{
	struct tcp_cc cc = { .mss = 1000, .cwnd = 100000, .ssthresh = 50000 };
	struct tcp_pace_path near = { &cc, 8191, 0 }, far = { &cc, 50000, 0 };
	struct tcp_pace p = { 0 };

	tcp_pace_sent(&p, &near, 60000, 1000000);
	CU_ASSERT_EQUAL(p.next_us, 0);
	CU_ASSERT(1000000 >= p.next_us);
	CU_ASSERT_EQUAL(tcp_pace_burst(&p, 0, 1000), UINT32_MAX);
	/* The round trip is long, then short again. */
	tcp_pace_sent(&p, &far, 60000, 1000000);
	CU_ASSERT(1000000 < p.next_us);
	CU_ASSERT_EQUAL(tcp_pace_burst(&p, 0, 1000), 2343);
	tcp_pace_sent(&p, &near, 1000, 1030000);
	CU_ASSERT(1030000 >= p.next_us);
	CU_ASSERT_EQUAL(tcp_pace_burst(&p, 0, 1000), UINT32_MAX);
}

/* By hand: 1 MB/s, 10000 bytes each time. */
static void
test_next(void)
{
	static const struct {
		uint64_t now_us, next_us;
	} rows[] = {
		{ 1000000, 1000000 - 2048 + 10000 }, /* nothing before: as if it were late */
		{ 1007952, 1017952 },
		{ 1017953, 1027952 }, /* late by 1 us: made up for */
		{ 1029999, 1037952 }, /* by 2047 */
		{ 1040001, 1047953 }, /* by 2049: not all of it */
		{ 1047953, 1057953 },
		{ 2000000, 2007952 }, /* a pause saves nothing up */
	};
	struct tcp_cc cc = { .mss = 1000, .cwnd = 100000, .ssthresh = 50000 };
	struct tcp_pace_path path = { &cc, 100, 1000000 };
	struct tcp_pace p = { 0 };

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		CU_ASSERT(rows[i].now_us >= p.next_us);
		tcp_pace_sent(&p, &path, 10000, rows[i].now_us);
		CU_ASSERT_EQUAL(p.next_us, rows[i].next_us);
	}
}

/* What is told in pieces, as it is cut at records, goes no later than what is told at once. */
static void
test_pieces(void)
{
	uint64_t rng = harness_seed();

	for (int i = 0; i < 10000; i++) {
		struct tcp_cc cc = { .mss = 1448, .cwnd = 10000 + harness_below(&rng, 1000000) };
		struct tcp_pace_path path = { &cc, 8192 + harness_below(&rng, 500000), 0 };
		struct tcp_pace whole = { .next_us = 1000000 }, pieces = whole;
		uint32_t now_us = 990000 + harness_below(&rng, 20000), len, piece;

		for (int turn = 0; turn < 10; turn++) {
			len = 1 + harness_below(&rng, 3000);
			tcp_pace_sent(&whole, &path, len, now_us);
			for (; len > 0; len -= piece) {
				piece = 1 + harness_below(&rng, len);
				tcp_pace_sent(&pieces, &path, piece, now_us);
			}
			CU_ASSERT_EQUAL(pieces.next_us, whole.next_us);
			now_us += harness_below(&rng, 3000);
		}
	}
}

/*
 * A sender that is asked each 100 us to 3 ms: what it sends in any time is bounded by the rate, and
 * when it is asked in time it is not less either.
 */
static void
run_sender(uint64_t *rng, uint32_t max_rate, uint32_t gap_us)
{
	struct tcp_cc cc = { .mss = 1448, .cwnd = 100000, .ssthresh = 50000 };
	struct tcp_pace_path path = { &cc, 500, max_rate };
	struct tcp_pace p = { 0 };
	uint64_t now_us = 1000000, sent = 0, end_us = now_us + 5000000;
	double bound = max_rate / 1e6, most;

	while (now_us < end_us) {
		while (now_us >= p.next_us) {
			uint32_t len = tcp_pace_burst(&p, max_rate, 1448);

			sent += len;
			tcp_pace_sent(&p, &path, len, now_us);
		}
		now_us += 1 + harness_below(rng, gap_us);
	}
	most = bound * (double)(now_us - 1000000 + TCP_PACE_LATE_US) +
	       fmax(2896, max_rate / 1024.0);
	CU_ASSERT((double)sent <= most);
	if (gap_us <= TCP_PACE_LATE_US)
		CU_ASSERT((double)sent >= bound * 5000000 * 0.998 - 65536);
}

static void
test_bounded(void)
{
	uint64_t rng = harness_seed();

	for (int i = 0; i < 300; i++)
		run_sender(&rng, 10000 + harness_below(&rng, 50000000),
			   100 + harness_below(&rng, 3000));
}

/* Handed over early, and when each packet leaves: at its time, none later than the horizon. */
static void
test_departures(void)
{
	struct tcp_cc cc = { .mss = 1000, .cwnd = 100000, .ssthresh = 1 };
	struct tcp_pace_path path = { &cc, 100, 1000000 };
	struct tcp_pace p = { .next_us = 10000, .burst = 2000 };
	struct tcp_departure d;

	/* A port that keeps nothing, and a connection that is not paced. */
	CU_ASSERT_TRUE(tcp_pace_holds(&p, 9999));
	CU_ASSERT_FALSE(tcp_pace_holds(&p, 10000));
	CU_ASSERT_EQUAL(tcp_pace_due_us(&p), 10000);
	CU_ASSERT_FALSE(tcp_pace_departure(&p, &path, 10000, &d));
	p.kept = true;
	CU_ASSERT_TRUE(tcp_pace_holds(&p, 10000 - TCP_PACE_AHEAD_US - 1));
	CU_ASSERT_FALSE(tcp_pace_holds(&p, 10000 - TCP_PACE_AHEAD_US));
	CU_ASSERT_EQUAL(tcp_pace_due_us(&p), 10000 - TCP_PACE_AHEAD_US);
	/* In time: from 10000 on, a millisecond for a segment. */
	CU_ASSERT_TRUE(tcp_pace_departure(&p, &path, 9500, &d));
	CU_ASSERT_EQUAL(tcp_departure_us(&d, 0), 10000);
	CU_ASSERT_EQUAL(tcp_departure_us(&d, 1000), 11000);
	CU_ASSERT_EQUAL(tcp_departure_us(&d, 1549), 9500 + TCP_PACE_HORIZON_US);
	CU_ASSERT_EQUAL(tcp_departure_us(&d, 60000), 9500 + TCP_PACE_HORIZON_US);
	/* Late: from now on. */
	CU_ASSERT_TRUE(tcp_pace_departure(&p, &path, 12345, &d));
	CU_ASSERT_EQUAL(tcp_departure_us(&d, 0), 12345);
	CU_ASSERT_EQUAL(tcp_departure_us(&d, 500), 12845);
	path.max_rate = 0;
	CU_ASSERT_FALSE(tcp_pace_departure(&p, &path, 9500, &d));
	path.max_rate = 1000000;
	p.burst = 0;
	CU_ASSERT_FALSE(tcp_pace_departure(&p, &path, 9500, &d));
	/* Nothing was sent so far: no time is before the beginning. */
	p.next_us = 0;
	CU_ASSERT_EQUAL(tcp_pace_due_us(&p), 0);
	CU_ASSERT_FALSE(tcp_pace_holds(&p, 0));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "rate", test_rate },
		{ "burst", test_burst },
		{ "not paced", test_not_paced },
		{ "when the next may go", test_next },
		{ "told in pieces", test_pieces },
		{ "kept by the port", test_departures },
		{ "never more than the rate, nor less", test_bounded },
	};

	return harness_run("tcp/pace", cases, HARNESS_COUNT(cases));
}
