/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/mark_spans.h"

#include <string.h>

/* As many records as a device, or the count here, may be ahead before low bits of a number say nothing. */
#define AHEAD_MAX (UINT64_C(1) << 31)

static void
remove_at(struct mark_spans *spans, uint32_t i)
{
	spans->n--;
	memmove(&spans->of[i], &spans->of[i + 1], (spans->n - i) * sizeof(spans->of[0]));
}

/* The span that was added to last, NULL: it is gone. */
static struct mark_span *
last_span(struct mark_spans *spans)
{
	for (uint32_t i = spans->n; i-- > 0;)
		if (spans->of[i].end_off == spans->end_off)
			return &spans->of[i];
	return NULL;
}

/* Do the bytes at off come behind those that were noted, in the same run? */
static bool
is_next(const struct mark_spans *spans, uint64_t off, const struct rtls_tls_rx_mark *m)
{
	return spans->end_off == off && spans->generation == m->generation && spans->run == m->run;
}

static bool
add_span(struct mark_spans *spans, const struct mark_span *span)
{
	uint32_t i = spans->n;

	if (i == MARK_SPANS_MAX)
		return false;
	for (; i > 0 && spans->of[i - 1].off > span->off; i--)
		spans->of[i] = spans->of[i - 1];
	spans->of[i] = *span;
	spans->n++;
	return true;
}

enum mark_spans_added
mark_spans_add(struct mark_spans *spans, const struct record_suite *s, uint64_t off, uint32_t len,
	       const struct rtls_tls_rx_mark *m, bool failed)
{
	struct mark_span *last = last_span(spans);
	bool next = is_next(spans, off, m), joins = next && last != NULL && last->failed == failed;
	struct mark_span span = {
		.off = off,
		.end_off = off + len,
		.generation = m->generation,
		.run = m->run,
		.failed = failed,
		.vouches = !failed,
	};

	spans->added_off = UINT64_MAX;
	/* A run has no holes: what follows in it is the next byte. */
	if (next && !mark_walk_continues(&spans->end, s, m, len)) {
		spans->contradicted = true;
		span.vouches = false;
		if (last != NULL)
			last->vouches = false;
	} else if (joins) {
		mark_span_extend(spans, last, off, len);
		return MARK_SPANS_ADDED;
	}
	if (mark_walk_at(&span.at, s, m, len) != 0) {
		spans->contradicted = true;
		span.vouches = false;
	} else if (m->rec_len == 0 && m->rec_off != 0) {
		/* It is a part of a prefix whose front came by another way. */
		return MARK_SPANS_NOTHING;
	}
	if (!add_span(spans, &span))
		return MARK_SPANS_FULL;
	spans->end_off = span.end_off;
	spans->generation = m->generation;
	spans->run = m->run;
	spans->end = span.at;
	spans->added_off = off;
	return MARK_SPANS_ADDED;
}

void
mark_spans_walked(struct mark_spans *spans)
{
	struct mark_span *last;

	if (spans->end.state != MARK_WALK_BROKEN)
		return;
	last = last_span(spans);
	if (last != NULL)
		last->vouches = false;
	spans->contradicted = true;
}

void
mark_spans_undo(struct mark_spans *spans, uint64_t off)
{
	struct mark_span *last = last_span(spans);

	if (spans->added_off != off || last == NULL)
		return;
	spans->end_off = 0;
	last->end_off = off;
	if (last->off == off)
		remove_at(spans, (uint32_t)(last - spans->of));
}

void
mark_spans_cut(struct mark_spans *spans, uint64_t off)
{
	while (spans->n > 0 && spans->of[spans->n - 1].off >= off)
		spans->n--;
	if (spans->end_off > off)
		spans->end_off = 0;
}

bool
mark_spans_begin_record(const struct mark_spans *spans, uint64_t off, uint32_t len)
{
	const struct mark_span *first = &spans->of[0];

	return spans->n > 0 && first->off == off && first->at.off == 0 &&
	       first->end_off - off >= len;
}

/* Does the first span hold all of it, and is it what the device verified as a record? */
static bool
is_whole(const struct mark_spans *spans, const struct mark_record *r)
{
	return mark_spans_begin_record(spans, r->off, (uint32_t)(r->end_off - r->off)) &&
	       spans->of[0].vouches;
}

enum mark_class
mark_spans_judge(const struct mark_spans *spans, const struct mark_record *r)
{
	const struct mark_span *first = &spans->of[0];

	if (spans->n == 0 || first->off >= r->end_off)
		return MARK_UNTOUCHED;
	if (!is_whole(spans, r) || first->generation != r->generation ||
	    first->at.rec_no != (uint32_t)r->rec_no || r->rec_no - r->vouched_no >= AHEAD_MAX)
		return MARK_MIXED;
	return MARK_OPENED;
}

enum mark_why
mark_spans_why(const struct mark_spans *spans, const struct mark_record *r)
{
	bool failed = false, key = false;
	uint64_t off = r->off;
	uint32_t i = 0;

	for (; i < spans->n && spans->of[i].off < r->end_off; i++) {
		const struct mark_span *span = &spans->of[i];

		failed |= span->failed;
		key |= span->generation != r->generation;
		if (span->off <= off)
			off = span->end_off;
	}
	if (failed)
		return MARK_WHY_FAILED;
	if (off < r->end_off)
		return MARK_WHY_PARTIAL;
	if (key)
		return MARK_WHY_KEY;
	return i > 1 ? MARK_WHY_RUNS : MARK_WHY_PLACE;
}

const struct mark_span *
mark_spans_claim(const struct mark_spans *spans, const struct mark_record *r)
{
	return is_whole(spans, r) ? &spans->of[0] : NULL;
}

void
mark_spans_pass(struct mark_spans *spans, uint64_t end_off)
{
	struct mark_span *first = &spans->of[0];

	first->off = end_off;
	mark_walk_at_record(&first->at, first->at.rec_no + 1);
	if (first->off == first->end_off)
		remove_at(spans, 0);
}

void
mark_spans_put_back(struct mark_spans *spans, uint32_t i, uint64_t off)
{
	struct mark_span *span = &spans->of[i];

	span->off = off;
	if (span->off == span->end_off)
		remove_at(spans, i);
}
