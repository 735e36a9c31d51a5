/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The measuring tool's histogram, against all values in order. */
#include <stdio.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "perf/histogram.h"
#include "support/harness.h"

enum { VALUES = 10000, WIDTH = 64 };

static int
compare(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return (a > b) - (a < b);
}

/* What histogram_at() says is at most one bucket too high. */
static void
check_at(const struct histogram *h, const uint64_t *sorted, uint32_t n, uint32_t per_million)
{
	uint64_t rank = (uint64_t)n * per_million / 1000000, is = histogram_at(h, per_million);
	uint64_t want = sorted[rank < n ? rank : n - 1];

	CU_ASSERT(is >= want);
	CU_ASSERT(is - want <= want / WIDTH);
}

static void
test_random(void)
{
	static const uint32_t places[] = { 0, 1, 250000, 500000, 990000, 999000, 999999, 1000000 };
	static struct histogram h, halves[2];
	static uint64_t values[VALUES];
	uint64_t state = harness_seed();

	for (uint32_t i = 0; i < VALUES; i++) {
		/* Of all sizes up to 2^40. */
		values[i] = harness_rand(&state) >> (24 + harness_below(&state, 40));
		histogram_add(&halves[i % 2], values[i]);
	}
	histogram_merge(&h, &halves[0]);
	histogram_merge(&h, &halves[1]);
	qsort(values, VALUES, sizeof(values[0]), compare);
	CU_ASSERT_EQUAL(h.n, VALUES);
	CU_ASSERT_EQUAL(h.most, values[VALUES - 1]);
	for (uint32_t i = 0; i < HARNESS_COUNT(places); i++)
		check_at(&h, values, VALUES, places[i]);
}

static void
test_edges(void)
{
	static struct histogram h;

	CU_ASSERT_EQUAL(histogram_at(&h, 500000), 0);
	histogram_add(&h, 0);
	CU_ASSERT_EQUAL(histogram_at(&h, 0), 0);
	CU_ASSERT_EQUAL(histogram_at(&h, 1000000), 0);
	for (uint64_t v = 0; v < HISTOGRAM_EXACT; v++)
		histogram_add(&h, v);
	CU_ASSERT_EQUAL(histogram_at(&h, 1000000), HISTOGRAM_EXACT - 1);
	/* What is larger than all counts as the largest. */
	histogram_add(&h, UINT64_MAX);
	CU_ASSERT_EQUAL(h.most, UINT64_MAX);
	CU_ASSERT_EQUAL(histogram_at(&h, 1000000), (UINT64_C(1) << HISTOGRAM_BITS) - 1);
}

/* One in each bucket, from its lowest value to its highest: none lies between two. */
static void
test_every_width(void)
{
	static struct histogram h;

	for (uint32_t bit = 0; bit < HISTOGRAM_BITS; bit++)
		for (int64_t beside = -1; beside <= 1; beside++) {
			uint64_t v = (UINT64_C(1) << bit) + (uint64_t)beside;

			h = (struct histogram){ 0 };
			histogram_add(&h, v);
			CU_ASSERT_EQUAL(histogram_at(&h, 500000), v);
			histogram_add(&h, 2 * v + 2);
			CU_ASSERT(histogram_at(&h, 0) >= v);
			CU_ASSERT(histogram_at(&h, 0) <= v + v / WIDTH);
		}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "random values", test_random },
		{ "edges", test_edges },
		{ "every width", test_every_width },
	};

	return harness_run("perf/histogram", cases, HARNESS_COUNT(cases));
}
