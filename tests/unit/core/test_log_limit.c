/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "core/log_limit.h"
#include "support/harness.h"

enum {
	SECOND = 1000000,
	QUIET = -1,
};

/* In turn: at a time, is it told of, and how many were left out? */
static void
test_steps(void)
{
	static const struct {
		uint64_t now_us;
		int64_t left_out;
	} rows[] = {
		/* The first one is loud, whatever the time is. */
		{ 0, 0 },
		{ 0, QUIET },
		{ SECOND - 1, QUIET },
		{ SECOND, 2 },
		{ SECOND, QUIET },
		/* A long silence saves up nothing: one, not several. */
		{ 10 * SECOND, 1 },
		{ 10 * SECOND + 1, QUIET },
		/* Time that runs backwards. */
		{ 9 * SECOND, QUIET },
		{ 0, QUIET },
		{ 11 * SECOND, 3 },
		{ 12 * SECOND, 0 },
		/* Near the end of time it wraps to nothing. */
		{ UINT64_MAX - 1, 0 },
		{ UINT64_MAX - 1, QUIET },
		{ UINT64_MAX, 1 },
	};
	struct log_limit l = { 0 };

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint64_t left_out = 99;
		bool told = log_limit_take(&l, rows[i].now_us, SECOND, &left_out);

		CU_ASSERT_EQUAL(told, rows[i].left_out != QUIET);
		CU_ASSERT_EQUAL(left_out, told ? (uint64_t)rows[i].left_out : 99);
	}
}

/* Several things together: at a time, is one more of them told of? */
static void
test_budget(void)
{
	static const struct {
		uint64_t now_us;
		bool told;
	} rows[] = {
		{ 5, true },
		{ 5, true },
		{ 5, false },
		{ SECOND + 4, false },
		/* The next interval begins with its first one. */
		{ SECOND + 5, true },
		{ 2 * SECOND, true },
		{ 2 * SECOND + 4, false },
		{ 2 * SECOND + 5, true },
		/* Time that runs backwards. */
		{ 0, true },
		{ 0, false },
		{ UINT64_MAX - 1, true },
		{ UINT64_MAX - 1, true },
		{ UINT64_MAX - 1, false },
		{ UINT64_MAX, true },
	};
	struct log_budget b = { 0 };

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(log_budget_take(&b, rows[i].now_us, SECOND, 2), rows[i].told);
}

/* Without an interval nothing is left out. */
static void
test_always(void)
{
	struct log_limit l = { 0 };
	uint64_t left_out;

	for (uint64_t now_us = 5; now_us > 0; now_us--) {
		CU_ASSERT(log_limit_take(&l, now_us, 0, &left_out));
		CU_ASSERT_EQUAL(left_out, 0);
	}
}

/* However often and however regularly it happens: one per interval, and none is forgotten. */
static void
test_flood(void)
{
	static const uint64_t steps_us[] = { 1, 7, 1000, 333333, SECOND - 1, SECOND, SECOND + 1 };

	for (size_t i = 0; i < HARNESS_COUNT(steps_us); i++) {
		uint64_t told = 0, counted = 0, now_us = 12345, last_us = 0, left_out = 0;
		struct log_limit l = { 0 };

		for (int n = 0; n < 100000; n++, now_us += steps_us[i]) {
			if (!log_limit_take(&l, now_us, SECOND, &left_out))
				continue;
			CU_ASSERT(told == 0 || now_us - last_us >= SECOND);
			last_us = now_us;
			told++;
			counted += 1 + left_out;
		}
		CU_ASSERT_EQUAL(counted + l.left_out, 100000);
		CU_ASSERT(told <= (now_us - 12345) / SECOND + 1);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "step by step", test_steps },
		{ "always", test_always },
		{ "several things together", test_budget },
		{ "a flood", test_flood },
	};

	return harness_run("unit/core/log-limit", cases, HARNESS_COUNT(cases));
}
