/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tcp/conn.h"

static struct tcp_params params;

static double
distance(double a, double b)
{
	return a > b ? a - b : b - a;
}

static void
reset_params(void)
{
	tcp_params_default(&params);
}

/*
 * RFC 6298 2, worked by hand. With R = 100 ms: SRTT 100, RTTVAR 50, RTO 300.
 * Then R' = 200: RTTVAR = 3/4 * 50 + 1/4 * 100 = 62.5, SRTT = 112.5, RTO 362.5.
 * Then R' = 112.5: RTTVAR = 46.875, of which 4 are less than 200 ms; SRTT 112.5, RTO 312.5.
 */
static void
test_by_hand(void)
{
	static const struct {
		uint32_t rtt_us, srtt_us, rttvar_us, rto_us;
	} rows[] = {
		{ 100000, 100000, 50000, 300000 },
		{ 200000, 112500, 62500, 362500 },
		{ 112500, 112500, 46875, 312500 },
	};
	struct tcp_rtt r;

	reset_params();
	tcp_rtt_init(&r, &params);
	CU_ASSERT_EQUAL(tcp_rtt_rto(&r, &params), 1000000);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		tcp_rtt_sample(&r, &params, rows[i].rtt_us);
		CU_ASSERT_EQUAL(r.srtt_us, rows[i].srtt_us);
		CU_ASSERT_EQUAL(r.rttvar_us, rows[i].rttvar_us);
		CU_ASSERT_EQUAL(tcp_rtt_rto(&r, &params), rows[i].rto_us);
	}
}

/* The same formulas in floating point, written apart. */
static void
test_against_model(void)
{
	uint64_t rng = harness_seed();
	struct tcp_rtt r;
	double srtt = 0;
	double var = 0;

	reset_params();
	tcp_rtt_init(&r, &params);
	for (int i = 0; i < 20000; i++) {
		uint64_t base = UINT64_C(10) << (i / 1000);
		uint64_t sample = base + harness_rand(&rng) % base;
		double rto;

		tcp_rtt_sample(&r, &params, sample);
		if (i == 0) {
			srtt = (double)sample;
			var = srtt / 2;
		} else {
			var = 0.75 * var + 0.25 * distance(srtt, (double)sample);
			srtt = 0.875 * srtt + 0.125 * (double)sample;
		}
		rto = srtt + (4 * var > params.rto_min_us ? 4 * var : params.rto_min_us);
		if (rto > params.rto_max_us)
			rto = params.rto_max_us;
		/* Integers lose up to a unit per step; it decays. */
		CU_ASSERT(distance(srtt, r.srtt_us) < 10);
		CU_ASSERT(distance(rto, r.rto_us) < 60);
	}
}

static void
test_limits(void)
{
	struct tcp_rtt r;

	reset_params();
	tcp_rtt_init(&r, &params);
	tcp_rtt_sample(&r, &params, 0);
	CU_ASSERT(r.srtt_us > 0);
	CU_ASSERT_EQUAL(r.rto_us, params.rto_min_us + r.srtt_us);
	tcp_rtt_init(&r, &params);
	tcp_rtt_sample(&r, &params, UINT64_MAX);
	CU_ASSERT_EQUAL(r.rto_us, params.rto_max_us);
	for (int i = 0; i < 100; i++)
		tcp_rtt_sample(&r, &params, 0);
	CU_ASSERT_EQUAL(r.rto_us, params.rto_min_us + r.srtt_us);
	CU_ASSERT(r.srtt_us > 0);
}

/* However steady the path: the timeout keeps its distance from the round trip. */
static void
test_steady(void)
{
	static const uint32_t paths_us[] = { 1, 1000, 50000, 250000, 600000, 5000000 };

	reset_params();
	for (size_t i = 0; i < HARNESS_COUNT(paths_us); i++) {
		struct tcp_rtt r;

		tcp_rtt_init(&r, &params);
		for (int n = 0; n < 200; n++)
			tcp_rtt_sample(&r, &params, paths_us[i]);
		CU_ASSERT_EQUAL(r.srtt_us, paths_us[i]);
		CU_ASSERT_EQUAL(tcp_rtt_rto(&r, &params), paths_us[i] + 200000);
	}
}

/* RFC 6298 5.5: doubling from 1 s, at most 60 s; 5.7: a valid sample ends it. */
static void
test_backoff(void)
{
	static const uint32_t want_s[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
	struct tcp_rtt r;

	reset_params();
	tcp_rtt_init(&r, &params);
	for (size_t i = 0; i < HARNESS_COUNT(want_s); i++) {
		CU_ASSERT_EQUAL(tcp_rtt_rto(&r, &params), want_s[i] * 1000000);
		tcp_rtt_backoff(&r);
	}
	for (int i = 0; i < 1000; i++)
		tcp_rtt_backoff(&r);
	CU_ASSERT_EQUAL(tcp_rtt_rto(&r, &params), 60000000);
	CU_ASSERT_EQUAL(tcp_rtt_backed_off(&r, &params, 0), 1000000);
	CU_ASSERT_EQUAL(tcp_rtt_backed_off(&r, &params, 3), 8000000);
	CU_ASSERT_EQUAL(tcp_rtt_backed_off(&r, &params, UINT8_MAX), 60000000);
	tcp_rtt_sample(&r, &params, 100000);
	CU_ASSERT_EQUAL(tcp_rtt_rto(&r, &params), 300000);
}

static void
test_syn_lost(void)
{
	struct tcp_rtt r;

	reset_params();
	tcp_rtt_init(&r, &params);
	tcp_rtt_backoff(&r);
	tcp_rtt_backoff(&r);
	tcp_rtt_syn_lost(&r, &params);
	CU_ASSERT_EQUAL(tcp_rtt_rto(&r, &params), 3000000);
	params.rto_init_us = 5000000;
	tcp_rtt_init(&r, &params);
	tcp_rtt_syn_lost(&r, &params);
	CU_ASSERT_EQUAL(tcp_rtt_rto(&r, &params), 5000000);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "RFC 6298 2 by hand", test_by_hand },
		{ "RFC 6298 2 in floating point", test_against_model },
		{ "limits", test_limits },
		{ "a steady path", test_steady },
		{ "backoff", test_backoff },
		{ "3 s behind a lost SYN", test_syn_lost },
	};

	return harness_run("tcp/rtt", cases, HARNESS_COUNT(cases));
}
