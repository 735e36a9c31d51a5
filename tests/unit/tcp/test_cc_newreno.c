/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tcp/cc.h"
#include "tcp/hystart.h"

/* RFC 6928 (1): min(10 * MSS, max(2 * MSS, 14600)); 5681 3.1 behind a lost SYN. */
static void
test_initial_window(void)
{
	static const struct {
		uint32_t mss, cwnd;
	} rows[] = {
		{ 216, 2160 },   { 536, 5360 },   { 1460, 14600 }, { 1448, 14480 },
		{ 2000, 14600 }, { 8960, 17920 }, { 1, 10 },       { 2, 20 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_cc cc = { 0 };

		tcp_cc_newreno.init(&cc, rows[i].mss, false);
		CU_ASSERT_EQUAL(cc.cwnd, rows[i].cwnd);
		CU_ASSERT_EQUAL(cc.ssthresh, UINT32_MAX);
		tcp_cc_newreno.init(&cc, rows[i].mss, true);
		CU_ASSERT_EQUAL(cc.cwnd, rows[i].mss);
	}
}

struct trace_row {
	/*
	 * a ACK, n ACK when cwnd was not the limit, l lost, r recovered, t timeout,
	 * T again, k keep, u undo, i idle, m other MSS
	 */
	char event;
	uint64_t arg;
	uint32_t cwnd, ssthresh;
};

/*
 * MSS 1000, worked by hand from RFC 5681 3.1 and 3.2, RFC 3465 and RFC 9406 4.3:
 * slow start with L = 8, loss, recovery, avoidance, timeout, L = 1.
 */
static const struct trace_row trace[] = {
	{ 'a', 1000, 11000, UINT32_MAX },
	{ 'a', 2000, 13000, UINT32_MAX },
	{ 'a', 9000, 21000, UINT32_MAX }, /* stretched: counts as eight segments */
	{ 'a', 1, 21001, UINT32_MAX },
	{ 'l', 15001, 21001, 7500 }, /* flight / 2; cwnd is tcp/loss's */
	{ 'r', 0, 7500, 7500 },
	{ 'a', 4000, 7500, 7500 }, /* avoidance: 7500 bytes make one segment */
	{ 'a', 3499, 7500, 7500 },
	{ 'a', 1, 8500, 7500 },
	{ 'a', 8500, 9500, 7500 },
	{ 't', 9500, 1000, 4750 },
	{ 'a', 2000, 2000, 4750 }, /* slow start behind a timeout: L = 1 */
	{ 'T', 1000, 1000, 4750 }, /* the same flight: ssthresh stays */
	{ 'a', 1000, 2000, 4750 },
	{ 'a', 1000, 3000, 4750 },
	{ 'a', 1000, 4000, 4750 },
	{ 'a', 1000, 4750, 4750 }, /* slow start ends at ssthresh */
	{ 'a', 5000, 5750, 4750 },
	{ 'l', 3000, 5750, 2000 }, /* not below two segments */
	{ 'r', 0, 2000, 2000 },
	{ 'l', 40000, 2000, 20000 },
	{ 'r', 0, 20000, 20000 },
	{ 'i', 0, 10000, 20000 }, /* restart window: IW */
	{ 'a', 2000, 12000, 20000 },
	{ 'l', 80000, 12000, 40000 },
	{ 'r', 0, 40000, 40000 },
	{ 'i', 0, 10000, 40000 },
	{ 't', 500, 1000, 2000 },
};

/* MSS 1000: a recovery, and a timeout, that nothing was lost for; growth behind them stays. */
static const struct trace_row undo_trace[] = {
	{ 'n', 5000, 10000, UINT32_MAX }, /* the sender had nothing more: no growth */
	{ 'k', 0, 10000, UINT32_MAX },    { 'l', 10000, 10000, 5000 },
	{ 'r', 10000, 5000, 5000 },       { 'u', 0, 10000, UINT32_MAX },
	{ 'a', 2000, 12000, UINT32_MAX }, /* slow start goes on */
	{ 'k', 0, 12000, UINT32_MAX },    { 't', 12000, 1000, 6000 },
	{ 'T', 12000, 1000, 6000 },       { 'u', 0, 12000, UINT32_MAX },
	{ 'a', 2000, 14000, UINT32_MAX }, /* two segments again, none was lost */
	{ 'l', 14000, 14000, 7000 },      { 'r', 14000, 7000, 7000 },
	{ 'k', 0, 7000, 7000 },           { 'a', 7000, 8000, 7000 },
	{ 'u', 0, 8000, 7000 }, /* never below what it is */
	{ 'k', 0, 8000, 7000 },           { 't', 8000, 1000, 4000 },
	{ 'm', 100, 100, 4000 },          { 'u', 0, 800, 7000 }, /* eight segments */
};

/* MSS 1, by the same rules; at the end segments of 1000 bytes. */
static const struct trace_row small_trace[] = {
	{ 'a', 1, 11, UINT32_MAX }, { 'a', 9, 19, UINT32_MAX }, { 'l', 13, 19, 6 },
	{ 'r', 0, 6, 6 },           { 'a', 5, 6, 6 },           { 'a', 1, 7, 6 },
	{ 't', 7, 1, 3 },           { 'a', 1, 2, 3 },           { 'a', 1, 3, 3 },
	{ 'a', 3, 4, 3 },           { 'm', 1000, 1000, 3 },     { 'a', 999, 1000, 3 },
	{ 'a', 1, 2000, 3 },        { 'm', 2000, 2000, 3 },     { 'a', 2000, 4000, 3 },
	{ 'm', 300, 600, 3 },                         /* two segments, as before */
	{ 'm', 1, 2, 3 },           { 'a', 2, 3, 3 }, /* slow start again */
};

static void
acked(struct tcp_cc *cc, uint64_t len, bool limited)
{
	tcp_cc_newreno.acked(cc,
			     &(struct tcp_cc_ack){ .acked = (uint32_t)len, .limited = limited });
}

static void
follow(const struct trace_row *rows, size_t n, uint32_t mss)
{
	struct tcp_cc cc = { 0 }, kept = { 0 };

	tcp_cc_newreno.init(&cc, mss, false);
	for (size_t i = 0; i < n; i++) {
		const struct trace_row *row = &rows[i];

		switch (row->event) {
		case 'a':
			acked(&cc, row->arg, true);
			break;
		case 'n':
			acked(&cc, row->arg, false);
			break;
		case 'k':
			kept = cc;
			break;
		case 'u':
			tcp_cc_newreno.undo(&cc, &kept);
			break;
		case 'l':
			tcp_cc_newreno.lost(&cc, row->arg);
			break;
		case 'r':
			cc.cwnd = cc.ssthresh;
			break;
		case 't':
			tcp_cc_newreno.timeout(&cc, row->arg, true);
			break;
		case 'T':
			tcp_cc_newreno.timeout(&cc, row->arg, false);
			break;
		case 'i':
			tcp_cc_newreno.idle(&cc, row->arg, 0);
			break;
		case 'm':
			tcp_cc_newreno.resized(&cc, (uint32_t)row->arg);
			break;
		default:
			CU_FAIL_FATAL("no such event");
		}
		CU_ASSERT_EQUAL(cc.cwnd, row->cwnd);
		CU_ASSERT_EQUAL(cc.ssthresh, row->ssthresh);
	}
}

static void
test_trace(void)
{
	follow(trace, HARNESS_COUNT(trace), 1000);
}

/* RFC 5681 4.1 and RFC 7661 4.4.2: the initial window, and three quarters of what there was to reach. */
static void
test_idle(void)
{
	static const struct {
		uint32_t cwnd, ssthresh, cwnd_after, ssthresh_after;
	} rows[] = {
		{ 9000, 5000, 9000, 5000 },     { 10000, 5000, 10000, 5000 },
		{ 10001, 5000, 10000, 7501 },   { 40000, 40000, 10000, 40000 },
		{ 40000, 20000, 10000, 30000 }, { 40000, UINT32_MAX, 10000, UINT32_MAX },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_cc cc = { .mss = 1000,
				     .cwnd = rows[i].cwnd,
				     .ssthresh = rows[i].ssthresh };

		tcp_cc_newreno.idle(&cc, 9000000, 1000000);
		CU_ASSERT_EQUAL(cc.cwnd, rows[i].cwnd_after);
		CU_ASSERT_EQUAL(cc.ssthresh, rows[i].ssthresh_after);
	}
}

/* RFC 9406: a queue of 10 ms grows; cwnd grows by a quarter for three round trips, then avoidance. */
static void
test_hystart(void)
{
	struct tcp_hystart h;
	struct tcp_cc cc = { 0 };
	struct tcp_cc_ack ack = { .acked = 1000, .limited = true, .hystart = &h };
	uint32_t before;

	tcp_hystart_init(&h);
	tcp_cc_newreno.init(&cc, 1000, false);
	for (uint32_t r = 0; r < 5; r++) {
		ack.rtt_us = r == 0 ? 20000 : 30000;
		ack.nxt = ack.una + 20;
		for (uint32_t i = 0; i < 20; i++) {
			before = cc.cwnd;
			tcp_cc_newreno.acked(&cc, &ack);
			ack.una++;
			if (r < 4)
				CU_ASSERT_EQUAL(cc.cwnd - before,
						r == 0 || (r == 1 && i < 7) ? 1000 : 250);
		}
	}
	/* 10, 20 + 7 ACKs in full, 13 + 40 of a quarter; then a segment per window. */
	CU_ASSERT_EQUAL(cc.ssthresh, 37000 + 53 * 250);
	CU_ASSERT_EQUAL(cc.cwnd, cc.ssthresh);
}

static void
test_undo(void)
{
	follow(undo_trace, HARNESS_COUNT(undo_trace), 1000);
}

static void
test_small_segments(void)
{
	follow(small_trace, HARNESS_COUNT(small_trace), 1);
}

/* Whatever happens, cwnd holds a segment and no more than TCP can have outstanding. */
static void
test_bounds(void)
{
	uint64_t rng = harness_seed();
	struct tcp_cc cc = { 0 }, kept;

	tcp_cc_newreno.init(&cc, 1448, false);
	kept = cc;
	for (int i = 0; i < 100000; i++) {
		uint64_t r = harness_rand(&rng);
		uint64_t arg = harness_rand(&rng) >> (r >> 8 & 63);

		switch (r % 16) {
		case 0:
			tcp_cc_newreno.lost(&cc, arg);
			break;
		case 2:
			cc.cwnd = cc.ssthresh < 1 << 30 ? cc.ssthresh : cc.cwnd;
			break;
		case 3:
			tcp_cc_newreno.timeout(&cc, arg, r & 1 << 20);
			break;
		case 5:
			tcp_cc_newreno.undo(&cc, &kept);
			break;
		case 4:
			kept = cc;
			tcp_cc_newreno.idle(&cc, arg, 0);
			break;
		default:
			acked(&cc, (uint32_t)arg, r & 1 << 20);
			break;
		}
		CU_ASSERT(cc.cwnd >= 1448);
		CU_ASSERT(cc.cwnd <= 1 << 30);
		CU_ASSERT(cc.ssthresh >= 2 * 1448);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "initial window", test_initial_window },
		{ "a trace by hand", test_trace },
		{ "after an idle time", test_idle },
		{ "a queue that grows", test_hystart },
		{ "an undone loss", test_undo },
		{ "segments of one byte", test_small_segments },
		{ "bounds", test_bounds },
	};

	return harness_run("tcp/cc_newreno", cases, HARNESS_COUNT(cases));
}
