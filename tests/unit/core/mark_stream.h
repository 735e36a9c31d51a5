/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A stream of records that a test knows byte by byte, and what a device that tells the truth says of
 * any packet of it, by the words of include/recordtls/offload.h. No code of the library reads it.
 */
#ifndef RTLS_UNIT_CORE_MARK_STREAM_H
#define RTLS_UNIT_CORE_MARK_STREAM_H

#include <string.h>

#include <CUnit/CUnit.h>
#include <recordtls/offload.h>
#include <recordtls/tls.h>

#include "core/mark_spans.h"
#include "support/harness.h"
#include "support/suites.h"

enum { MARK_STREAM_MAX = 1 << 17, MARK_STREAM_RECORDS = 64, MARK_STREAM_TAG = 16 };

struct mark_stream {
	const struct record_suite *suite;
	bool random;     /* bodies; else they are made of headers, for who looks there */
	uint32_t prefix; /* header and explicit nonce */
	uint64_t rec_no; /* of the first record */
	uint32_t len;
	uint32_t records;
	uint32_t start[MARK_STREAM_RECORDS + 1]; /* and behind the last one */
	uint8_t bytes[MARK_STREAM_MAX];
};

static inline void
mark_stream_init(struct mark_stream *t, const struct record_suite *suite, uint64_t rec_no)
{
	memset(t, 0, sizeof(*t));
	t->suite = suite;
	t->prefix = 5u + suite->explicit_nonce_len;
	t->rec_no = rec_no;
}

/* A record of inner_len bytes that the AEAD covers. */
static inline void
mark_stream_add(struct mark_stream *t, uint32_t inner_len, uint64_t *rng)
{
	static const uint8_t bait[] = { 23, 3, 3, 0, 40 };
	uint32_t body_len = t->prefix - 5 + inner_len + MARK_STREAM_TAG;
	uint8_t *p = t->bytes + t->len;

	CU_ASSERT_FATAL(t->records < MARK_STREAM_RECORDS &&
			t->len + 5 + body_len <= MARK_STREAM_MAX);
	p[0] = 23;
	p[1] = p[2] = 3;
	p[3] = (uint8_t)(body_len >> 8);
	p[4] = (uint8_t)body_len;
	for (uint32_t i = 5; i < 5 + body_len; i++)
		p[i] = t->random || i < t->prefix || i >= t->prefix + inner_len ?
			       (uint8_t)harness_rand(rng) :
			       bait[i % sizeof(bait)];
	t->len += 5 + body_len;
	t->start[++t->records] = t->len;
}

/* Which record has the byte at off? */
static inline uint32_t
mark_stream_at(const struct mark_stream *t, uint32_t off)
{
	uint32_t i = 0;

	while (t->start[i + 1] <= off)
		i++;
	return i;
}

/* Of the packet [off, end). */
static inline struct rtls_tls_rx_mark
mark_stream_report(const struct mark_stream *t, uint32_t off, uint32_t end, uint16_t generation,
		   uint16_t run)
{
	uint32_t i = mark_stream_at(t, off), start = t->start[i];
	struct rtls_tls_rx_mark m = { .generation = generation, .run = run };

	m.rec_no = (uint32_t)(t->rec_no + i);
	m.rec_off = (uint16_t)(off - start);
	if (end - start < t->prefix)
		return m;
	m.rec_len = (uint16_t)(t->start[i + 1] - start);
	memcpy(m.explicit_nonce, t->bytes + start + 5, t->prefix - 5);
	return m;
}

/* After a step over st at off: is it what the stream has there, of the record that w says? */
static inline bool
mark_stream_has(const struct mark_stream *t, const struct mark_walk *w,
		const struct mark_stretch *st, uint32_t off)
{
	uint32_t i = mark_stream_at(t, off), start = t->start[i], rel = off - start;
	uint32_t body_end = t->start[i + 1] - MARK_STREAM_TAG - start;

	if (st->len == 0)
		return false;
	if (!st->body)
		return rel < t->prefix ? rel + st->len <= t->prefix :
					 rel >= body_end && off + st->len <= t->start[i + 1];
	return rel >= t->prefix && rel + st->len <= body_end && st->body_off == rel - t->prefix &&
	       w->rec_no == (uint32_t)(t->rec_no + i) &&
	       memcmp(mark_walk_explicit_nonce(w), t->bytes + start + 5, t->prefix - 5) == 0;
}

/* What the caller of mark_spans_add() does with the bytes that it noted. */
static inline void
mark_stream_walk(const struct mark_stream *t, struct mark_spans *spans, uint32_t off, uint32_t end)
{
	while (off < end)
		off += mark_walk_step(&spans->end, t->suite, t->bytes + off, end - off).len;
	mark_spans_walked(spans);
}

#endif
