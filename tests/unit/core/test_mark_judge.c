/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What spans say of a record: each part of the rule by which it counts as opened, refused alone; and
 * random packets of a random device against a map that knows of each byte who did what to it.
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

static void
walk_end(uint32_t off, uint32_t end)
{
	while (off < end)
		off += mark_walk_step(&spans.end, t.suite, t.bytes + off, end - off).len;
	mark_spans_walked(&spans);
}

/* --- the rule ---------------------------------------------------------------------- */

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
	walk_end(off, end);
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
		bool claimed; /* the device says that it has verified it, as some record */
	} rows[] = {
		{ { 0, 100, 50, 50, GENERATION }, MARK_OPENED, true },
		{ { 0, 100, 50, 40, GENERATION }, MARK_OPENED, true },
		{ { 0, 100, 51, 50, GENERATION }, MARK_MIXED, true },
		{ { 0, 100, 49, 40, GENERATION }, MARK_MIXED, true },
		{ { 0, 100, 50, 51, GENERATION }, MARK_MIXED, true }, /* in front of its context */
		{ { 0, 100, 50, 50, GENERATION + 1 }, MARK_MIXED, true },
		{ { 0, 100, 50, 50, 0 }, MARK_MIXED, true },
		{ { 1, 100, 50, 50, GENERATION }, MARK_MIXED, false },
		{ { 0, 101, 50, 50, GENERATION }, MARK_MIXED, false },
		{ { 0, 200, 50, 50, GENERATION }, MARK_MIXED, false },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		begin(50);
		add(0, 60, false);
		add(60, 100, false);
		CU_ASSERT_EQUAL(mark_spans_judge(&spans, &rows[i].r), rows[i].class);
		CU_ASSERT_EQUAL(mark_spans_claim(&spans, &rows[i].r) != NULL, rows[i].claimed);
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

/* --- a random device ---------------------------------------------------------------- */

/* What was done to a byte of the stream. */
struct touch {
	uint16_t run; /* 0: nothing */
	uint16_t generation;
	bool failed;
	bool here; /* in the queue */
	bool lied; /* its packet's mark had another number */
};

static struct {
	struct touch of[MARK_STREAM_MAX];
	uint32_t edge;  /* judged up to here */
	uint32_t order; /* here without a gap */
	uint32_t next;  /* the device's: behind what it transformed last */
	uint16_t run;
	uint16_t generation;
	uint64_t vouched_no;
	uint64_t rng;
	uint32_t opened, mixed, untouched, undone, full;
	bool wrong;
} r;

static bool
luck(uint32_t one_in)
{
	return harness_below(&r.rng, one_in) == 0;
}

/* The device's word on [off, end), which it transforms. */
static struct rtls_tls_rx_mark
transform(uint32_t off, uint32_t end, bool *lies)
{
	struct rtls_tls_rx_mark m;

	if (luck(60))
		r.generation++;
	if (off != r.next || luck(20))
		r.run++;
	r.next = end;
	m = mark_stream_report(&t, off, end, r.generation, r.run);
	*lies = luck(50);
	if (*lies) {
		/* In a run of its own, so that nothing shows it. */
		m.run = ++r.run;
		m.rec_no += 1 + harness_below(&r.rng, 5);
		r.next = UINT32_MAX;
	}
	return m;
}

/* As the library does it: without a walk, where that is enough. */
static enum mark_spans_added
add_any_way(uint32_t off, uint32_t end, const struct rtls_tls_rx_mark *m, bool failed)
{
	enum mark_spans_added rc;

	if (mark_spans_grow(&spans, t.suite, off, end - off, m, failed))
		return MARK_SPANS_ADDED;
	rc = mark_spans_add(&spans, t.suite, off, end - off, m, failed);
	if (rc == MARK_SPANS_ADDED)
		walk_end(off, end);
	return rc;
}

/* A packet of bytes that are not here yet. */
static void
deliver(uint32_t off, uint32_t end)
{
	struct touch how = { .here = true };
	struct rtls_tls_rx_mark m;

	if (!luck(5)) {
		m = transform(off, end, &how.lied);
		how.failed = luck(30);
		how.run = m.run;
		how.generation = m.generation;
		switch (add_any_way(off, end, &m, how.failed)) {
		case MARK_SPANS_ADDED:
			break;
		case MARK_SPANS_NOTHING:
			/* All of it lies in a prefix. */
			r.wrong |= m.rec_len != 0 || m.rec_off == 0;
			how = (struct touch){ .here = true };
			break;
		case MARK_SPANS_FULL:
			r.wrong |= spans.n != MARK_SPANS_MAX;
			r.full++;
			how = (struct touch){ .here = true };
			r.next =
				UINT32_MAX; /* a device that goes on would have a span of its own */
			break;
		}
		if (luck(25)) {
			mark_spans_undo(&spans, off);
			r.undone++;
			r.next = UINT32_MAX;
			return;
		}
	}
	for (; off < end; off++)
		r.of[off] = how;
	while (r.order < t.len && r.of[r.order].here)
		r.order++;
}

/* Up to what is here, or a part of that; in order or behind a gap. */
static void
deliver_some(void)
{
	uint32_t off = r.order, end, max = 1 + harness_below(&r.rng, luck(3) ? 1500 : 60);

	if (luck(4))
		off += harness_below(&r.rng, 2000);
	else if (luck(2) && r.next < t.len && r.next > off)
		off = r.next; /* on with what waits */
	while (off < t.len && r.of[off].here)
		off++;
	for (end = off; end < t.len && end - off < max && !r.of[end].here;)
		end++;
	if (off < end)
		deliver(off, end);
}

/* Are [off, end) in a span as they have to be, and is its place known? */
static void
check_spans(void)
{
	uint32_t at = r.edge, i = 0, rec;

	for (; i < spans.n; i++) {
		const struct mark_span *s = &spans.of[i];

		r.wrong |= s->off < at || s->off >= s->end_off || s->end_off > t.len;
		if (r.wrong)
			return;
		for (; at < s->off; at++)
			r.wrong |= r.of[at].run != 0;
		rec = mark_stream_at(&t, at);
		r.wrong |= s->at.off != at - t.start[rec];
		r.wrong |= !r.of[at].lied && s->at.rec_no != (uint32_t)(t.rec_no + rec);
		for (; at < s->end_off; at++)
			r.wrong |= !r.of[at].here || r.of[at].run != s->run ||
				   r.of[at].generation != s->generation ||
				   r.of[at].failed != s->failed;
	}
	for (; at < t.len; at++)
		r.wrong |= r.of[at].run != 0;
	r.wrong |= spans.contradicted;
}

/* By the map alone. */
static enum mark_class
expected(uint32_t off, uint32_t end)
{
	const struct touch *first = &r.of[off];
	bool touched = false, same = true;

	for (; off < end; off++) {
		touched |= r.of[off].run != 0;
		same &= r.of[off].run == first->run && r.of[off].generation == first->generation;
		same &= !r.of[off].failed && !r.of[off].lied;
	}
	if (!touched)
		return MARK_UNTOUCHED;
	return same && first->generation == r.generation ? MARK_OPENED : MARK_MIXED;
}

/* What the caller does with bytes that are not opened as they have to be. */
static void
put_back(uint32_t end)
{
	struct mark_stretch st;

	for (uint32_t i = spans.n; i-- > 0;) {
		struct mark_span *s = &spans.of[i];
		uint32_t to = (uint32_t)(s->end_off < end ? s->end_off : end);

		if (s->off >= end)
			continue;
		for (uint32_t at = (uint32_t)s->off; at < to; at += st.len) {
			bool lied = r.of[at].lied;

			st = mark_walk_step(&s->at, t.suite, t.bytes + at, to - at);
			r.wrong |= !lied && !mark_stream_has(&t, &s->at, &st, at);
		}
		mark_spans_put_back(&spans, i, to);
	}
}

static void
judge_next(uint32_t i)
{
	const struct mark_record rec = {
		.off = t.start[i],
		.end_off = t.start[i + 1],
		.rec_no = t.rec_no + i,
		.vouched_no = r.vouched_no,
		.generation = r.generation,
	};
	enum mark_class class = mark_spans_judge(&spans, &rec);

	r.wrong |= class != expected(t.start[i], t.start[i + 1]);
	if (class == MARK_OPENED) {
		mark_spans_pass(&spans, rec.end_off);
		r.vouched_no = rec.rec_no;
	} else {
		put_back((uint32_t)rec.end_off);
	}
	r.edge = (uint32_t)rec.end_off;
	r.opened += class == MARK_OPENED;
	r.mixed += class == MARK_MIXED;
	r.untouched += class == MARK_UNTOUCHED;
}

static void
drop_held(void)
{
	mark_spans_cut(&spans, r.order);
	memset(&r.of[r.order], 0, (t.len - r.order) * sizeof(r.of[0]));
	if (r.next > r.order)
		r.next = UINT32_MAX;
}

static void
play_stream(const struct record_suite *s)
{
	static const uint64_t numbers[] = { 0, UINT32_MAX - 10, (UINT64_C(9) << 32) - 30 };
	uint32_t rec = 0, steps = 0;

	memset(&spans, 0, sizeof(spans));
	memset(r.of, 0, sizeof(r.of));
	mark_stream_init(&t, s, numbers[harness_below(&r.rng, HARNESS_COUNT(numbers))]);
	while (t.records < MARK_STREAM_RECORDS)
		mark_stream_add(&t, 1 + harness_below(&r.rng, luck(8) ? 1000 : 60), &r.rng);
	r.edge = r.order = 0;
	r.next = UINT32_MAX;
	r.run = 0;
	r.generation = 1;
	r.vouched_no = t.rec_no;
	while (rec < t.records && !r.wrong) {
		deliver_some();
		if (luck(200))
			drop_held();
		while (rec < t.records && r.order >= t.start[rec + 1] && !luck(10))
			judge_next(rec++);
		check_spans();
		r.wrong |= ++steps > 100000;
	}
	r.wrong |= spans.n > MARK_SPANS_MAX;
}

static void
test_random(void)
{
	unsigned int rounds = harness_full() ? 3000 : 100, i;

	memset(&r, 0, sizeof(r));
	r.rng = harness_seed();
	for (i = 0; i < rounds && !r.wrong; i++)
		play_stream(i % 2 ? suite_tls12_gcm() : tls13());
	if (r.wrong)
		printf("# wrong in round %u, in order %u, judged %u\n", i - 1, r.order, r.edge);
	CU_ASSERT(!r.wrong);
	/* Each of them was played. */
	CU_ASSERT(r.opened > rounds && r.mixed > rounds && r.untouched > rounds);
	CU_ASSERT(r.undone > 0 && r.full > 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each part of the rule", test_rule },
		{ "what failed", test_failed },
		{ "what begins inside of a record", test_begins_inside },
		{ "numbers by their low bits", test_numbers },
		{ "a random device, byte by byte", test_random },
	};

	return harness_run("core/mark_judge", cases, HARNESS_COUNT(cases));
}
