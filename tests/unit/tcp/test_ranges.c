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

static int
add(struct tcp_ranges *rs, uint64_t start, uint64_t end)
{
	struct tcp_ranges_change at;

	return tcp_ranges_add(rs, tcp_range_of(start, end), &at);
}

static void
random_step(struct tcp_ranges *rs, struct model *m, uint64_t *rng)
{
	uint64_t a = harness_rand(rng) % (MODEL_LEN - 1);
	uint64_t b = a + 1 + harness_rand(rng) % (harness_rand(rng) % 8 == 0 ? MODEL_LEN - a : 3);
	uint64_t s = a;
	uint64_t e = b > MODEL_LEN ? MODEL_LEN : b;
	struct model before = *m;
	struct tcp_ranges_change at;
	struct tcp_range trimmed;
	uint32_t n;
	bool fits;
	uint64_t ms = s;
	uint64_t me = e;
	int rc;

	trimmed = tcp_ranges_trim(rs, tcp_range_of(s, e));
	model_trim(m, &ms, &me);
	CU_ASSERT_EQUAL(trimmed.end - trimmed.start, me - ms);
	CU_ASSERT(trimmed.start == ms || tcp_range_empty(trimmed));

	for (uint64_t k = s; k < e; k++)
		m->held[k] = true;
	fits = tcp_ranges_fits(rs, tcp_range_of(s, e));
	n = rs->n;
	rc = tcp_ranges_add(rs, tcp_range_of(s, e), &at);
	CU_ASSERT_EQUAL(fits, rc == 0);
	if (rc == 0) {
		CU_ASSERT_EQUAL(rs->n, n + 1 - at.joined);
		CU_ASSERT(rs->r[at.i].start <= s && e <= rs->r[at.i].end);
	}
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
		CU_ASSERT_EQUAL(tcp_ranges_reach(rs, nxt), want);
		while (rs->n > 0 && rs->r[0].end <= want)
			tcp_ranges_remove(rs, 0, 1);
	}
	if (rs->n > 0 && harness_rand(rng) % 200 == 0) {
		uint32_t from = (uint32_t)(harness_rand(rng) % rs->n);

		memset(m->held + rs->r[from].start, 0, MODEL_LEN - rs->r[from].start);
		tcp_ranges_remove(rs, from, rs->n - from);
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
	CU_ASSERT_EQUAL(tcp_ranges_end(NULL), 0);
	CU_ASSERT_EQUAL(tcp_ranges_reach(NULL, base), base);
	for (uint64_t i = 0; i < TCP_RANGES_MAX; i++)
		CU_ASSERT_EQUAL(add(&rs, base + 10 * i, base + 10 * i + 5), 0);
	CU_ASSERT_EQUAL(add(&rs, base - 5, base - 1), -ENOSPC);
	CU_ASSERT_EQUAL(add(&rs, base + 6, base + 7), -ENOSPC);
	CU_ASSERT_EQUAL(add(&rs, base + 1000, base + 1001), -ENOSPC);
	CU_ASSERT_EQUAL(rs.n, TCP_RANGES_MAX);
	/* What joins ranges has room, and makes some. */
	CU_ASSERT_EQUAL(add(&rs, base + 5, base + 10), 0);
	CU_ASSERT_EQUAL(rs.n, TCP_RANGES_MAX - 1);
	CU_ASSERT_EQUAL(add(&rs, base - 5, base - 1), 0);
	CU_ASSERT_EQUAL(tcp_ranges_end(&rs), base + 10 * (TCP_RANGES_MAX - 1) + 5);
	CU_ASSERT_EQUAL(add(&rs, base, base + 100000), 0);
	CU_ASSERT_EQUAL(rs.n, 2);
}

struct within_row {
	int64_t seq;
	uint32_t len;
	uint64_t low, high;
	uint64_t start, end;
};

/* What a peer says, in front of the stream, across its edges and behind them. */
static const struct within_row within_rows[] = {
	{ 0, 10, 0, 100, 0, 10 },
	{ 95, 10, 0, 100, 95, 100 },
	{ -5, 10, 0, 100, 0, 5 },
	{ -10, 10, 0, 100, 0, 0 }, /* ends where the stream begins */
	{ -11, 10, 0, 100, 0, 0 }, /* one byte before that */
	{ -1, 0, 0, 100, 0, 0 },
	{ -(INT64_C(1) << 31), 65495, 0, 100, 0, 0 },
	{ -(INT64_C(1) << 31), UINT32_MAX, 0, 100, 0, 100 },
	{ 20, 10, 50, 100, 50, 50 },
	{ 45, 10, 50, 100, 50, 55 },
	{ 45, 100, 50, 100, 50, 100 },
	{ 100, 10, 50, 100, 100, 100 },
	{ 200, 10, 50, 100, 200, 200 },
	{ 20, 100, 50, 50, 50, 50 }, /* closed */
	{ 20, 100, 50, 40, 50, 50 },
	{ INT64_C(1) << 40, 10, 50, UINT64_MAX, UINT64_C(1) << 40, (UINT64_C(1) << 40) + 10 },
};

static void
test_within(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(within_rows); i++) {
		const struct within_row *row = &within_rows[i];
		struct tcp_range r = tcp_range_within(row->seq, row->len, row->low, row->high);

		CU_ASSERT_EQUAL(r.start, row->start);
		CU_ASSERT_EQUAL(r.end, row->end);
		CU_ASSERT_EQUAL(tcp_range_empty(r), row->start == row->end);
	}
}

/* A range whose ends are given the wrong way round is empty, and adds nothing. */
static void
test_turned_round(void)
{
	struct tcp_range r = tcp_range_of(10, 5);
	struct tcp_ranges_change at;
	struct tcp_ranges rs;

	CU_ASSERT_TRUE(tcp_range_empty(r));
	CU_ASSERT_EQUAL(r.start, 10);
	tcp_ranges_init(&rs);
	CU_ASSERT_EQUAL(tcp_ranges_add(&rs, r, &at), 0);
	CU_ASSERT_TRUE(tcp_ranges_empty(&rs));
	CU_ASSERT_EQUAL(add(&rs, 20, 30), 0);
	CU_ASSERT_EQUAL(add(&rs, 15, 15), 0);
	CU_ASSERT_EQUAL(rs.n, 1);
	CU_ASSERT_TRUE(tcp_range_empty(tcp_ranges_trim(&rs, tcp_range_of(25, 22))));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "random operations against a flag per byte", test_random },
		{ "capacity", test_capacity },
		{ "what of a peer's bytes lies within", test_within },
		{ "a range is never turned round", test_turned_round },
	};

	return harness_run("tcp/ranges", cases, HARNESS_COUNT(cases));
}
