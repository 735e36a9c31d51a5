/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/mark_spans.h"

#include "unit/core/mark_stream.h"

enum { GENERATION = 7, RUN = 3, REC_NO = 1000 };

/* Ten records of 100 bytes on the wire. */
static struct mark_stream t;
static struct mark_spans spans;

static const struct record_suite *
tls13(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

/* So that no mark has a number in common with an offset. */
static void
begin_at(uint64_t rec_no)
{
	uint64_t rng = 1;

	mark_stream_init(&t, tls13(), rec_no);
	while (t.records < 10)
		mark_stream_add(&t, 79, &rng);
	memset(&spans, 0, sizeof(spans));
}

static void
begin(void)
{
	begin_at(REC_NO);
}

/* The packet [off, end), of which a device says m. */
static enum mark_spans_added
add_as(uint32_t off, uint32_t end, const struct rtls_tls_rx_mark *m, bool failed)
{
	enum mark_spans_added rc;

	if (mark_spans_grow(&spans, t.suite, off, end - off, m, failed))
		return MARK_SPANS_ADDED;
	rc = mark_spans_add(&spans, t.suite, off, end - off, m, failed);
	if (rc != MARK_SPANS_ADDED)
		return rc;
	for (uint32_t at = off; at < end;)
		at += mark_walk_step(&spans.end, t.suite, t.bytes + at, end - at).len;
	mark_spans_walked(&spans);
	return rc;
}

/* And it tells the truth. */
static enum mark_spans_added
add(uint32_t off, uint32_t end, uint16_t run)
{
	struct rtls_tls_rx_mark m = mark_stream_report(&t, off, end, GENERATION, run);

	return add_as(off, end, &m, false);
}

static struct mark_record
record(uint32_t i)
{
	return (struct mark_record){
		.off = t.start[i],
		.end_off = t.start[i + 1],
		.rec_no = t.rec_no + i,
		.vouched_no = t.rec_no,
		.generation = GENERATION,
	};
}

static enum mark_class
judged(uint32_t i)
{
	struct mark_record r = record(i);

	return mark_spans_judge(&spans, &r);
}

static bool
is_span(uint32_t i, uint64_t off, uint64_t end_off)
{
	return i < spans.n && spans.of[i].off == off && spans.of[i].end_off == end_off;
}

/* --- what joins ----------------------------------------------------------------- */

static void
test_grows(void)
{
	begin();
	CU_ASSERT_EQUAL(judged(0), MARK_UNTOUCHED);
	for (uint32_t off = 0; off < 300; off += 30) {
		CU_ASSERT_EQUAL(add(off, off + 30, RUN), MARK_SPANS_ADDED);
		CU_ASSERT_EQUAL(spans.n, 1);
		CU_ASSERT(is_span(0, 0, off + 30));
		CU_ASSERT_EQUAL(judged(0), off >= 90 ? MARK_OPENED : MARK_MIXED);
		CU_ASSERT_EQUAL(judged(1), MARK_MIXED); /* it begins behind the span's first byte */
	}
	CU_ASSERT(!spans.contradicted);
	for (uint32_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(judged(i), MARK_OPENED);
		mark_spans_pass(&spans, t.start[i + 1]);
	}
	CU_ASSERT_EQUAL(spans.n, 0);
	CU_ASSERT_EQUAL(judged(3), MARK_UNTOUCHED);
	/* Behind what has gone it begins anew. */
	CU_ASSERT_EQUAL(add(300, 400, RUN), MARK_SPANS_ADDED);
	CU_ASSERT_EQUAL(judged(3), MARK_OPENED);
	CU_ASSERT(!spans.contradicted);
}

/* What is another context's, another run's, not verified, or not next to it is a span of its own. */
static void
test_apart(void)
{
	for (int how = 0; how < 4; how++) {
		uint32_t off = how == 3 ? 51 : 50;
		struct rtls_tls_rx_mark m = mark_stream_report(&t, off, 100, GENERATION, RUN);

		begin();
		m = mark_stream_report(&t, off, 100, GENERATION, RUN);
		m.generation = (uint16_t)(m.generation + (how == 0));
		m.run = (uint16_t)(m.run + (how == 1));
		CU_ASSERT_EQUAL(add(0, 50, RUN), MARK_SPANS_ADDED);
		CU_ASSERT_EQUAL(add_as(off, 100, &m, how == 2), MARK_SPANS_ADDED);
		CU_ASSERT_EQUAL(spans.n, 2);
		CU_ASSERT(is_span(0, 0, 50) && is_span(1, off, 100));
		CU_ASSERT_EQUAL(spans.of[0].failed, false);
		CU_ASSERT_EQUAL(spans.of[1].failed, how == 2);
		CU_ASSERT_EQUAL(judged(0), MARK_MIXED);
		/* All of that can be so. */
		CU_ASSERT(!spans.contradicted);
		CU_ASSERT(spans.of[0].vouches);
		/* The whole record behind it is another matter. */
		CU_ASSERT_EQUAL(add(100, 200, (uint16_t)(RUN + 9)), MARK_SPANS_ADDED);
		mark_spans_put_back(&spans, 1, 100);
		mark_spans_put_back(&spans, 0, 50);
		CU_ASSERT_EQUAL(judged(1), MARK_OPENED);
	}
}

/* Two runs that lie next to each other and whose packets come in turns: what is added to is the last. */
static void
test_in_turns(void)
{
	begin();
	CU_ASSERT_EQUAL(add(0, 40, RUN), MARK_SPANS_ADDED);
	CU_ASSERT_EQUAL(add(100, 140, RUN + 1), MARK_SPANS_ADDED);
	CU_ASSERT_EQUAL(add(40, 100, RUN), MARK_SPANS_ADDED);
	CU_ASSERT_EQUAL(spans.n, 3);
	CU_ASSERT(is_span(0, 0, 40) && is_span(1, 40, 100) && is_span(2, 100, 140));
	CU_ASSERT(!spans.contradicted);
	CU_ASSERT_EQUAL(judged(0), MARK_MIXED);
}

/* Of the same run, and next to it, and not what comes next there. */
static void
test_contradicts(void)
{
	for (int how = 0; how < 5; how++) {
		struct rtls_tls_rx_mark m;

		begin();
		m = mark_stream_report(&t, 150, 200, GENERATION, RUN);
		m.rec_no += how == 0;
		m.rec_no -= how == 1;
		m.rec_off = (uint16_t)(m.rec_off + (how == 2));
		m.rec_len = (uint16_t)(m.rec_len + (how == 3));
		m.rec_len = (uint16_t)(how == 4 ? 0 : m.rec_len);
		CU_ASSERT_EQUAL(add(0, 150, RUN), MARK_SPANS_ADDED);
		CU_ASSERT(!spans.contradicted);
		CU_ASSERT_EQUAL(judged(0), MARK_OPENED);
		add_as(150, 200, &m, false);
		CU_ASSERT(spans.contradicted);
		/* Also of what it had said before. */
		CU_ASSERT_EQUAL(judged(0), MARK_MIXED);
	}
}

/* Two contexts may use the same number for a run: the one says nothing of the other's. */
static void
test_other_context(void)
{
	struct rtls_tls_rx_mark m;

	begin();
	m = mark_stream_report(&t, 100, 200, GENERATION + 1, RUN);
	m.rec_no += 5;
	CU_ASSERT_EQUAL(add(0, 100, RUN), MARK_SPANS_ADDED);
	CU_ASSERT_EQUAL(add_as(100, 200, &m, false), MARK_SPANS_ADDED);
	CU_ASSERT(!spans.contradicted);
	CU_ASSERT_EQUAL(judged(0), MARK_OPENED);
}

/* Of two that contradict each other neither is believed, whichever of them is as it should be. */
static void
test_neither(void)
{
	struct rtls_tls_rx_mark m;
	struct mark_record r;

	for (uint32_t gone = 0; gone < 2; gone++) {
		begin();
		m = mark_stream_report(&t, 100, 200, GENERATION, RUN);
		m.rec_no += 5;
		r = record(1);
		r.rec_no = m.rec_no;
		CU_ASSERT_EQUAL(add(0, 100, RUN), MARK_SPANS_ADDED);
		if (gone)
			mark_spans_pass(&spans, 100);
		CU_ASSERT_EQUAL(add_as(100, 200, &m, false), MARK_SPANS_ADDED);
		CU_ASSERT(spans.contradicted);
		if (!gone) {
			CU_ASSERT_EQUAL(judged(0), MARK_MIXED);
			mark_spans_put_back(&spans, 0, 100);
		}
		CU_ASSERT_EQUAL(mark_spans_judge(&spans, &r), MARK_MIXED);
		CU_ASSERT_PTR_NULL(mark_spans_claim(&spans, &r));
	}
}

/* What the packet's own bytes show. */
static void
test_contradicts_bytes(void)
{
	for (int how = 0; how < 6; how++) {
		struct rtls_tls_rx_mark m;
		uint32_t off = how < 4 ? 0 : 3;

		begin();
		m = mark_stream_report(&t, off, 120, GENERATION, RUN);
		m.rec_len = (uint16_t)(m.rec_len + (how == 0 || how == 4));
		m.rec_len = (uint16_t)(m.rec_len - (how == 1));
		m.rec_off = (uint16_t)(m.rec_off + (how == 2));
		if (how == 3 || how == 5)
			m.rec_len = 0;
		add_as(off, 120, &m, false);
		CU_ASSERT(spans.contradicted);
		CU_ASSERT_NOT_EQUAL(judged(0), MARK_OPENED);
	}
	/* A length that the device cannot know yet. */
	begin();
	add_as(0, 4, &(struct rtls_tls_rx_mark){ GENERATION, RUN, REC_NO, 0, 100, { 0 } }, false);
	CU_ASSERT(spans.contradicted);
	CU_ASSERT_EQUAL(add(4, 100, RUN), MARK_SPANS_ADDED);
	CU_ASSERT_NOT_EQUAL(judged(0), MARK_OPENED);
}

/* No record ends, or is, where it says. */
static void
test_impossible(void)
{
	static const struct rtls_tls_rx_mark marks[] = {
		{ GENERATION, RUN, REC_NO, 100, 100, { 0 } },
		{ GENERATION, RUN, REC_NO, 101, 100, { 0 } },
		{ GENERATION, RUN, REC_NO, 50, 0, { 0 } },
		{ GENERATION, RUN, REC_NO, 5, 0, { 0 } },
		{ GENERATION, RUN, REC_NO, 0, 5, { 0 } },
		{ GENERATION, RUN, REC_NO, 0, 21, { 0 } },
		{ GENERATION, RUN, REC_NO, 0, 5 + RECORD_PLAIN_MAX + 257, { 0 } },
		{ GENERATION, RUN, REC_NO, UINT16_MAX, UINT16_MAX, { 0 } },
	};

	for (size_t i = 0; i < HARNESS_COUNT(marks); i++) {
		begin();
		add_as(0, 100, &marks[i], false);
		CU_ASSERT(spans.contradicted);
		CU_ASSERT_NOT_EQUAL(judged(0), MARK_OPENED);
	}
}

/* Only a part of a header whose front came by another way: nothing was transformed, nothing is noted. */
static void
test_nothing(void)
{
	begin();
	CU_ASSERT_EQUAL(add(0, 100, RUN), MARK_SPANS_ADDED);
	CU_ASSERT_EQUAL(add(102, 104, RUN + 1), MARK_SPANS_NOTHING);
	CU_ASSERT_EQUAL(spans.n, 1);
	/* The first span goes on all the same. */
	CU_ASSERT_EQUAL(add(100, 102, RUN), MARK_SPANS_ADDED);
	CU_ASSERT(is_span(0, 0, 102));
	/* Behind its front it is a part of the run. */
	CU_ASSERT_EQUAL(add(102, 104, RUN), MARK_SPANS_ADDED);
	CU_ASSERT_EQUAL(add(104, 200, RUN), MARK_SPANS_ADDED);
	CU_ASSERT(is_span(0, 0, 200));
	CU_ASSERT(!spans.contradicted);
	CU_ASSERT_EQUAL(judged(0), MARK_OPENED);
	mark_spans_pass(&spans, 100);
	CU_ASSERT_EQUAL(judged(1), MARK_OPENED);
}

/* --- what is taken away ------------------------------------------------------------ */

/* n spans with gaps between them. */
static void
add_many(uint32_t n)
{
	begin();
	for (uint32_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(add(100 * i, 100 * i + 90, (uint16_t)(RUN + i)), MARK_SPANS_ADDED);
	CU_ASSERT_EQUAL(spans.n, n);
}

static void
test_full(void)
{
	struct mark_spans before;

	add_many(MARK_SPANS_MAX);
	before = spans;
	CU_ASSERT_EQUAL(add(95, 98, RUN + 20), MARK_SPANS_FULL);
	CU_ASSERT_EQUAL(add(850, 900, RUN + 21), MARK_SPANS_FULL);
	CU_ASSERT_EQUAL(memcmp(spans.of, before.of, sizeof(spans.of)), 0);
	CU_ASSERT_EQUAL(spans.n, MARK_SPANS_MAX);
	CU_ASSERT(!spans.contradicted);
	/* What joins needs no room. */
	CU_ASSERT_EQUAL(add(790, 800, RUN + 7), MARK_SPANS_ADDED);
	CU_ASSERT(is_span(7, 700, 800));
	/* Where one goes there is room again, in its place by offset. */
	mark_spans_put_back(&spans, 3, 390);
	CU_ASSERT_EQUAL(spans.n, MARK_SPANS_MAX - 1);
	CU_ASSERT_EQUAL(add(300, 310, RUN + 30), MARK_SPANS_ADDED);
	CU_ASSERT(is_span(2, 200, 290) && is_span(3, 300, 310) && is_span(4, 400, 490));
}

static void
test_undo(void)
{
	struct mark_spans before;

	/* A span of its own, in front of others and behind them. */
	for (uint32_t off = 0; off <= 500; off += 500) {
		begin();
		CU_ASSERT_EQUAL(add(200, 290, RUN), MARK_SPANS_ADDED);
		before = spans;
		CU_ASSERT_EQUAL(add(off, off + 50, RUN + 1), MARK_SPANS_ADDED);
		mark_spans_undo(&spans, off);
		CU_ASSERT_EQUAL(spans.n, 1);
		CU_ASSERT_EQUAL(memcmp(&spans.of[0], &before.of[0], sizeof(spans.of[0])), 0);
		if (off == 0)
			CU_ASSERT_EQUAL(judged(0), MARK_UNTOUCHED);
	}
	/* The end of one. */
	begin();
	CU_ASSERT_EQUAL(add(0, 60, RUN), MARK_SPANS_ADDED);
	CU_ASSERT_EQUAL(add(60, 100, RUN), MARK_SPANS_ADDED);
	CU_ASSERT_EQUAL(judged(0), MARK_OPENED);
	mark_spans_undo(&spans, 60);
	CU_ASSERT(spans.n == 1 && is_span(0, 0, 60));
	CU_ASSERT_EQUAL(judged(0), MARK_MIXED);
	/* What comes in its place is not of that run any more. */
	CU_ASSERT_EQUAL(add(60, 100, RUN + 1), MARK_SPANS_ADDED);
	CU_ASSERT_EQUAL(judged(0), MARK_MIXED);
	CU_ASSERT(!spans.contradicted);
}

/* What was not noted cannot be undone: it takes nothing away, and adds nothing. */
static void
test_undo_nothing(void)
{
	struct mark_spans before;

	for (int how = 0; how < 4; how++) {
		add_many(how == 0 ? MARK_SPANS_MAX : 2);
		if (how == 0)
			CU_ASSERT_EQUAL(add(850, 900, RUN + 20), MARK_SPANS_FULL);
		if (how == 1)
			CU_ASSERT_EQUAL(add(802, 804, RUN + 20), MARK_SPANS_NOTHING);
		before = spans;
		/* 2: nobody was asked. 3: somewhere in front. */
		mark_spans_undo(&spans, how == 0 ? 850 : how == 3 ? 10 : 802);
		CU_ASSERT_EQUAL(spans.n, before.n);
		CU_ASSERT_EQUAL(memcmp(spans.of, before.of, sizeof(spans.of)), 0);
	}
	memset(&spans, 0, sizeof(spans));
	mark_spans_undo(&spans, 0);
	CU_ASSERT_EQUAL(spans.n, 0);
	/* Once is once. */
	begin();
	CU_ASSERT_EQUAL(add(0, 60, RUN), MARK_SPANS_ADDED);
	CU_ASSERT_EQUAL(add(60, 80, RUN), MARK_SPANS_ADDED);
	mark_spans_undo(&spans, 60);
	mark_spans_undo(&spans, 60);
	CU_ASSERT(spans.n == 1 && is_span(0, 0, 60));
}

static void
test_cut(void)
{
	add_many(6);
	mark_spans_cut(&spans, 600);
	CU_ASSERT_EQUAL(spans.n, 6);
	mark_spans_cut(&spans, 590); /* nothing lies behind its end */
	CU_ASSERT_EQUAL(spans.n, 6);
	/* It still grows. */
	CU_ASSERT_EQUAL(add(590, 600, RUN + 5), MARK_SPANS_ADDED);
	CU_ASSERT(is_span(5, 500, 600));
	mark_spans_cut(&spans, 300);
	CU_ASSERT_EQUAL(spans.n, 3);
	CU_ASSERT(is_span(2, 200, 290));
	/* What was added to last is gone: the next one begins a span, wherever it lies. */
	CU_ASSERT_EQUAL(add(600, 700, RUN + 5), MARK_SPANS_ADDED);
	CU_ASSERT(spans.n == 4 && is_span(3, 600, 700));
	CU_ASSERT(!spans.contradicted);
	mark_spans_cut(&spans, 0);
	CU_ASSERT_EQUAL(spans.n, 0);
	CU_ASSERT_EQUAL(judged(0), MARK_UNTOUCHED);
	mark_spans_cut(&spans, 0);
	CU_ASSERT_EQUAL(spans.n, 0);
}

static void
test_put_back(void)
{
	add_many(4);
	/* In part: it begins later, and nobody vouches for a record that it began. */
	CU_ASSERT_EQUAL(add(390, 500, RUN + 3), MARK_SPANS_ADDED);
	for (uint32_t at = 300; at < 350;)
		at += mark_walk_step(&spans.of[3].at, t.suite, t.bytes + at, 350 - at).len;
	mark_spans_put_back(&spans, 3, 350);
	CU_ASSERT(spans.n == 4 && is_span(3, 350, 500));
	/* All of it, of the first, and of one in the middle. */
	mark_spans_put_back(&spans, 1, 190);
	CU_ASSERT(spans.n == 3 && is_span(0, 0, 90) && is_span(1, 200, 290) &&
		  is_span(2, 350, 500));
	mark_spans_put_back(&spans, 0, 90);
	mark_spans_put_back(&spans, 0, 290);
	CU_ASSERT(spans.n == 1 && is_span(0, 350, 500));
	CU_ASSERT_EQUAL(judged(3), MARK_MIXED);
	/* Up to a record's end, it vouches for the next one again. */
	for (uint32_t at = 350; at < 400;)
		at += mark_walk_step(&spans.of[0].at, t.suite, t.bytes + at, 400 - at).len;
	mark_spans_put_back(&spans, 0, 400);
	CU_ASSERT_EQUAL(judged(3), MARK_UNTOUCHED);
	CU_ASSERT_EQUAL(judged(4), MARK_OPENED);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "packets of a run are one span", test_grows },
		{ "what is of another kind is apart", test_apart },
		{ "two runs in turns", test_in_turns },
		{ "a mark that contradicts the one before it", test_contradicts },
		{ "another context's run", test_other_context },
		{ "neither of two is believed", test_neither },
		{ "a mark that contradicts its bytes", test_contradicts_bytes },
		{ "no device can stand there", test_impossible },
		{ "a part of a header is nothing", test_nothing },
		{ "eight spans", test_full },
		{ "not stored after all", test_undo },
		{ "what was not noted is not undone", test_undo_nothing },
		{ "what is dropped behind an offset", test_cut },
		{ "what is put back", test_put_back },
	};

	return harness_run("core/mark_spans", cases, HARNESS_COUNT(cases));
}
