/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>
#include <math.h>

#include "support/harness.h"
#include "tcp/hystart.h"

/* A round trip of a trace: n ACKs with a delay of rtt_us, and what the last one says. */
struct round {
	uint32_t n;
	uint32_t rtt_us;
	enum tcp_hystart_pace last;
};

static enum tcp_hystart_pace
run_round(struct tcp_hystart *h, uint64_t *una, const struct round *r)
{
	enum tcp_hystart_pace pace = TCP_HYSTART_OVER;

	for (uint32_t i = 0; i < r->n; i++)
		pace = tcp_hystart_acked(h, *una + i, *una + r->n, r->rtt_us);
	*una += r->n;
	return pace;
}

static void
follow(const struct round *rows, size_t n)
{
	struct tcp_hystart h;
	uint64_t una = 1000;

	tcp_hystart_init(&h);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(run_round(&h, &una, &rows[i]), rows[i].last);
}

/* RFC 9406 4.2 and 4.3: the threshold is an eighth of the round trip before, within 4 to 16 ms. */
static void
test_threshold(void)
{
	static const struct {
		uint32_t before_us, thresh_us;
	} rows[] = {
		{ 100, 4000 },      { 20000, 4000 },       { 32000, 4000 },   { 40000, 5000 },
		{ 100000, 12500 },  { 127999, 15999 },     { 128000, 16000 }, { 200000, 16000 },
		{ 4000000, 16000 }, { 4000000000, 16000 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		const struct round below[] = {
			{ 8, rows[i].before_us, TCP_HYSTART_FULL },
			{ 8, rows[i].before_us + rows[i].thresh_us - 1, TCP_HYSTART_FULL },
		};
		const struct round at[] = {
			{ 8, rows[i].before_us, TCP_HYSTART_FULL },
			{ 8, rows[i].before_us + rows[i].thresh_us, TCP_HYSTART_SLOW },
		};

		follow(below, HARNESS_COUNT(below));
		follow(at, HARNESS_COUNT(at));
	}
}

/* Seven delays are too few, on either side; what was not measured is none. */
static void
test_few_samples(void)
{
	static const struct round few[] = {
		{ 10, 10000, TCP_HYSTART_FULL }, { 7, 90000, TCP_HYSTART_FULL },
		{ 10, 90000, TCP_HYSTART_FULL }, /* as in the round trip before */
		{ 8, 98000, TCP_HYSTART_FULL },  { 8, 110250, TCP_HYSTART_SLOW },
	};
	static const struct round none[] = {
		{ 10, 0, TCP_HYSTART_FULL },
		{ 10, 90000, TCP_HYSTART_FULL }, /* nothing to compare with */
		{ 10, 0, TCP_HYSTART_FULL },
		{ 10, 200000, TCP_HYSTART_FULL },
	};

	follow(few, HARNESS_COUNT(few));
	follow(none, HARNESS_COUNT(none));
}

/* Growth is slow for what is left of the round trip in which the delay grew, and two more; then it is over. */
static void
test_slow_rounds(void)
{
	static const struct round rows[] = {
		{ 10, 10000, TCP_HYSTART_FULL }, { 10, 14000, TCP_HYSTART_SLOW },
		{ 10, 20000, TCP_HYSTART_SLOW }, { 10, 30000, TCP_HYSTART_SLOW },
		{ 1, 1, TCP_HYSTART_OVER },
	};
	/* Until then a delay that is less than at first shows that it was a moment's. */
	static const struct round again[] = {
		{ 10, 10000, TCP_HYSTART_FULL }, { 10, 14000, TCP_HYSTART_SLOW },
		{ 10, 14000, TCP_HYSTART_SLOW }, { 8, 13999, TCP_HYSTART_FULL },
		{ 7, 17998, TCP_HYSTART_FULL },  { 8, 90000, TCP_HYSTART_SLOW },
		{ 1, 90000, TCP_HYSTART_SLOW },  { 1, 90000, TCP_HYSTART_SLOW },
		{ 1, 90000, TCP_HYSTART_OVER },
	};

	follow(rows, HARNESS_COUNT(rows));
	follow(again, HARNESS_COUNT(again));
}

/* In one round trip: eight delays one after the other count, and not what came before them. */
static void
test_within_a_round(void)
{
	static const struct {
		uint32_t n, rtt_us;
		enum tcp_hystart_pace last;
	} rows[] = {
		{ 8, 10000, TCP_HYSTART_FULL }, { 7, 14000, TCP_HYSTART_FULL },
		{ 1, 13999, TCP_HYSTART_FULL }, { 7, 14000, TCP_HYSTART_FULL },
		{ 1, 14000, TCP_HYSTART_SLOW }, { 7, 90000, TCP_HYSTART_SLOW },
		{ 1, 14000, TCP_HYSTART_SLOW }, { 7, 13999, TCP_HYSTART_SLOW },
		{ 1, 13999, TCP_HYSTART_FULL }, /* it was a moment's, and begins anew */
		{ 8, 13998, TCP_HYSTART_FULL }, { 8, 14000, TCP_HYSTART_SLOW },
	};
	static const struct round first = { 10, 10000, TCP_HYSTART_FULL };
	struct tcp_hystart h;
	uint64_t una = 0;

	tcp_hystart_init(&h);
	CU_ASSERT_EQUAL(run_round(&h, &una, &first), first.last);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		enum tcp_hystart_pace pace = TCP_HYSTART_OVER;

		for (uint32_t k = 0; k < rows[i].n; k++)
			pace = tcp_hystart_acked(&h, una++, 1000, rows[i].rtt_us);
		CU_ASSERT_EQUAL(pace, rows[i].last);
	}
	CU_ASSERT_EQUAL(tcp_hystart_acked(&h, 1000, 2000, 14000), TCP_HYSTART_SLOW);
	CU_ASSERT_EQUAL(tcp_hystart_acked(&h, 2000, 3000, 14000), TCP_HYSTART_SLOW);
	CU_ASSERT_EQUAL(tcp_hystart_acked(&h, 3000, 4000, 1), TCP_HYSTART_OVER);
}

/*
 * The RFC's pseudo-code, in its own words and in floating point, with the two differences that
 * tcp/hystart.h tells of: what it judges are the last eight samples, and CSS has three rounds.
 */
struct model {
	enum { SS, CSS, CA } phase;
	double last_min, current_min, baseline, seen[8];
	unsigned int samples, rounds;
	double window_end;
};

static void
model_acked(struct model *m, double una, double nxt, double rtt)
{
	double least = INFINITY, thresh;

	if (una >= m->window_end) {
		if (m->phase == CSS && ++m->rounds == 3) {
			m->phase = CA;
			return;
		}
		m->last_min = m->current_min;
		m->current_min = INFINITY;
		m->samples = 0;
		m->window_end = nxt;
	}
	if (rtt == 0)
		return;
	m->current_min = fmin(m->current_min, rtt);
	thresh = fmax(0.004, fmin(m->last_min / 8, 0.016));
	/* Whole microseconds: an eighth has a fraction that the other side does not see. */
	thresh = floor(thresh * 1e6 + 1e-6) / 1e6 - 1e-9;
	m->seen[m->samples++ % 8] = rtt;
	for (int i = 0; i < 8; i++)
		least = fmin(least, m->seen[i]);
	if (m->phase == SS && m->samples >= 8 && isfinite(m->last_min) &&
	    least >= m->last_min + thresh) {
		m->baseline = least;
		m->phase = CSS;
		m->samples = m->rounds = 0;
	} else if (m->phase == CSS && m->samples == 8) {
		m->samples = 0;
		if (least < m->baseline - 1e-9)
			m->phase = SS;
	}
}

static void
run_model(uint64_t *rng)
{
	static const enum tcp_hystart_pace pace_of[] = { TCP_HYSTART_FULL, TCP_HYSTART_SLOW,
							 TCP_HYSTART_OVER };
	struct model m = { .last_min = INFINITY, .current_min = INFINITY, .baseline = INFINITY };
	uint32_t base = 1 + harness_below(rng, 200000), spread = 1 + harness_below(rng, 60000);
	struct tcp_hystart h;
	uint64_t una = 0;

	tcp_hystart_init(&h);
	for (int i = 0; i < 400 && m.phase != CA; i++) {
		uint32_t rtt_us = base + harness_below(rng, spread);
		uint64_t nxt = (una += 1 + harness_below(rng, 3)) + 2 + harness_below(rng, 40);

		if (harness_below(rng, 50) == 0)
			base += harness_below(rng, 20000);
		if (harness_below(rng, 10) == 0)
			rtt_us = 0;
		model_acked(&m, (double)una, (double)nxt, rtt_us / 1e6);
		CU_ASSERT_EQUAL(tcp_hystart_acked(&h, una, nxt, rtt_us), pace_of[m.phase]);
	}
}

static void
test_against_model(void)
{
	uint64_t rng = harness_seed();

	for (int i = 0; i < 2000; i++)
		run_model(&rng);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "threshold", test_threshold },
		{ "few samples", test_few_samples },
		{ "slow round trips", test_slow_rounds },
		{ "within a round trip", test_within_a_round },
		{ "as the RFC's pseudo-code", test_against_model },
	};

	return harness_run("tcp/hystart", cases, HARNESS_COUNT(cases));
}
