/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Records that keep coming untouched are hinted at, more and more seldom.
 */
#include "resync_script.h"

/* A hint is given at once whenever it is due: after how many untouched records? */
static void
test_back_off(void)
{
	static const unsigned int told_at[] = { 2, 4, 8, 16, 32, 64, 128, 256, 384, 512, 640 };
	struct resync r;
	size_t told = 0;

	resync_init(&r);
	for (unsigned int n = 0; n <= 640; n++) {
		bool due = told < HARNESS_COUNT(told_at) && told_at[told] == n;
		const struct line quiet = { RESYNC_QUIET, 100 * n, n,
					    due ? RESYNC_HINT : RESYNC_NOTHING, due ? n : 0 };
		const struct line twice = { RESYNC_QUIET, 100 * n, n, RESYNC_NOTHING, 0 };

		CU_ASSERT_EQUAL(resync_due(&r), due);
		play_line(&r, &quiet, n);
		play_line(&r, &twice, n);
		told += due;
		again(&r, RESYNC_UNTOUCHED, 1);
	}
	CU_ASSERT_EQUAL(told, HARNESS_COUNT(told_at));
}

/* Nothing was quiet for a while: one hint makes up for all that were due. */
static void
test_late_hint(void)
{
	static const struct {
		unsigned int untouched, next;
	} rows[] = { { 2, 4 },     { 3, 4 },     { 4, 8 },     { 5, 8 },      { 7, 8 },
		     { 63, 64 },   { 64, 128 },  { 127, 128 }, { 128, 256 },  { 200, 256 },
		     { 255, 256 }, { 256, 384 }, { 300, 384 }, { 1000, 1024 } };
	static const struct line hint = { RESYNC_QUIET, 7, 70, RESYNC_HINT, 70 };
	static const struct line none = { RESYNC_QUIET, 7, 70, RESYNC_NOTHING, 0 };

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct resync r;

		resync_init(&r);
		again(&r, RESYNC_UNTOUCHED, rows[i].untouched);
		play_line(&r, &hint, i);
		for (unsigned int n = rows[i].untouched; n < rows[i].next; n++) {
			play_line(&r, &none, i);
			again(&r, RESYNC_UNTOUCHED, 1);
		}
		play_line(&r, &hint, i);
	}
}

/* A record that was opened, or touched, begins again. */
static void
test_touched(void)
{
	static const struct line hint = { RESYNC_QUIET, 7, 70, RESYNC_HINT, 70 };
	static const struct line none = { RESYNC_QUIET, 7, 70, RESYNC_NOTHING, 0 };
	struct resync r;

	for (unsigned int before = 0; before < 300; before++) {
		resync_init(&r);
		again(&r, RESYNC_UNTOUCHED, before);
		if (before > 1)
			play_line(&r, &hint, before);
		again(&r, RESYNC_TOUCHED, 1);
		play_line(&r, &none, before);
		again(&r, RESYNC_UNTOUCHED, 1);
		play_line(&r, &none, before);
		again(&r, RESYNC_UNTOUCHED, 1);
		play_line(&r, &hint, before);
		again(&r, RESYNC_UNTOUCHED, 1);
		play_line(&r, &none, before);
		again(&r, RESYNC_UNTOUCHED, 1);
		play_line(&r, &hint, before);
	}
}

/* In each state; what was asked is over, but for a start, whose end is still to come. */
static void
test_hint_when_asked(void)
{
	static const struct line early = { RESYNC_QUIET, 7000, 70, RESYNC_NOTHING, 0 };
	static const struct line asked[] = {
		{ RESYNC_REQUEST, 9000, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_QUIET, 7000, 70, RESYNC_HINT_INSTEAD, 70 },
		{ RESYNC_HEADER, 9000, 71, RESYNC_NOTHING, 0 },
		{ RESYNC_FORGET, 0, 0, RESYNC_NOTHING, 0 },
	};
	static const struct line started[] = {
		{ RESYNC_START, 6000, 100, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 6010, 69, RESYNC_NOTHING, 0 },
		{ RESYNC_QUIET, 7000, 70, RESYNC_HINT, 70 },
		{ RESYNC_QUIET, 7000, 70, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 7000, 70, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 6010, 0, RESYNC_ANSWER, 69 },
	};
	static const struct line full[] = {
		{ RESYNC_QUIET, 7000, 70, RESYNC_HINT, 70 },
		{ RESYNC_QUIET, 7000, 70, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 6010, 0, RESYNC_CANCELLED, 0 },
	};
	struct resync r;

	resync_init(&r);
	again(&r, RESYNC_UNTOUCHED, 2);
	go_on(&r, asked, HARNESS_COUNT(asked));
	again(&r, RESYNC_UNTOUCHED, 2);
	go_on(&r, started, HARNESS_COUNT(started));
	again(&r, RESYNC_UNTOUCHED, 4);
	go_on(&r, started, 1);
	parse(&r, 6000, 10, 40);
	parse(&r, 6000, 4, 50);
	go_on(&r, full, HARNESS_COUNT(full));
	/* Not yet due: it stays asked about. */
	go_on(&r, asked, 1);
	play_line(&r, &early, 0);
	go_on(&r, &(const struct line){ RESYNC_HEADER, 9000, 71, RESYNC_ANSWER, 71 }, 1);
}

/* What the device was answered counts as a hint; what it was not does not. */
static void
test_answer_counts(void)
{
	static const struct line answer[] = {
		{ RESYNC_REQUEST, 1000, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 1000, 5, RESYNC_ANSWER, 5 },
		{ RESYNC_QUIET, 1100, 6, RESYNC_NOTHING, 0 },
	};
	static const struct line logged[] = {
		{ RESYNC_START, 1000, 50, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 1000, 5, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 1000, 0, RESYNC_ANSWER, 5 },
		{ RESYNC_QUIET, 1100, 6, RESYNC_NOTHING, 0 },
	};
	static const struct line passed[] = {
		{ RESYNC_REQUEST, 1000, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 1001, 5, RESYNC_CANCELLED, 0 },
		{ RESYNC_QUIET, 1100, 6, RESYNC_HINT, 6 },
	};
	static const struct line forgotten[] = {
		{ RESYNC_FORGET, 0, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_QUIET, 1100, 6, RESYNC_HINT, 6 },
	};
	struct resync r;

	resync_init(&r);
	again(&r, RESYNC_UNTOUCHED, 2);
	go_on(&r, answer, HARNESS_COUNT(answer));
	again(&r, RESYNC_UNTOUCHED, 2);
	go_on(&r, logged, HARNESS_COUNT(logged));
	again(&r, RESYNC_UNTOUCHED, 4);
	go_on(&r, passed, HARNESS_COUNT(passed));
	/* A new context of the same key: what came untouched came untouched. */
	again(&r, RESYNC_UNTOUCHED, 8);
	go_on(&r, forgotten, HARNESS_COUNT(forgotten));
	/* An answer that comes before a hint is due neither puts it off nor brings it. */
	for (unsigned int before = 0; before < 2; before++) {
		resync_init(&r);
		again(&r, RESYNC_UNTOUCHED, before);
		go_on(&r, answer, HARNESS_COUNT(answer));
		for (unsigned int n = before; n < 2; n++) {
			go_on(&r, &answer[2], 1);
			again(&r, RESYNC_UNTOUCHED, 1);
		}
		go_on(&r, passed, HARNESS_COUNT(passed));
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "hints after 2, 4, 8 ... 128, 256, 384", test_back_off },
		{ "one hint makes up for those that were due", test_late_hint },
		{ "a touched record begins again with 2", test_touched },
		{ "a hint while the device asks", test_hint_when_asked },
		{ "an answer counts as a hint", test_answer_counts },
	};

	return harness_run("core/resync hints", cases, HARNESS_COUNT(cases));
}
