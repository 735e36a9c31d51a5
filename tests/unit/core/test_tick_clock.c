/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "core/tick_clock.h"
#include "support/harness.h"

enum { MS = 1000 };

static const uint64_t START_US = 1000000;

/* ticks = num / den in a microsecond, and `first` at START_US. */
static const struct {
	uint64_t num, den, first;
} clocks[] = {
	{ 1, 1, 0 },       { 1000, 1, 1 },        { 1, 1000, UINT64_C(1) << 50 },
	{ 37, 10, 12345 }, { 100013, 100000, 7 }, { 60000, 1, 0 },
};

static uint64_t
ticks_at(size_t i, uint64_t us)
{
	return clocks[i].first + (us - START_US) * clocks[i].num / clocks[i].den;
}

static void
read_until(struct tick_clock *c, size_t i, uint64_t from_us, uint64_t end_us)
{
	for (uint64_t us = from_us; us <= end_us; us += MS)
		tick_clock_read(c, us, ticks_at(i, us));
}

/* What it will say in two milliseconds, within a tick and a hundredth of a microsecond. */
static void
is_right(const struct tick_clock *c, size_t i, uint64_t now_us)
{
	for (uint64_t us = now_us; us < now_us + 2 * MS; us += 333) {
		int64_t off = (int64_t)(tick_clock_at(c, us) - ticks_at(i, us));
		int64_t slack = 1 + (int64_t)(clocks[i].num / clocks[i].den / 100);

		CU_ASSERT(-slack <= off && off <= slack);
	}
}

static void
test_told(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(clocks); i++) {
		struct tick_clock c = { 0 };

		if (clocks[i].num < clocks[i].den / 2)
			continue;
		read_until(&c, i, START_US, START_US + 9 * MS);
		CU_ASSERT_FALSE(tick_clock_is_known(&c));
		read_until(&c, i, START_US + 10 * MS, START_US + 10 * MS);
		CU_ASSERT_TRUE(tick_clock_is_known(&c));
		is_right(&c, i, START_US + 10 * MS);
		read_until(&c, i, START_US + 11 * MS, START_US + 5000 * MS);
		is_right(&c, i, START_US + 5000 * MS);
		/* A past time is now. */
		CU_ASSERT_EQUAL(tick_clock_at(&c, START_US), ticks_at(i, START_US + 5000 * MS));
	}
}

/* The speed drifts by a hundred parts in a million: it is followed. */
static void
test_drift(void)
{
	struct tick_clock c = { 0 };
	uint64_t us, ticks = 5;

	for (us = START_US; us < START_US + 3000 * MS; us += MS, ticks += 1000000)
		tick_clock_read(&c, us, ticks);
	for (; us < START_US + 9000 * MS; us += MS, ticks += 1000100)
		tick_clock_read(&c, us, ticks);
	CU_ASSERT_TRUE(tick_clock_is_known(&c));
	/* The last reading was a millisecond before. */
	CU_ASSERT(tick_clock_at(&c, us + MS) - ticks <= 1000100 + 10);
	CU_ASSERT(tick_clock_at(&c, us + MS) - ticks >= 1000100 - 10);
}

/* What ends it: it stands still, goes back, jumps, is another one; our time does so; it cannot be read. */
static const struct {
	int64_t us, ticks; /* from the last reading on, of a clock of 10 in a us */
} breaks[] = {
	{ 1000, 0 },
	{ 1000, -1 },
	{ 0, 10 },
	{ -1, 10 },
	{ 1000, 1000000 },
	{ 20000000, 200000000 },
	{ 1000, INT64_MAX / 2 },
};

static void
test_breaks(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(breaks); i++) {
		struct tick_clock c = { 0 };
		uint64_t us = START_US, ticks = UINT64_C(1) << 33;

		for (int n = 0; n < 20; n++, us += MS, ticks += 10 * MS)
			tick_clock_read(&c, us, ticks);
		CU_ASSERT_TRUE(tick_clock_is_known(&c));
		us = us - MS + (uint64_t)breaks[i].us;
		ticks = ticks - 10 * MS + (uint64_t)breaks[i].ticks;
		tick_clock_read(&c, us, ticks);
		CU_ASSERT_FALSE(tick_clock_is_known(&c));
		/* Its new speed is measured. */
		for (int n = 0; n < 10; n++)
			tick_clock_read(&c, us += MS, ticks += 30 * MS);
		CU_ASSERT_TRUE(tick_clock_is_known(&c));
		CU_ASSERT_EQUAL(tick_clock_at(&c, us + 100), ticks + 3000);
	}
}

static void
test_lost(void)
{
	struct tick_clock c = { 0 };

	CU_ASSERT_TRUE(tick_clock_is_old(&c, START_US, MS));
	read_until(&c, 0, START_US, START_US + 20 * MS);
	CU_ASSERT_FALSE(tick_clock_is_old(&c, START_US + 20 * MS, MS));
	tick_clock_lost(&c, START_US + 21 * MS);
	CU_ASSERT_FALSE(tick_clock_is_known(&c));
	/* It is not tried again at once. */
	CU_ASSERT_FALSE(tick_clock_is_old(&c, START_US + 22 * MS - 1, MS));
	CU_ASSERT_TRUE(tick_clock_is_old(&c, START_US + 22 * MS, MS));
	read_until(&c, 0, START_US + 22 * MS, START_US + 32 * MS);
	CU_ASSERT_TRUE(tick_clock_is_known(&c));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "it is told", test_told },
		{ "drift", test_drift },
		{ "what ends it", test_breaks },
		{ "not to be read", test_lost },
	};

	return harness_run("core/tick_clock", cases, HARNESS_COUNT(cases));
}
