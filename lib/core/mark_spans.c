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

/* The span that ends at off, where it is the one that was added to last. */
static struct mark_span *
grown_last(struct mark_spans *spans, uint64_t off)
{
	if (spans->grows_off != off)
		return NULL;
	for (uint32_t i = spans->n; i-- > 0;)
		if (spans->of[i].end_off == off)
			return &spans->of[i];
	return NULL;
}

/* May its bytes, at off, join a span? */
static bool
joins(struct mark_spans *spans, struct mark_span *last, const struct record_suite *s,
      const struct rtls_tls_rx_mark *m, bool failed)
{
	if (last->generation != m->generation || last->run != m->run)
		return false;
	/* A run has no holes: what follows in it is the next byte. */
	if (!mark_walk_continues(&spans->end, s, m)) {
		spans->contradicted = true;
		last->vouches = false;
		return false;
	}
	return last->failed == failed;
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
	struct mark_span *last = grown_last(spans, off);
	struct mark_span span = {
		.off = off,
		.end_off = off + len,
		.generation = m->generation,
		.run = m->run,
		.failed = failed,
		.vouches = !failed,
	};

	if (last != NULL && joins(spans, last, s, m, failed)) {
		last->end_off += len;
		spans->grows_off = last->end_off;
		return MARK_SPANS_ADDED;
	}
	/* It is a part of a prefix whose front came by another way. */
	if (m->rec_len == 0 && m->rec_off != 0)
		return MARK_SPANS_NOTHING;
	if (mark_walk_at(&span.at, s, m) != 0) {
		spans->contradicted = true;
		span.vouches = false;
	}
	if (!add_span(spans, &span))
		return MARK_SPANS_FULL;
	spans->end = span.at;
	spans->grows_off = span.end_off;
	return MARK_SPANS_ADDED;
}

void
mark_spans_walked(struct mark_spans *spans)
{
	struct mark_span *last;

	if (spans->end.state != MARK_WALK_BROKEN)
		return;
	last = grown_last(spans, spans->grows_off);
	if (last != NULL)
		last->vouches = false;
	spans->contradicted = true;
}

void
mark_spans_undo(struct mark_spans *spans, uint64_t off)
{
	struct mark_span *last = grown_last(spans, spans->grows_off);

	spans->grows_off = 0;
	if (last == NULL)
		return;
	last->end_off = off;
	if (last->off == off)
		remove_at(spans, (uint32_t)(last - spans->of));
}

void
mark_spans_cut(struct mark_spans *spans, uint64_t off)
{
	while (spans->n > 0 && spans->of[spans->n - 1].off >= off)
		spans->n--;
	if (spans->grows_off > off)
		spans->grows_off = 0;
}

/* Does the first span hold all of it, from its first byte on, and are both the device's record, too? */
static bool
is_whole(const struct mark_spans *spans, const struct mark_record *r)
{
	const struct mark_span *first = &spans->of[0];

	return spans->n > 0 && first->vouches && first->off == r->off && first->at.off == 0 &&
	       first->end_off >= r->end_off;
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
