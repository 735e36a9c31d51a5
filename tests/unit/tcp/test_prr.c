/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tcp/prr.h"

enum { MSS = 1000 };

/* By hand from RFC 9937 6: what was in flight, ssthresh, and an ACK's bytes, pipe, safe and cwnd. */
struct row {
	const char *what;
	uint32_t flight, ssthresh, before, out;
	uint32_t delivered, pipe;
	bool safe;
	uint32_t cwnd;
};

static const struct row rows[] = {
	{ "the first retransmission goes at once", 10000, 5000, 0, 0, 1000, 6000, false, 7000 },
	{ "also where nothing arrived", 10000, 5000, 0, 0, 0, 6000, false, 7000 },
	{ "half of what arrives, for half", 10000, 5000, 1000, 1000, 1000, 6000, false, 6000 },
	{ "rounded up", 9000, 5000, 1000, 0, 1000, 8000, false, 8000 + 1112 },
	{ "seven tenths", 10000, 7000, 2000, 1000, 1000, 8000, true, 8000 + 1100 },
	{ "what was sent too much is waited for", 10000, 5000, 1000, 3000, 1000, 6000, true, 6000 },
	{ "below ssthresh what arrives", 10000, 5000, 5000, 3000, 1000, 3000, false, 3000 + 2000 },
	{ "what was not sent of it is made up", 10000, 9000, 5000, 3000, 1000, 3000, false, 6000 },
	{ "more when all goes well", 10000, 9000, 5000, 6000, 1000, 3000, true, 3000 + 2000 },
	{ "not more when more is lost", 10000, 9000, 5000, 6000, 1000, 3000, false, 3000 + 1000 },
	{ "not above ssthresh", 10000, 5000, 5000, 3000, 4000, 4500, true, 5000 },
	{ "at ssthresh nothing", 10000, 5000, 5000, 5000, 1000, 5000, true, 5000 },
	{ "a segment at least", 10000, 2000, 5000, 5000, 0, 0, false, 1000 },
	{ "nothing was in flight", 0, 2000, 0, 1, 1000, 2001, false, 2001 + 2000000 - 1 },
};

static void
test_rows(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct tcp_prr p;

		tcp_prr_begin(&p, r->flight, r->ssthresh);
		p.delivered = r->before;
		tcp_prr_sent(&p, r->out);
		CU_ASSERT_EQUAL(tcp_prr_delivered(&p, r->delivered, r->pipe, MSS, r->safe),
				r->cwnd);
		if (p.delivered != r->before + r->delivered)
			CU_FAIL("what arrived is miscounted");
	}
}

/*
 * Whole recoveries: n segments out of which some are lost, each that arrives draws what cwnd lets
 * out. In the end ssthresh is in flight, or what there was when that was less.
 */
static void
test_recoveries(void)
{
	uint64_t rng = harness_seed();

	for (int i = 0; i < 2000; i++) {
		uint32_t n = 10 + harness_below(&rng, 400), lost = 1 + harness_below(&rng, n / 2);
		uint32_t ssthresh = (2 + harness_below(&rng, n)) * MSS, pipe = (n - lost) * MSS;
		uint32_t low = pipe < ssthresh ? pipe : ssthresh;
		struct tcp_prr p;

		tcp_prr_begin(&p, n * (uint64_t)MSS, ssthresh);
		for (uint32_t j = 0; j < n - lost; j++) {
			uint32_t cwnd;

			pipe -= MSS;
			cwnd = tcp_prr_delivered(&p, MSS, pipe, MSS, harness_below(&rng, 2));
			for (; pipe + MSS <= cwnd; pipe += MSS)
				tcp_prr_sent(&p, MSS);
			CU_ASSERT(cwnd <= (pipe > ssthresh ? pipe + 2 * MSS : ssthresh + MSS));
		}
		/* It arrived, less than that is not in flight but for the rounding to segments. */
		CU_ASSERT(pipe + 2 * MSS > low);
		/* Nor was more sent than arrived and slow start would have. */
		CU_ASSERT(p.out <= 2 * p.delivered + MSS);
	}
}

/* No number makes cwnd less than a segment, or more than a window can be. */
static void
test_any(void)
{
	uint64_t rng = harness_seed();

	for (int i = 0; i < 200000; i++) {
		uint16_t mss = (uint16_t)(1 + harness_below(&rng, UINT16_MAX - 1));
		struct tcp_prr p;

		tcp_prr_begin(&p, harness_rand(&rng) >> harness_below(&rng, 64),
			      (uint32_t)(harness_rand(&rng) >> (34 + harness_below(&rng, 30))));
		for (int j = 0; j < 3; j++) {
			uint32_t pipe = (uint32_t)(harness_rand(&rng) >>
						   (34 + harness_below(&rng, 30)));
			uint32_t got = (uint32_t)(harness_rand(&rng) >>
						  (34 + harness_below(&rng, 30)));
			uint32_t cwnd = tcp_prr_delivered(&p, got, pipe, mss, j & 1);

			CU_ASSERT(cwnd >= mss && cwnd <= 1u << 30);
			tcp_prr_sent(&p, got);
		}
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "by hand", test_rows },
		{ "whole recoveries", test_recoveries },
		{ "any numbers", test_any },
	};

	return harness_run("tcp/prr", cases, HARNESS_COUNT(cases));
}
