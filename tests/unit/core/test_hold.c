/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "core/hold.h"
#include "support/harness.h"

enum {
	SECOND = 1000000,
	HELD = 10000,
	STEPS = 8,
};

struct step {
	uint32_t at_ms;
	uint32_t held;
	uint64_t taken;
};

/* From these steps on, at at_ms: can it be judged, and what does it make of HELD bytes? */
static const struct {
	struct step steps[STEPS];
	uint32_t at_ms;
	bool judged;
	uint64_t rate, waste;
} judge_rows[] = {
	/* Nobody is judged before 10 s. */
	{ { { 0, 0, 0 } }, 99000, false, 0, 0 },
	{ { { 1000, HELD, 0 } }, 1000, false, 0, 0 },
	{ { { 1000, HELD, 0 } }, 10999, false, 0, 0 },
	{ { { 1000, HELD, 0 } }, 11000, true, 0, 100000 },
	{ { { 1000, HELD, 0 } }, 61000, true, 0, 600000 },
	/* It held nothing for a moment: the time begins anew. */
	{ { { 1000, HELD, 0 }, { 9000, 0, 500 }, { 9001, HELD, 500 } }, 18999, false, 0, 0 },
	{ { { 1000, HELD, 0 }, { 9000, 0, 500 }, { 9001, HELD, 500 } }, 19001, true, 0, 100000 },
	/* 10,000 bytes in 10 s of 10,000 held: a tenth of it a second. */
	{ { { 0, HELD, 0 }, { 5000, HELD, 5000 }, { 9999, HELD, 10000 } }, 10000, true, 100, 0 },
	{ { { 0, HELD, 0 }, { 5000, HELD, 5000 }, { 9999, HELD, 10000 } }, 12000, true, 83, 20000 },
	/* A byte now and then is as good as nothing. */
	{ { { 0, HELD, 0 }, { 9000, HELD, 1 }, { 18000, HELD, 2 } }, 20000, true, 0, 20000 },
	/* What was taken long ago does not count: 10 MB first, then nothing. */
	{ { { 0, HELD, 0 }, { 9000, HELD, 10000000 } }, 19000, true, 0, 100000 },
	/* Nor does it when some bytes follow. */
	{ { { 0, HELD, 0 },
	    { 9000, HELD, 10000000 },
	    { 18000, HELD, 10000100 },
	    { 29000, HELD, 10000200 } },
	  38000,
	  true,
	  0,
	  90000 },
	{ { { 0, HELD, 0 },
	    { 10000, HELD, 10000000 },
	    { 20000, HELD, 10010000 },
	    { 30000, HELD, 10020000 } },
	  30000,
	  true,
	  100,
	  0 },
};

static void
test_judge(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(judge_rows); i++) {
		struct hold_score score = { 0, 0 };
		struct hold h;
		bool judged;

		hold_init(&h);
		for (size_t n = 0; n < STEPS && (n == 0 || judge_rows[i].steps[n].at_ms != 0); n++)
			hold_input(&h, judge_rows[i].steps[n].held, judge_rows[i].steps[n].taken,
				   (uint64_t)judge_rows[i].steps[n].at_ms * 1000);
		judged = hold_judge(&h, HELD, (uint64_t)judge_rows[i].at_ms * 1000, &score);
		if (judged != judge_rows[i].judged || score.rate != judge_rows[i].rate ||
		    score.waste != judge_rows[i].waste)
			printf("# row %zu: %d %llu %llu\n", i, judged,
			       (unsigned long long)score.rate, (unsigned long long)score.waste);
		CU_ASSERT_EQUAL(judged, judge_rows[i].judged);
		CU_ASSERT_EQUAL(score.rate, judge_rows[i].rate);
		CU_ASSERT_EQUAL(score.waste, judge_rows[i].waste);
	}
}

static void
test_worse(void)
{
	const struct hold_score stuck = { 0, 500 }, stuck_more = { 0, 501 }, slow = { 1, 9999 };

	CU_ASSERT(hold_worse(&stuck, &slow));
	CU_ASSERT(!hold_worse(&slow, &stuck));
	CU_ASSERT(hold_worse(&stuck_more, &stuck));
	CU_ASSERT(!hold_worse(&stuck, &stuck_more));
	CU_ASSERT(!hold_worse(&stuck, &stuck));
}

/* 40 GB taken, 4 GB held, for a month: no figure overflows. */
static void
test_large(void)
{
	const uint64_t month = UINT64_C(31) * 86400 * SECOND, held = UINT64_C(4) << 30;
	struct hold_score score;
	struct hold h = { 0 };

	hold_input(&h, held, 0, 0);
	hold_input(&h, held, UINT64_C(40) << 30, month);
	CU_ASSERT(hold_judge(&h, held, month, &score));
	CU_ASSERT_EQUAL(score.rate, 0);
	CU_ASSERT(hold_judge(&h, held, 2 * month, &score));
	CU_ASSERT_EQUAL(score.waste, held * 31 * 86400);
	CU_ASSERT(!hold_judge(&h, 0, 2 * month, &score));
}

/* Time in which the network answered nothing is nobody's, and what is counted begins not later than now. */
static void
test_answered(void)
{
	struct hold_score score;
	struct hold h;

	hold_init(&h);
	hold_away(&h, SECOND / 2);
	hold_answered(&h, SECOND);
	CU_ASSERT(!hold_holds(&h));
	hold_input(&h, HELD, 0, 0);
	hold_input(&h, HELD, 4000, 4 * SECOND);
	/* Away from there to 19 s: six seconds more until ten are counted. */
	hold_away(&h, 4 * SECOND);
	hold_answered(&h, 19 * (uint64_t)SECOND);
	hold_input(&h, HELD, 8000, 19 * (uint64_t)SECOND);
	CU_ASSERT(!hold_judge(&h, HELD, 24999999, &score));
	CU_ASSERT(hold_judge(&h, HELD, 25000000, &score));
	CU_ASSERT_EQUAL(score.rate, 80);
	CU_ASSERT_EQUAL(score.waste, 60000);
	/* Without: 8,000 bytes in 25 s. */
	hold_init(&h);
	hold_input(&h, HELD, 0, 0);
	hold_input(&h, HELD, 4000, 4 * SECOND);
	hold_input(&h, HELD, 8000, 19 * (uint64_t)SECOND);
	CU_ASSERT(hold_judge(&h, HELD, 25000000, &score));
	CU_ASSERT_EQUAL(score.rate, 32);
	/* A mark of that time does not come to lie behind now. */
	hold_init(&h);
	hold_input(&h, HELD, 0, 0);
	hold_away(&h, 0);
	hold_input(&h, HELD, 0, 11 * (uint64_t)SECOND);
	hold_answered(&h, 12 * (uint64_t)SECOND);
	hold_input(&h, HELD, 9000, 12 * (uint64_t)SECOND);
	hold_input(&h, HELD, 10000, 13 * (uint64_t)SECOND);
	CU_ASSERT(!hold_judge(&h, HELD, 21999999, &score));
	CU_ASSERT(hold_judge(&h, HELD, 22000000, &score));
	CU_ASSERT_EQUAL(score.rate, 100);
}

/* Who takes a byte behind each timeout, of a second, is counted with the time before it. */
static void
test_each_timeout(void)
{
	struct hold_score score;
	uint64_t now_us = SECOND;
	struct hold h;

	hold_init(&h);
	hold_input(&h, HELD, 0, now_us);
	for (uint64_t taken = 1; taken <= 20; taken++) {
		CU_ASSERT_EQUAL(hold_judge(&h, HELD, now_us, &score), taken > 10);
		now_us += SECOND;
		hold_away(&h, now_us);
		now_us += SECOND / 10;
		hold_answered(&h, now_us);
		hold_input(&h, HELD, taken, now_us);
	}
	CU_ASSERT(hold_judge(&h, HELD, now_us, &score));
	CU_ASSERT_EQUAL(score.rate, 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "judged", test_judge },
		{ "the worse one", test_worse },
		{ "large figures", test_large },
		{ "the network answers again", test_answered },
		{ "a byte behind each timeout", test_each_timeout },
	};

	return harness_run("unit/core/hold", cases, HARNESS_COUNT(cases));
}
