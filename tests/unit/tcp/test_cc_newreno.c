/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tcp/cc.h"

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
	/* a ACK, l lost, d dup, p partial, r recovered, t timeout, T again, i idle, m other MSS */
	char event;
	uint64_t arg;
	uint32_t cwnd, ssthresh;
};

/*
 * MSS 1000, worked by hand from RFC 5681 3.1 and 3.2, RFC 6582 3.2 and RFC 3465:
 * slow start with L = 2, loss, recovery, avoidance, timeout, L = 1.
 */
static const struct trace_row trace[] = {
	{ 'a', 1000, 11000, UINT32_MAX },
	{ 'a', 2000, 13000, UINT32_MAX },
	{ 'a', 9000, 15000, UINT32_MAX }, /* stretched: counts as two segments */
	{ 'a', 1, 15001, UINT32_MAX },
	{ 'l', 15001, 10500, 7500 }, /* flight / 2, and three segments */
	{ 'd', 0, 11500, 7500 },
	{ 'd', 0, 12500, 7500 },
	{ 'p', 3000, 10500, 7500 }, /* less 3000, one segment back */
	{ 'p', 400, 10100, 7500 },  /* less than a segment gives none back */
	{ 'r', 12000, 7500, 7500 },
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
	{ 'a', 1000, 5000, 4750 },
	{ 'a', 5000, 6000, 4750 },
	{ 'l', 3000, 5000, 2000 }, /* not below two segments */
	{ 'r', 0, 2000, 2000 },    /* min(ssthresh, max(flight, MSS) + MSS) */
	{ 'l', 40000, 23000, 20000 },
	{ 'r', 500, 2000, 20000 }, /* little in flight: no burst */
	{ 'i', 0, 2000, 20000 },
	{ 'a', 2000, 4000, 20000 },
	{ 'l', 80000, 43000, 40000 },
	{ 'r', 90000, 40000, 40000 },
	{ 'i', 0, 10000, 40000 }, /* restart window: IW */
	{ 't', 500, 1000, 2000 },
};

/* MSS 1, by the same rules; at the end segments of 1000 bytes. */
static const struct trace_row small_trace[] = {
	{ 'a', 1, 11, UINT32_MAX }, { 'a', 9, 13, UINT32_MAX },
	{ 'l', 13, 9, 6 },          { 'd', 0, 10, 6 },
	{ 'p', 3, 8, 6 },           { 'r', 8, 6, 6 },
	{ 'a', 5, 6, 6 },           { 'a', 1, 7, 6 },
	{ 't', 7, 1, 3 },           { 'a', 1, 2, 3 },
	{ 'a', 1, 3, 3 },           { 'a', 3, 4, 3 },
	{ 'm', 1000, 1000, 3 },     { 'a', 999, 1000, 3 },
	{ 'a', 1, 2000, 3 },        { 'm', 2000, 2000, 3 },
	{ 'a', 2000, 4000, 3 },     { 'm', 300, 600, 3 }, /* two segments, as before */
	{ 'm', 1, 2, 3 },           { 'a', 2, 4, 3 },     /* slow start again */
};

static void
follow(const struct trace_row *rows, size_t n, uint32_t mss)
{
	struct tcp_cc cc = { 0 };

	tcp_cc_newreno.init(&cc, mss, false);
	for (size_t i = 0; i < n; i++) {
		const struct trace_row *row = &rows[i];

		switch (row->event) {
		case 'a':
			tcp_cc_newreno.acked(&cc, (uint32_t)row->arg);
			break;
		case 'l':
			tcp_cc_newreno.lost(&cc, row->arg);
			break;
		case 'd':
			tcp_cc_newreno.dup_acked(&cc);
			break;
		case 'p':
			tcp_cc_newreno.partial(&cc, row->arg);
			break;
		case 'r':
			tcp_cc_newreno.recovered(&cc, row->arg);
			break;
		case 't':
			tcp_cc_newreno.timeout(&cc, row->arg, true);
			break;
		case 'T':
			tcp_cc_newreno.timeout(&cc, row->arg, false);
			break;
		case 'i':
			tcp_cc_newreno.idle(&cc);
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
	struct tcp_cc cc = { 0 };

	tcp_cc_newreno.init(&cc, 1448, false);
	for (int i = 0; i < 100000; i++) {
		uint64_t r = harness_rand(&rng);
		uint64_t arg = harness_rand(&rng) >> (r >> 8 & 63);

		switch (r % 16) {
		case 0:
			tcp_cc_newreno.lost(&cc, arg);
			break;
		case 1:
			tcp_cc_newreno.partial(&cc, arg);
			break;
		case 2:
			tcp_cc_newreno.recovered(&cc, arg);
			break;
		case 3:
			tcp_cc_newreno.timeout(&cc, arg, r & 1 << 20);
			break;
		case 4:
			tcp_cc_newreno.idle(&cc);
			break;
		case 5:
		case 6:
			tcp_cc_newreno.dup_acked(&cc);
			break;
		default:
			tcp_cc_newreno.acked(&cc, (uint32_t)arg);
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
		{ "segments of one byte", test_small_segments },
		{ "bounds", test_bounds },
	};

	return harness_run("tcp/cc_newreno", cases, HARNESS_COUNT(cases));
}
