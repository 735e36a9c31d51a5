/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a device that is out of step asks about is answered when the stream comes there, with the
 * number of that very record; what ends otherwise ends once.
 */
#include "resync_script.h"

static void
test_request(void)
{
	static const struct line lines[] = {
		{ RESYNC_REQUEST, 1000, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 400, 5, RESYNC_NOTHING, 0 },
		{ RESYNC_UNTOUCHED, 0, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 999, 6, RESYNC_NOTHING, 0 },
		{ RESYNC_TOUCHED, 0, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 1000, UINT64_C(1) << 40, RESYNC_ANSWER, UINT64_C(1) << 40 },
		/* Once. */
		{ RESYNC_HEADER, 1000, 8, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 1500, 9, RESYNC_NOTHING, 0 },
		{ RESYNC_FORGET, 0, 0, RESYNC_NOTHING, 0 },
	};

	play(lines, HARNESS_COUNT(lines));
}

static void
test_replaced(void)
{
	static const struct line lines[] = {
		{ RESYNC_REQUEST, 1000, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_REQUEST, 2000, 0, RESYNC_REPLACED, 0 },
		{ RESYNC_HEADER, 1000, 5, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 2000, 6, RESYNC_ANSWER, 6 },
		/* By one in front of it, too, and by the same one. */
		{ RESYNC_REQUEST, 4000, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_REQUEST, 3000, 0, RESYNC_REPLACED, 0 },
		{ RESYNC_REQUEST, 3000, 0, RESYNC_REPLACED, 0 },
		{ RESYNC_HEADER, 3000, 7, RESYNC_ANSWER, 7 },
		{ RESYNC_HEADER, 4000, 8, RESYNC_NOTHING, 0 },
		/* By a start. */
		{ RESYNC_REQUEST, 5000, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_START, 5000, 100, RESYNC_REPLACED, 0 },
		{ RESYNC_HEADER, 5000, 9, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 5000, 0, RESYNC_ANSWER, 9 },
	};

	play(lines, HARNESS_COUNT(lines));
}

static void
test_passed(void)
{
	static const struct line lines[] = {
		{ RESYNC_REQUEST, 1000, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 1001, 5, RESYNC_CANCELLED, 0 },
		{ RESYNC_HEADER, 2000, 6, RESYNC_NOTHING, 0 },
		/* It was there before it was asked about. */
		{ RESYNC_REQUEST, 2000, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 3000, 7, RESYNC_CANCELLED, 0 },
	};

	play(lines, HARNESS_COUNT(lines));
}

/* Sequences go round; what is asked about may be as far as TCP's window. */
static void
test_request_wraps(void)
{
	static const struct line lines[] = {
		{ RESYNC_REQUEST, 5, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 0xc0000000, 4, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 0xfffffff0, 5, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 5, 6, RESYNC_ANSWER, 6 },
		{ RESYNC_REQUEST, 0xfffffff0, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 0xffffffef, 7, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 3, 8, RESYNC_CANCELLED, 0 },
		{ RESYNC_REQUEST, 0, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 0xffffffff, 9, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 0, 10, RESYNC_ANSWER, 10 },
	};

	play(lines, HARNESS_COUNT(lines));
}

/* Which headers are kept, and that one of them is told by its own number. */
static void
test_range(void)
{
	for (uint32_t asked = 0; asked < 4; asked++) {
		static const uint32_t seq[] = { 999, 1000, 1099, 1100 };
		static const enum resync_what what[] = { RESYNC_CANCELLED, RESYNC_ANSWER,
							 RESYNC_ANSWER, RESYNC_CANCELLED };
		const struct line lines[] = {
			{ RESYNC_START, 1000, 100, RESYNC_NOTHING, 0 },
			{ RESYNC_HEADER, 999, 70, RESYNC_NOTHING, 0 },
			{ RESYNC_HEADER, 1000, 71, RESYNC_NOTHING, 0 },
			{ RESYNC_UNTOUCHED, 0, 0, RESYNC_NOTHING, 0 },
			{ RESYNC_HEADER, 1099, 72, RESYNC_NOTHING, 0 },
			{ RESYNC_TOUCHED, 0, 0, RESYNC_NOTHING, 0 },
			{ RESYNC_HEADER, 1100, 73, RESYNC_NOTHING, 0 },
			{ RESYNC_HEADER, 9000, 74, RESYNC_NOTHING, 0 },
			{ RESYNC_END, seq[asked], 0, what[asked],
			  what[asked] == RESYNC_ANSWER ? 70 + asked : 0 },
			{ RESYNC_END, seq[asked], 0, RESYNC_REFUSED, 0 },
			{ RESYNC_HEADER, 9100, 75, RESYNC_NOTHING, 0 },
		};

		play(lines, HARNESS_COUNT(lines));
	}
}

/* Each of the thirteen, with sequences that go round at each of them. */
static void
test_log(void)
{
	for (uint32_t first = 0; first < 13; first++)
		for (uint32_t asked = 0; asked < 13; asked++) {
			const uint32_t base = 0U - 21 * first;
			const struct line start = { RESYNC_START, base, 300, RESYNC_NOTHING, 0 };
			const struct line end = { RESYNC_END, base + 21 * asked, 0, RESYNC_ANSWER,
						  500 + asked };
			struct resync r;

			resync_init(&r);
			play_line(&r, &start, 0);
			/* Some more behind the range: the stream has gone past it. */
			for (uint32_t i = 0; i < 13 + 7; i++) {
				const struct line header = { RESYNC_HEADER,
							     base + 21 * i + (i < 13 ? 0 : 40),
							     500 + i, RESYNC_NOTHING, 0 };

				play_line(&r, &header, i);
			}
			play_line(&r, &end, 0);
		}
}

static void
test_end_ahead(void)
{
	static const struct line lines[] = {
		{ RESYNC_START, 0xffffff00, 0x200, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 0xffffff80, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 0xfffffe00, 5, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 0xffffff80, 6, RESYNC_ANSWER, 6 },
		/* Behind what was kept. */
		{ RESYNC_START, 0xffffff00, 0x200, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 0xffffff90, 7, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 0x10, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 0x10, 8, RESYNC_ANSWER, 8 },
		/* It is asked about, and so can be passed and replaced. */
		{ RESYNC_START, 0x100, 0x100, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 0x180, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 0x181, 9, RESYNC_CANCELLED, 0 },
		{ RESYNC_START, 0x200, 0x100, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 0x280, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_START, 0x300, 0x100, RESYNC_REPLACED, 0 },
		{ RESYNC_HEADER, 0x280, 10, RESYNC_NOTHING, 0 },
		{ RESYNC_CANCEL, 0, 0, RESYNC_CANCELLED, 0 },
	};

	play(lines, HARNESS_COUNT(lines));
}

static void
test_end_passed(void)
{
	static const struct line lines[] = {
		{ RESYNC_START, 1000, 100, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 1020, 5, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 1019, 0, RESYNC_CANCELLED, 0 },
		{ RESYNC_HEADER, 1040, 6, RESYNC_NOTHING, 0 },
		/* What comes in front of the range says nothing of it. */
		{ RESYNC_START, 2000, 100, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 1999, 7, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 2010, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 2010, 8, RESYNC_ANSWER, 8 },
		/* Behind the range headers are not kept, but they pass it. */
		{ RESYNC_START, 3000, 100, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 3200, 9, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 3050, 0, RESYNC_CANCELLED, 0 },
	};

	play(lines, HARNESS_COUNT(lines));
}

/* One header too many: no answer, also about those that were kept; and the next start is a new one. */
static void
test_log_full(void)
{
	static const struct line start = { RESYNC_START, 1000, 1000, RESYNC_NOTHING, 0 };
	static const struct line replacing = { RESYNC_START, 1000, 1000, RESYNC_REPLACED, 0 };
	static const struct line last[] = {
		{ RESYNC_END, 1000, 0, RESYNC_CANCELLED, 0 },
		{ RESYNC_END, 1130, 0, RESYNC_CANCELLED, 0 },
		{ RESYNC_END, 9000, 0, RESYNC_CANCELLED, 0 },
		{ RESYNC_CANCEL, 0, 0, RESYNC_CANCELLED, 0 },
		{ RESYNC_FORGET, 0, 0, RESYNC_CANCELLED, 0 },
	};
	static const struct line over[] = {
		{ RESYNC_END, 1000, 0, RESYNC_REFUSED, 0 },
		{ RESYNC_CANCEL, 0, 0, RESYNC_REFUSED, 0 },
		{ RESYNC_HEADER, 9000, 99, RESYNC_NOTHING, 0 },
		{ RESYNC_START, 20000, 10, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 20000, 100, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 20000, 0, RESYNC_ANSWER, 100 },
	};
	static const struct line refused = { RESYNC_REQUEST, 1140, 0, RESYNC_REFUSED, 0 };
	static const struct line end = { RESYNC_END, 1120, 0, RESYNC_ANSWER, 82 };
	struct resync r;

	for (size_t i = 0; i < HARNESS_COUNT(last); i++) {
		resync_init(&r);
		play_line(&r, &start, 0);
		parse(&r, 1000, 14, 50);
		parse(&r, 1140, 2, 64);
		again(&r, RESYNC_UNTOUCHED, 1);
		again(&r, RESYNC_TOUCHED, 1);
		play_line(&r, &refused, 0);
		parse(&r, 1160, 2, 66);
		play_line(&r, &last[i], i);
		go_on(&r, over, HARNESS_COUNT(over));
	}
	resync_init(&r);
	play_line(&r, &start, 0);
	parse(&r, 1000, 14, 50);
	play_line(&r, &replacing, 0);
	parse(&r, 1000, 13, 70);
	play_line(&r, &end, 0);
}

/* As many headers may be parsed between start and end, kept or not. */
static void
test_count_full(void)
{
	static const struct line start = { RESYNC_START, 1000, 20, RESYNC_NOTHING, 0 };

	for (uint32_t more = 0; more < 2; more++) {
		const struct line end = { RESYNC_END, 1010, 0,
					  more == 0 ? RESYNC_ANSWER : RESYNC_CANCELLED,
					  more == 0 ? 8 : 0 };
		struct resync r;

		resync_init(&r);
		play_line(&r, &start, 0);
		parse(&r, 980, 2, 5); /* in front of it: they do not count */
		parse(&r, 1000, 65535 + more, 7);
		play_line(&r, &end, 0);
	}
}

/* What a device must not do changes nothing. */
static void
test_refused(void)
{
	static const struct line lines[] = {
		{ RESYNC_END, 1000, 0, RESYNC_REFUSED, 0 },
		{ RESYNC_CANCEL, 0, 0, RESYNC_REFUSED, 0 },
		{ RESYNC_HEADER, 1000, 4, RESYNC_NOTHING, 0 },
		{ RESYNC_REQUEST, 2000, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 1500, 0, RESYNC_REFUSED, 0 },
		{ RESYNC_CANCEL, 1500, 0, RESYNC_REFUSED, 0 },
		{ RESYNC_HEADER, 1500, 5, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 2000, 6, RESYNC_ANSWER, 6 },
		{ RESYNC_START, 3000, 100, RESYNC_NOTHING, 0 },
		{ RESYNC_REQUEST, 3500, 0, RESYNC_REFUSED, 0 },
		{ RESYNC_HEADER, 3020, 7, RESYNC_NOTHING, 0 },
		{ RESYNC_REQUEST, 3040, 0, RESYNC_REFUSED, 0 },
		{ RESYNC_HEADER, 3040, 8, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 3020, 0, RESYNC_ANSWER, 7 },
	};

	play(lines, HARNESS_COUNT(lines));
}

static void
test_start_again(void)
{
	static const struct line lines[] = {
		{ RESYNC_START, 1000, 100, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 1010, 5, RESYNC_NOTHING, 0 },
		{ RESYNC_START, 2000, 100, RESYNC_REPLACED, 0 },
		{ RESYNC_HEADER, 2010, 6, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 2020, 7, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 2020, 0, RESYNC_ANSWER, 7 },
		/* What the former one kept is gone. */
		{ RESYNC_START, 3000, 100, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 3010, 8, RESYNC_NOTHING, 0 },
		{ RESYNC_START, 3000, 100, RESYNC_REPLACED, 0 },
		{ RESYNC_HEADER, 3020, 9, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 3010, 0, RESYNC_CANCELLED, 0 },
		{ RESYNC_START, 4000, 100, RESYNC_NOTHING, 0 },
		{ RESYNC_CANCEL, 0, 0, RESYNC_CANCELLED, 0 },
		{ RESYNC_START, 4000, 100, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 4000, 10, RESYNC_NOTHING, 0 },
		{ RESYNC_END, 4000, 0, RESYNC_ANSWER, 10 },
	};

	play(lines, HARNESS_COUNT(lines));
}

static void
test_forget(void)
{
	static const struct line lines[] = {
		{ RESYNC_REQUEST, 1000, 0, RESYNC_NOTHING, 0 },
		{ RESYNC_FORGET, 0, 0, RESYNC_CANCELLED, 0 },
		{ RESYNC_HEADER, 1000, 5, RESYNC_NOTHING, 0 },
		{ RESYNC_START, 2000, 100, RESYNC_NOTHING, 0 },
		{ RESYNC_HEADER, 2000, 6, RESYNC_NOTHING, 0 },
		{ RESYNC_FORGET, 0, 0, RESYNC_CANCELLED, 0 },
		{ RESYNC_END, 2000, 0, RESYNC_REFUSED, 0 },
		{ RESYNC_FORGET, 0, 0, RESYNC_NOTHING, 0 },
	};

	play(lines, HARNESS_COUNT(lines));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a request is answered at its header", test_request },
		{ "a newer request replaces it", test_replaced },
		{ "what the stream has passed is cancelled", test_passed },
		{ "sequences go round", test_request_wraps },
		{ "what lies in a range is kept", test_range },
		{ "the number is that of the record asked about", test_log },
		{ "an end in front of its header", test_end_ahead },
		{ "an end where no header was", test_end_passed },
		{ "one header more than are kept", test_log_full },
		{ "one header more than are counted", test_count_full },
		{ "what breaks the rules changes nothing", test_refused },
		{ "a start behind a start", test_start_again },
		{ "a context that goes takes its requests along", test_forget },
	};

	return harness_run("core/resync", cases, HARNESS_COUNT(cases));
}
