/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

#include "support/harness.h"
#include "tcp/cc.h"
#include "tcp/hystart.h"

/*
 * RFC 9438 in floating point, in segments and seconds, written from its formulas; W_cubic and W_est
 * as its (1) and (4), with the whole state of section 4.1.2.
 */
struct model {
	double cwnd, ssthresh, w_max, k, t_epoch, cwnd_epoch, cwnd_prior, w_est, c, beta;
	bool avoiding;
};

static void
model_init(struct model *m)
{
	*m = (struct model){
		.cwnd = 10, .ssthresh = INFINITY, .w_max = NAN, .c = 0.4, .beta = 0.7
	};
}

static double
model_w_cubic(const struct model *m, double t)
{
	return m->c * pow(t - m->k, 3) + m->w_max;
}

static void
model_begin(struct model *m, double now)
{
	m->avoiding = true;
	m->t_epoch = now;
	m->cwnd_epoch = m->w_est = m->cwnd;
	if (isnan(m->w_max) ||
	    m->cwnd_epoch >= m->w_max) { /* 4.8, 4.10; or (2) has no root above 0 */
		m->w_max = m->cwnd_epoch;
		m->k = 0;
	} else {
		m->k = cbrt((m->w_max - m->cwnd_epoch) / m->c);
	}
	if (isnan(m->cwnd_prior) || m->cwnd_prior == 0)
		m->cwnd_prior = m->cwnd;
}

static void
model_acked(struct model *m, double now, double rtt, double segments)
{
	double alpha, target;

	if (m->cwnd < m->ssthresh) {
		m->cwnd = fmin(m->cwnd + fmin(segments, 8), m->ssthresh);
		return;
	}
	if (!m->avoiding)
		model_begin(m, now);
	alpha = m->w_est < m->cwnd_prior ? 3 * (1 - m->beta) / (1 + m->beta) : 1;
	m->w_est += alpha * segments / m->cwnd;
	if (model_w_cubic(m, now - m->t_epoch) < m->w_est) {
		m->cwnd = fmax(m->cwnd, m->w_est);
		return;
	}
	target = model_w_cubic(m, now - m->t_epoch + rtt);
	target = fmin(fmax(target, m->cwnd), 1.5 * m->cwnd);
	m->cwnd += (target - m->cwnd) / m->cwnd * segments;
}

static void
model_lost(struct model *m, double flight)
{
	m->w_max = !isnan(m->w_max) && m->cwnd < m->w_max ? m->cwnd * (1 + m->beta) / 2 : m->cwnd;
	m->cwnd_prior = m->cwnd;
	m->ssthresh = fmax(flight * m->beta, 2);
	m->avoiding = false;
}

static void
model_timeout(struct model *m, double flight)
{
	m->cwnd_prior = m->cwnd;
	m->ssthresh = fmax(flight * m->beta, 2);
	m->cwnd = 1;
	m->w_max = NAN;
	m->avoiding = false;
}

/* The implementation and the model, at the same time. */
struct pair {
	struct tcp_cc cc;
	struct model m;
	uint16_t mss;
	uint64_t now_us;
	uint32_t rtt_us;
};

static void
pair_init(struct pair *p, uint16_t mss, uint32_t rtt_us)
{
	*p = (struct pair){ .mss = mss, .now_us = 5000000000, .rtt_us = rtt_us };
	tcp_cc_cubic.init(&p->cc, mss, false);
	model_init(&p->m);
	p->m.cwnd = (double)p->cc.cwnd / mss;
}

/* Two segments, or what `segments` says, are acknowledged. */
static void
pair_acked(struct pair *p, uint32_t segments)
{
	struct tcp_cc_ack ack = {
		.now_us = p->now_us,
		.acked = segments * p->mss,
		.srtt_us = p->rtt_us,
		.limited = true,
	};

	tcp_cc_cubic.acked(&p->cc, &ack);
	model_acked(&p->m, (double)p->now_us / 1e6, p->rtt_us / 1e6, segments);
}

/* A round trip: all of a window is acknowledged, evenly spread. */
static void
pair_round(struct pair *p)
{
	uint64_t begin_us = p->now_us;
	uint32_t n = p->cc.cwnd / p->mss / 2;

	for (uint32_t i = 0; i < n; i++) {
		p->now_us = begin_us + (uint64_t)p->rtt_us * i / n;
		pair_acked(p, 2);
	}
	if (n == 0)
		pair_acked(p, 1);
	p->now_us = begin_us + p->rtt_us;
}

/* Times are whole ms, which the slope of the cubic multiplies. */
static void
pair_agree(const struct pair *p)
{
	double cwnd = (double)p->cc.cwnd / p->mss;

	CU_ASSERT(fabs(cwnd - p->m.cwnd) < 0.5 + 0.005 * p->m.cwnd);
	if (!isinf(p->m.ssthresh))
		CU_ASSERT(fabs((double)p->cc.ssthresh / p->mss - p->m.ssthresh) <
			  1 + 0.005 * p->m.ssthresh);
}

/* So many, and behind each both have the same. */
static void
pair_rounds(struct pair *p, uint32_t n)
{
	for (uint32_t r = 0; r < n; r++) {
		pair_round(p);
		pair_agree(p);
	}
}

/* So many segments, whatever it was. */
static void
pair_window(struct pair *p, uint32_t segments)
{
	p->cc.cwnd = segments * p->mss;
	p->m.cwnd = segments;
}

/* As tcp/prr ends recovery: cwnd is ssthresh. */
static void
pair_lost(struct pair *p)
{
	double flight = (double)p->cc.cwnd / p->mss;

	tcp_cc_cubic.lost(&p->cc, p->cc.cwnd);
	p->cc.cwnd = p->cc.ssthresh;
	model_lost(&p->m, flight);
	p->m.cwnd = p->m.ssthresh;
	pair_agree(p);
}

static void
pair_timeout(struct pair *p)
{
	double flight = (double)p->cc.cwnd / p->mss;

	tcp_cc_cubic.timeout(&p->cc, p->cc.cwnd, true);
	model_timeout(&p->m, flight);
}

/* From so many segments a loss, and so many round trips: concave, over K, convex. */
static void
test_curve(void)
{
	static const struct {
		uint16_t mss;
		uint32_t segments, rtt_us, rounds;
	} rows[] = {
		{ 1448, 100, 100000, 100 },   { 1448, 1000, 100000, 200 },
		{ 1448, 20000, 100000, 400 }, { 1448, 200, 20000, 600 },
		{ 1448, 2000, 10000, 2000 },  { 1448, 30, 200000, 60 },
		{ 216, 5000, 50000, 400 },    { 8948, 10000, 80000, 400 },
		{ 1448, 50, 1000, 3000 },     { 1448, 500, 300000, 60 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct pair p;

		pair_init(&p, rows[i].mss, rows[i].rtt_us);
		pair_window(&p, rows[i].segments);
		pair_lost(&p);
		pair_rounds(&p, rows[i].rounds);
	}
}

/*
 * (2) and (1) by hand: 0.4 * K^3 = 30 segments less, so K = 4.217 s; at t = K it is W_max, at 2 K 130.
 * At 0 Reno has more, (4): a whole window acknowledged makes 9/17 of a segment.
 */
static void
test_plateau(void)
{
	static const struct {
		uint32_t t_ms;
		double w_cubic;
	} rows[] = {
		{ 0, 70.53 },  { 1000, 86.68 },  { 2000, 95.64 },
		{ 4217, 100 }, { 6434, 104.36 }, { 8434, 130 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_cc cc = { 0 };
		struct tcp_cc_ack ack = { .now_us = 77000000, .acked = 1, .limited = true };

		tcp_cc_cubic.init(&cc, 1000, false);
		cc.cwnd = 100000;
		tcp_cc_cubic.lost(&cc, 100000);
		CU_ASSERT_EQUAL(cc.ssthresh, 70000);
		cc.cwnd = 70000;
		tcp_cc_cubic.acked(&cc, &ack);
		/* All of a window at once goes all the way to the target, as far as half a window. */
		ack.now_us += rows[i].t_ms * UINT64_C(1000);
		ack.acked = 70000;
		tcp_cc_cubic.acked(&cc, &ack);
		CU_ASSERT(fabs(cc.cwnd / 1000.0 - fmin(rows[i].w_cubic, 105)) < 0.1);
	}
}

/* 4.7: 100 segments, then 80 < 100: W_max is 68, below cwnd at its loss; then 90: 90. */
static void
test_fast_convergence(void)
{
	static const struct {
		uint32_t cwnd, w_max;
	} rows[] = { { 100000, 100000 },
		     { 80000, 68000 },
		     { 90000, 90000 },
		     { 90000, 90000 },
		     { 89999, 76499 } };
	struct tcp_cc cc = { 0 };

	tcp_cc_cubic.init(&cc, 1000, false);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		cc.cwnd = rows[i].cwnd;
		tcp_cc_cubic.lost(&cc, cc.cwnd);
		CU_ASSERT_EQUAL(cc.w_max, rows[i].w_max);
		CU_ASSERT_EQUAL(cc.ssthresh, rows[i].cwnd * 7 / 10);
	}
	tcp_cc_cubic.lost(&cc, 100);
	CU_ASSERT_EQUAL(cc.ssthresh, 2000);
}

/* 4.3: with a short RTT it is Reno: 9/17 of a segment per round trip up to the old window, then one. */
static void
test_reno_friendly(void)
{
	struct pair p;
	uint32_t rounds = 0;

	pair_init(&p, 1448, 1000);
	pair_window(&p, 40);
	pair_lost(&p);
	while (p.cc.cwnd < 40 * 1448 && rounds < 1000) {
		pair_round(&p);
		rounds++;
	}
	CU_ASSERT(rounds >= 12 * 17 / 9 - 2 && rounds <= 12 * 17 / 9 + 3);
	for (rounds = 0; p.cc.cwnd < 50 * 1448 && rounds < 1000; rounds++)
		pair_round(&p);
	CU_ASSERT(rounds >= 9 && rounds <= 12);
	pair_agree(&p);
}

/* 4.8: behind a timeout slow start to ssthresh, then the convex part from there. */
static void
test_timeout(void)
{
	struct pair p;

	pair_init(&p, 1448, 100000);
	pair_window(&p, 200);
	pair_lost(&p);
	pair_timeout(&p);
	CU_ASSERT_EQUAL(p.cc.cwnd, 1448);
	CU_ASSERT_EQUAL(p.cc.ssthresh, 140 * 1448 * 7 / 10);
	tcp_cc_cubic.timeout(&p.cc, 1448, false);
	CU_ASSERT_EQUAL(p.cc.ssthresh, 140 * 1448 * 7 / 10);
	while (p.cc.cwnd < p.cc.ssthresh)
		tcp_cc_cubic.acked(
			&p.cc,
			&(struct tcp_cc_ack){ .now_us = p.now_us, .acked = 1448, .limited = true });
	p.m.cwnd = p.m.ssthresh;
	pair_rounds(&p, 150);
}

/* What is rounded does not add up from one congestion to the next, nor decide which of two equals is less. */
static void
pair_level(struct pair *p)
{
	double w_max = (double)p->cc.w_max / p->mss;

	p->m.cwnd = (double)p->cc.cwnd / p->mss;
	if (!isinf(p->m.ssthresh))
		p->m.ssthresh = (double)p->cc.ssthresh / p->mss;
	CU_ASSERT_EQUAL(p->cc.w_max == 0, isnan(p->m.w_max));
	if (isnan(p->m.w_max))
		return;
	CU_ASSERT(fabs(w_max - p->m.w_max) < 0.5 + 0.005 * p->m.w_max);
	p->m.w_max = w_max;
}

/* A random life: losses, timeouts, other round trips, stretched ACKs. */
static void
test_life(void)
{
	uint64_t rng = harness_seed();

	for (int life = 0; life < 100; life++) {
		struct pair p;

		pair_init(&p, (uint16_t)(216 + harness_below(&rng, 9000)),
			  500 + harness_below(&rng, 300000));
		p.now_us = harness_rand(&rng) >> 20;
		for (int r = 0; r < 300 && p.cc.cwnd < 3000 * p.mss; r++) {
			if (harness_below(&rng, 30) == 0)
				pair_lost(&p);
			else
				pair_round(&p);
			if (harness_below(&rng, 60) == 0)
				p.rtt_us = 500 + harness_below(&rng, 300000);
			pair_agree(&p);
			pair_level(&p);
		}
	}
}

/* 4.10: HyStart++ ends slow start; W_max is not known, so the cubic begins at K = 0. */
static void
test_without_a_loss(void)
{
	struct pair p;

	pair_init(&p, 1448, 50000);
	pair_window(&p, 120);
	p.cc.ssthresh = p.cc.cwnd;
	p.m.ssthresh = p.m.cwnd;
	pair_rounds(&p, 100);
	CU_ASSERT_EQUAL(p.cc.prior, 120 * 1448);
}

/* 5.8: time in which something else was the limit is none of the cubic's; nor is idle time. */
static void
test_not_limited(void)
{
	struct pair p;
	uint32_t cwnd;

	pair_init(&p, 1448, 50000);
	pair_window(&p, 150);
	pair_lost(&p);
	pair_rounds(&p, 20);
	cwnd = p.cc.cwnd;
	for (int i = 0; i < 1000; i++)
		tcp_cc_cubic.acked(&p.cc,
				   &(struct tcp_cc_ack){ .now_us = p.now_us + i * UINT64_C(100000),
							 .acked = 14480,
							 .srtt_us = 50000 });
	CU_ASSERT_EQUAL(p.cc.cwnd, cwnd);
	p.now_us += 100000000;
	p.m.t_epoch += 100;
	pair_rounds(&p, 20);
	/* Idle with a window of the initial one at most: it stays, and no time has passed. */
	pair_window(&p, 8);
	pair_lost(&p);
	pair_rounds(&p, 6);
	cwnd = p.cc.cwnd;
	CU_ASSERT(cwnd <= 10 * 1448);
	tcp_cc_cubic.idle(&p.cc, p.now_us + 60000000, p.now_us);
	CU_ASSERT_EQUAL(p.cc.cwnd, cwnd);
	p.now_us += 60000000;
	p.m.t_epoch += 60;
	pair_rounds(&p, 20);
}

/* A larger one goes back to the initial window, and the cubic begins anew behind slow start. */
static void
test_idle(void)
{
	struct pair p;

	pair_init(&p, 1000, 50000);
	pair_window(&p, 200);
	pair_lost(&p);
	pair_rounds(&p, 20);
	tcp_cc_cubic.idle(&p.cc, p.now_us + 60000000, p.now_us);
	CU_ASSERT_EQUAL(p.cc.cwnd, 10000);
	CU_ASSERT_EQUAL(p.cc.ssthresh, 140000);
	p.now_us += 60000000;
	p.m.cwnd = 10;
	p.m.avoiding = false;
	pair_rounds(&p, 100);
}

/* 4.9: all of it is as before; what grew since stays. */
static void
test_undo(void)
{
	struct pair p;
	struct tcp_cc before;

	pair_init(&p, 1448, 50000);
	pair_window(&p, 150);
	pair_lost(&p);
	pair_rounds(&p, 30);
	for (int timeout = 0; timeout < 2; timeout++) {
		before = p.cc;
		if (timeout)
			tcp_cc_cubic.timeout(&p.cc, p.cc.cwnd, true);
		else
			tcp_cc_cubic.lost(&p.cc, p.cc.cwnd);
		p.cc.cwnd = p.cc.ssthresh;
		tcp_cc_cubic.undo(&p.cc, &before);
		CU_ASSERT_EQUAL(memcmp(&before, &p.cc, sizeof(before)), 0);
		p.now_us += 50000;
		pair_rounds(&p, 30);
	}
	before = p.cc;
	p.cc.cwnd += 1000;
	tcp_cc_cubic.undo(&p.cc, &before);
	CU_ASSERT_EQUAL(p.cc.cwnd, before.cwnd + 1000);
	/* Segments are half as long now: so are windows. */
	before = p.cc;
	tcp_cc_cubic.resized(&p.cc, 724);
	tcp_cc_cubic.undo(&p.cc, &before);
	CU_ASSERT_EQUAL(p.cc.mss, 724);
	CU_ASSERT_EQUAL(p.cc.cwnd, before.cwnd / 2);
	CU_ASSERT_EQUAL(p.cc.w_max, before.w_max / 2);
}

/* Whatever happens, cwnd holds a segment and no more than TCP can have outstanding. */
static void
test_bounds(void)
{
	uint64_t rng = harness_seed();
	struct tcp_cc cc = { 0 }, kept;
	uint64_t now_us = 0;

	tcp_cc_cubic.init(&cc, 1448, false);
	kept = cc;
	for (int i = 0; i < 200000; i++) {
		uint64_t r = harness_rand(&rng);
		uint64_t arg = harness_rand(&rng) >> (r >> 8 & 63);

		now_us += harness_rand(&rng) >> (24 + (r >> 16 & 31));
		switch (r % 64) {
		case 0:
			kept = cc;
			tcp_cc_cubic.lost(&cc, arg);
			break;
		case 1:
			tcp_cc_cubic.undo(&cc, &kept);
			break;
		case 2:
			tcp_cc_cubic.timeout(&cc, arg, r & 1 << 20);
			break;
		case 3:
			tcp_cc_cubic.idle(&cc, now_us, now_us / 2);
			break;
		case 4:
			tcp_cc_cubic.resized(&cc, (uint16_t)(1 + arg % UINT16_MAX));
			break;
		default:
			tcp_cc_cubic.acked(&cc, &(struct tcp_cc_ack){ .now_us = now_us,
								      .acked = (uint32_t)arg | 1,
								      .srtt_us = (uint32_t)arg,
								      .limited = r & 1 << 20 });
			break;
		}
		CU_ASSERT(cc.cwnd >= cc.mss && cc.cwnd <= 1 << 30);
		CU_ASSERT(cc.ssthresh >= 2);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the cubic by hand", test_plateau },
		{ "curves", test_curve },
		{ "fast convergence", test_fast_convergence },
		{ "Reno's friend", test_reno_friendly },
		{ "a timeout", test_timeout },
		{ "slow start ended without a loss", test_without_a_loss },
		{ "not limited by cwnd", test_not_limited },
		{ "idle", test_idle },
		{ "an undone loss", test_undo },
		{ "a random life", test_life },
		{ "bounds", test_bounds },
	};

	return harness_run("tcp/cc_cubic", cases, HARNESS_COUNT(cases));
}
