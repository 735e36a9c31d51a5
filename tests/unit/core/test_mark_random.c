/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What spans say of records: random packets of a random device, against a map that knows of each byte
 * who did what to it.
 */
#include <stdio.h>

#include "core/mark_spans.h"
#include "unit/core/mark_stream.h"

static struct mark_stream t;
static struct mark_spans spans;

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
	uint32_t why[MARK_WHYS];
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
		mark_stream_walk(&t, &spans, off, end);
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

/* The same of the reason. */
static enum mark_why
expected_why(uint32_t off, uint32_t end)
{
	const struct touch *first = &r.of[off];
	bool failed = false, all = true, key = true, one = true;

	for (; off < end; off++) {
		failed |= r.of[off].failed;
		all &= r.of[off].run != 0;
		key &= r.of[off].generation == r.generation;
		one &= r.of[off].run == first->run;
	}
	if (failed)
		return MARK_WHY_FAILED;
	if (!all)
		return MARK_WHY_PARTIAL;
	if (!key)
		return MARK_WHY_KEY;
	return one ? MARK_WHY_PLACE : MARK_WHY_RUNS;
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
judge_why(enum mark_class class, const struct mark_record *rec)
{
	enum mark_why why;

	if (class != MARK_MIXED)
		return;
	why = mark_spans_why(&spans, rec);
	r.wrong |= why != expected_why((uint32_t)rec->off, (uint32_t)rec->end_off);
	r.why[why]++;
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
		judge_why(class, &rec);
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
		play_stream(i % 2 ? suite_tls12_gcm() :
				    record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128));
	if (r.wrong)
		printf("# wrong in round %u, in order %u, judged %u\n", i - 1, r.order, r.edge);
	CU_ASSERT(!r.wrong);
	/* Each of them was played. */
	CU_ASSERT(r.opened > rounds && r.mixed > rounds && r.untouched > rounds);
	CU_ASSERT(r.undone > 0 && r.full > 0);
	for (int why = 0; why < MARK_WHYS; why++)
		CU_ASSERT(r.why[why] > 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a random device, byte by byte", test_random },
	};

	return harness_run("core/mark_spans at random", cases, HARNESS_COUNT(cases));
}
