/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What spans say of a record: each part of the rule by which it counts as opened, refused alone.
 */
#include <stdio.h>

#include "core/mark_spans.h"
#include "unit/core/mark_stream.h"

enum { GENERATION = 7, RUN = 3 };

static struct mark_stream t;
static struct mark_spans spans;

static const struct record_suite *
tls13(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

/* A record of 100 bytes, and one behind it. */
static void
begin(uint64_t rec_no)
{
	uint64_t rng = 1;

	mark_stream_init(&t, tls13(), rec_no);
	mark_stream_add(&t, 79, &rng);
	mark_stream_add(&t, 79, &rng);
	memset(&spans, 0, sizeof(spans));
}

static void
add(uint32_t off, uint32_t end, bool failed)
{
	struct rtls_tls_rx_mark m = mark_stream_report(&t, off, end, GENERATION, RUN);

	CU_ASSERT_EQUAL(mark_spans_add(&spans, t.suite, off, end - off, &m, failed),
			MARK_SPANS_ADDED);
	mark_stream_walk(&t, &spans, off, end);
}

static struct mark_record
first_record(void)
{
	return (struct mark_record){
		.end_off = 100, .rec_no = t.rec_no, .vouched_no = t.rec_no, .generation = GENERATION
	};
}

/* Each part of the rule by itself. */
static void
test_rule(void)
{
	static const struct {
		struct mark_record r;
		enum mark_class class;
		bool claimed;      /* the device says that it has verified it, as some record */
		enum mark_why why; /* MIXED */
	} rows[] = {
		{ { 0, 100, 50, 50, GENERATION }, MARK_OPENED, true, MARK_WHYS },
		{ { 0, 100, 50, 40, GENERATION }, MARK_OPENED, true, MARK_WHYS },
		{ { 0, 100, 51, 50, GENERATION }, MARK_MIXED, true, MARK_WHY_PLACE },
		{ { 0, 100, 49, 40, GENERATION }, MARK_MIXED, true, MARK_WHY_PLACE },
		/* In front of its context. */
		{ { 0, 100, 50, 51, GENERATION }, MARK_MIXED, true, MARK_WHY_PLACE },
		{ { 0, 100, 50, 50, GENERATION + 1 }, MARK_MIXED, true, MARK_WHY_KEY },
		{ { 0, 100, 50, 50, 0 }, MARK_MIXED, true, MARK_WHY_KEY },
		{ { 1, 100, 50, 50, GENERATION }, MARK_MIXED, false, MARK_WHY_PLACE },
		{ { 0, 101, 50, 50, GENERATION }, MARK_MIXED, false, MARK_WHY_PARTIAL },
		{ { 0, 200, 50, 50, GENERATION }, MARK_MIXED, false, MARK_WHY_PARTIAL },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		begin(50);
		add(0, 60, false);
		add(60, 100, false);
		CU_ASSERT_EQUAL(mark_spans_judge(&spans, &rows[i].r), rows[i].class);
		CU_ASSERT_EQUAL(mark_spans_claim(&spans, &rows[i].r) != NULL, rows[i].claimed);
		if (rows[i].class == MARK_MIXED)
			CU_ASSERT_EQUAL(mark_spans_why(&spans, &rows[i].r), rows[i].why);
	}
}

/* It failed, in front or behind: nobody has verified it, nor says so. */
static void
test_failed(void)
{
	for (int how = 0; how < 4; how++) {
		struct mark_record r = first_record();

		begin(50);
		r.rec_no = r.vouched_no = 50;
		add(0, 60, (how & 1) != 0);
		add(60, 100, (how & 2) != 0);
		CU_ASSERT_EQUAL(mark_spans_judge(&spans, &r), how == 0 ? MARK_OPENED : MARK_MIXED);
		CU_ASSERT_EQUAL(mark_spans_claim(&spans, &r) != NULL, how == 0);
	}
}

/* What came of a record of 100 bytes, and why it is not opened. */
static void
test_why(void)
{
	static const struct {
		struct {
			uint32_t off, end;
			uint16_t generation, run;
			bool failed;
		} of[3]; /* end 0: there is none */
		enum mark_why why;
	} rows[] = {
		{ { { 0, 60, 7, 3, false } }, MARK_WHY_PARTIAL },
		{ { { 30, 100, 7, 3, false } }, MARK_WHY_PARTIAL },
		{ { { 30, 200, 7, 3, false } }, MARK_WHY_PARTIAL },
		{ { { 30, 60, 7, 3, false } }, MARK_WHY_PARTIAL },
		{ { { 0, 40, 7, 3, false }, { 60, 100, 7, 4, false } }, MARK_WHY_PARTIAL },
		{ { { 0, 40, 8, 3, false }, { 60, 100, 7, 4, false } }, MARK_WHY_PARTIAL },
		{ { { 0, 60, 7, 3, false }, { 60, 100, 7, 4, false } }, MARK_WHY_RUNS },
		{ { { 0, 60, 7, 3, false }, { 60, 200, 7, 4, false } }, MARK_WHY_RUNS },
		{ { { 0, 40, 7, 3, false }, { 40, 60, 7, 4, false }, { 60, 100, 7, 5, false } },
		  MARK_WHY_RUNS },
		{ { { 0, 60, 6, 3, false }, { 60, 100, 7, 4, false } }, MARK_WHY_KEY },
		{ { { 0, 60, 7, 3, false }, { 60, 100, 6, 4, false } }, MARK_WHY_KEY },
		{ { { 0, 200, 6, 3, false } }, MARK_WHY_KEY },
		{ { { 0, 200, 7, 3, true } }, MARK_WHY_FAILED },
		{ { { 0, 60, 7, 3, false }, { 60, 100, 7, 3, true } }, MARK_WHY_FAILED },
		{ { { 0, 60, 6, 3, true }, { 70, 100, 7, 4, false } }, MARK_WHY_FAILED },
		/* What lies behind the record says nothing of it. */
		{ { { 0, 60, 7, 3, false }, { 100, 200, 6, 4, true } }, MARK_WHY_PARTIAL },
		{ { { 0, 60, 7, 3, false }, { 60, 100, 7, 4, false }, { 100, 200, 6, 5, true } },
		  MARK_WHY_RUNS },
	};
	static const struct mark_record rec = { 0, 100, 50, 50, GENERATION };

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		begin(50);
		for (size_t j = 0; j < 3 && rows[i].of[j].end != 0; j++) {
			struct rtls_tls_rx_mark m = mark_stream_report(
				&t, rows[i].of[j].off, rows[i].of[j].end, rows[i].of[j].generation,
				rows[i].of[j].run);

			mark_spans_add(&spans, t.suite, rows[i].of[j].off,
				       rows[i].of[j].end - rows[i].of[j].off, &m,
				       rows[i].of[j].failed);
			mark_stream_walk(&t, &spans, rows[i].of[j].off, rows[i].of[j].end);
		}
		CU_ASSERT_EQUAL(mark_spans_judge(&spans, &rec), MARK_MIXED);
		CU_ASSERT_EQUAL(mark_spans_why(&spans, &rec), rows[i].why);
		if (mark_spans_why(&spans, &rec) != rows[i].why)
			printf("# row %zu: %d\n", i + 1, (int)mark_spans_why(&spans, &rec));
	}
}

/* A mark that contradicts the one before it: nothing of its run vouches for a place. */
static void
test_why_contradicted(void)
{
	struct rtls_tls_rx_mark m;

	begin(50);
	add(0, 60, false);
	m = mark_stream_report(&t, 60, 200, GENERATION, RUN);
	m.rec_no++;
	CU_ASSERT_EQUAL(mark_spans_add(&spans, t.suite, 60, 140, &m, false), MARK_SPANS_ADDED);
	mark_stream_walk(&t, &spans, 60, 200);
	CU_ASSERT(spans.contradicted);
	CU_ASSERT_EQUAL(mark_spans_why(&spans, &(struct mark_record){ 0, 100, 50, 50, GENERATION }),
			MARK_WHY_RUNS);
	mark_spans_put_back(&spans, 0, 60);
	mark_spans_put_back(&spans, 0, 100);
	CU_ASSERT_EQUAL(
		mark_spans_judge(&spans, &(struct mark_record){ 100, 200, 51, 50, GENERATION }),
		MARK_MIXED);
	CU_ASSERT_EQUAL(
		mark_spans_why(&spans, &(struct mark_record){ 100, 200, 51, 50, GENERATION }),
		MARK_WHY_PLACE);
}

/* The record behind a packet that begins in the one before it. */
static void
test_begins_inside(void)
{
	struct mark_record r;

	begin(50);
	add(40, 200, false);
	CU_ASSERT(!mark_spans_begin_record(&spans, 40, 5));
	for (uint32_t at = 40; at < 100;)
		at += mark_walk_step(&spans.of[0].at, t.suite, t.bytes + at, 100 - at).len;
	r = (struct mark_record){ 0, 100, 50, 50, GENERATION };
	CU_ASSERT_EQUAL(mark_spans_judge(&spans, &r), MARK_MIXED);
	CU_ASSERT_PTR_NULL(mark_spans_claim(&spans, &r));
	mark_spans_put_back(&spans, 0, 100);
	CU_ASSERT(mark_spans_begin_record(&spans, 100, 5));
	CU_ASSERT(mark_spans_begin_record(&spans, 100, 100));
	CU_ASSERT(!mark_spans_begin_record(&spans, 100, 101));
	CU_ASSERT(!mark_spans_begin_record(&spans, 99, 5));
	r = (struct mark_record){ 100, 200, 51, 50, GENERATION };
	CU_ASSERT_EQUAL(mark_spans_judge(&spans, &r), MARK_OPENED);
	mark_spans_pass(&spans, 200);
	CU_ASSERT_EQUAL(spans.n, 0);
	CU_ASSERT(!mark_spans_begin_record(&spans, 200, 1));
}

/*
 * Some bytes of the header came in a packet that nobody marked: the device has kept them, and its run begins behind
 * them. What it did is undone, and the next record is opened.
 */
static void
begins_in_header(const struct record_suite *suite, uint32_t from, uint32_t cut)
{
	struct mark_record r = { .rec_no = 50, .vouched_no = 50, .generation = GENERATION };
	uint64_t rng = 1;
	uint32_t at = from, ends[2];

	mark_stream_init(&t, suite, 50);
	mark_stream_add(&t, 79, &rng);
	mark_stream_add(&t, 79, &rng);
	memset(&spans, 0, sizeof(spans));
	ends[0] = cut;
	ends[1] = t.len;
	for (int i = 0; i < 2; at = ends[i++]) {
		struct rtls_tls_rx_mark m = mark_stream_report(&t, at, ends[i], GENERATION, RUN);

		if (mark_spans_add(&spans, t.suite, at, ends[i] - at, &m, false) ==
		    MARK_SPANS_ADDED)
			mark_stream_walk(&t, &spans, at, ends[i]);
	}
	CU_ASSERT(!spans.contradicted);
	r.end_off = t.start[1];
	CU_ASSERT(!mark_spans_begin_record(&spans, 0, 5));
	CU_ASSERT_EQUAL(mark_spans_judge(&spans, &r), MARK_MIXED);
	CU_ASSERT_EQUAL(mark_spans_why(&spans, &r), MARK_WHY_PARTIAL);
	CU_ASSERT_PTR_NULL(mark_spans_claim(&spans, &r));
	/* Exactly the body is what was transformed. */
	for (at = (uint32_t)spans.of[0].off; at < t.start[1];) {
		struct mark_stretch st = mark_walk_step(&spans.of[0].at, t.suite, t.bytes + at,
							t.start[1] - at);

		CU_ASSERT(mark_stream_has(&t, &spans.of[0].at, &st, at) || !st.body);
		at += st.len;
	}
	mark_spans_put_back(&spans, 0, t.start[1]);
	r.off = t.start[1];
	r.end_off = t.start[2];
	r.rec_no = 51;
	CU_ASSERT_EQUAL(mark_spans_judge(&spans, &r), MARK_OPENED);
}

static void
test_begins_in_header(void)
{
	static const struct record_suite *suites[2];

	suites[0] = tls13();
	suites[1] = suite_tls12_gcm();
	for (size_t i = 0; i < 2; i++)
		for (uint32_t from = 1; from <= 4; from++)
			for (uint32_t cut = from + 1; cut <= 100; cut++)
				begins_in_header(suites[i], from, cut);
}

/* Low bits are what a mark has of a number: they go round, and far from what is known they say nothing. */
static void
test_numbers(void)
{
	static const uint64_t half = UINT64_C(1) << 31;
	static const struct {
		uint64_t rec_no, vouched_no;
		bool opened;
	} rows[] = {
		{ 0, 0, true },
		{ half - 1, 0, true },
		{ half, 0, false },
		{ half, 1, true },
		{ UINT32_MAX, half, true },
		{ UINT32_MAX, half - 1, false },
		{ UINT64_C(1) << 32, UINT32_MAX, true },
		{ UINT64_C(1) << 32, 0, false },
		{ (UINT64_C(1) << 32) + 5, 5, false },
		{ (UINT64_C(5) << 32) + 5, (UINT64_C(5) << 32) + 6, false },
		{ UINT64_MAX - 1, UINT64_MAX - half, true },
		{ 5, UINT64_MAX - 5, true }, /* numbers do not wrap: nobody asks */
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct mark_record r = first_record();

		begin(rows[i].rec_no);
		add(0, 200, false);
		r.rec_no = rows[i].rec_no;
		r.vouched_no = rows[i].vouched_no;
		CU_ASSERT_EQUAL(mark_spans_judge(&spans, &r),
				rows[i].opened ? MARK_OPENED : MARK_MIXED);
		CU_ASSERT_PTR_NOT_NULL(mark_spans_claim(&spans, &r));
		/* Of all others with these low bits none is meant but the one that is near. */
		r.rec_no += UINT64_C(1) << 32;
		CU_ASSERT_EQUAL(mark_spans_judge(&spans, &r), MARK_MIXED);
	}
	/* From one record to the next one, over the edge. */
	begin(UINT32_MAX);
	add(0, 200, false);
	mark_spans_pass(&spans, 100);
	CU_ASSERT_EQUAL(spans.of[0].at.rec_no, 0);
	CU_ASSERT_EQUAL(mark_spans_judge(&spans, &(struct mark_record){ 100, 200, UINT64_C(1) << 32,
									UINT32_MAX, GENERATION }),
			MARK_OPENED);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each part of the rule", test_rule },
		{ "what failed", test_failed },
		{ "why a record is mixed", test_why },
		{ "marks that contradict each other", test_why_contradicted },
		{ "what begins inside of a record", test_begins_inside },
		{ "a run that begins in a header", test_begins_in_header },
		{ "numbers by their low bits", test_numbers },
	};

	return harness_run("core/mark_judge", cases, HARNESS_COUNT(cases));
}
