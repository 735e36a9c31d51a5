/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tcp/ranges.h"

enum { MODEL_LEN = 200 };

/* The model: a flag per byte. */
struct model {
	bool held[MODEL_LEN];
};

static uint32_t
model_runs(const struct model *m)
{
	uint32_t n = 0;

	for (int i = 0; i < MODEL_LEN; i++)
		n += m->held[i] && (i == 0 || !m->held[i - 1]);
	return n;
}

static void
check_equal(const struct tcp_ranges *rs, const struct model *m)
{
	struct model got = { { false } };

	for (uint32_t i = 0; i < rs->n; i++) {
		CU_ASSERT_FATAL(rs->r[i].start < rs->r[i].end && rs->r[i].end <= MODEL_LEN);
		CU_ASSERT(i == 0 || rs->r[i - 1].end < rs->r[i].start);
		for (uint64_t k = rs->r[i].start; k < rs->r[i].end; k++)
			got.held[k] = true;
	}
	CU_ASSERT_EQUAL(memcmp(&got, m, sizeof(got)), 0);
	CU_ASSERT_EQUAL(rs->n, model_runs(m));
}

static void
model_trim(const struct model *m, uint64_t *start, uint64_t *end)
{
	while (*start < *end && m->held[*start])
		(*start)++;
	while (*end > *start && m->held[*end - 1])
		(*end)--;
}

static void
random_step(struct tcp_ranges *rs, struct model *m, uint64_t *rng)
{
	uint64_t a = harness_rand(rng) % (MODEL_LEN - 1);
	uint64_t b = a + 1 + harness_rand(rng) % (harness_rand(rng) % 8 == 0 ? MODEL_LEN - a : 3);
	uint64_t s = a;
	uint64_t e = b > MODEL_LEN ? MODEL_LEN : b;
	struct model before = *m;
	uint64_t ms = s;
	uint64_t me = e;
	int rc;

	tcp_ranges_trim(rs, &s, &e);
	model_trim(m, &ms, &me);
	CU_ASSERT_EQUAL(e - s, me - ms);
	CU_ASSERT(s == ms || s == e);

	s = a;
	e = b > MODEL_LEN ? MODEL_LEN : b;
	for (uint64_t k = s; k < e; k++)
		m->held[k] = true;
	rc = tcp_ranges_add(rs, s, e);
	if (model_runs(m) > TCP_RANGES_MAX) {
		CU_ASSERT_EQUAL(rc, -ENOSPC);
		*m = before;
	} else {
		CU_ASSERT_EQUAL(rc, 0);
	}
	if (harness_rand(rng) % 40 == 0) {
		uint64_t nxt = harness_rand(rng) % 20;
		uint64_t want = nxt;

		while (want < MODEL_LEN && m->held[want])
			want++;
		memset(m->held, 0, want);
		CU_ASSERT_EQUAL(tcp_ranges_advance(rs, nxt), want);
	}
	if (harness_rand(rng) % 200 == 0) {
		uint64_t from = harness_rand(rng) % MODEL_LEN;

		memset(m->held + from, 0, MODEL_LEN - from);
		tcp_ranges_cut(rs, from);
	}
	check_equal(rs, m);
}

static void
test_random(void)
{
	uint64_t rng = harness_seed();
	struct tcp_ranges rs;
	struct model m = { { false } };

	tcp_ranges_init(&rs);
	for (int n = 0; n < 20000; n++)
		random_step(&rs, &m, &rng);
}

static void
test_capacity(void)
{
	struct tcp_ranges rs;
	uint64_t base = UINT64_C(1) << 40; /* far beyond 32 bits */

	tcp_ranges_init(&rs);
	CU_ASSERT_TRUE(tcp_ranges_empty(&rs));
	CU_ASSERT_EQUAL(tcp_ranges_end(&rs), 0);
	for (uint64_t i = 0; i < TCP_RANGES_MAX; i++)
		CU_ASSERT_EQUAL(tcp_ranges_add(&rs, base + 10 * i, base + 10 * i + 5), 0);
	CU_ASSERT_EQUAL(tcp_ranges_add(&rs, base - 5, base - 1), -ENOSPC);
	CU_ASSERT_EQUAL(tcp_ranges_add(&rs, base + 6, base + 7), -ENOSPC);
	CU_ASSERT_EQUAL(tcp_ranges_add(&rs, base + 1000, base + 1001), -ENOSPC);
	CU_ASSERT_EQUAL(rs.n, TCP_RANGES_MAX);
	/* What joins ranges has room, and makes some. */
	CU_ASSERT_EQUAL(tcp_ranges_add(&rs, base + 5, base + 10), 0);
	CU_ASSERT_EQUAL(rs.n, TCP_RANGES_MAX - 1);
	CU_ASSERT_EQUAL(tcp_ranges_add(&rs, base - 5, base - 1), 0);
	CU_ASSERT_EQUAL(tcp_ranges_end(&rs), base + 10 * (TCP_RANGES_MAX - 1) + 5);
	CU_ASSERT_EQUAL(tcp_ranges_add(&rs, base, base + 100000), 0);
	CU_ASSERT_EQUAL(rs.n, 2);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "random operations against a flag per byte", test_random },
		{ "capacity", test_capacity },
	};

	return harness_run("tcp/ranges", cases, HARNESS_COUNT(cases));
}
