/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What devices transformed of a received stream, by offset: spans, each of one context and one run,
 * whose bytes were all taken from packets as they came. Of each it is known which record its first byte
 * is part of; where the others lie follows from the headers in it. So bytes may be moved and joined in
 * their buffers as anybody likes.
 *
 *   stream  | read  | framed, judged    | edge: a record not yet complete, and what waits behind a gap
 *   spans   .       .                   [ run 4 ........)      [ run 5 ....)
 *
 * A record is judged once, when it is complete: it was opened, or what was transformed of it is put
 * back. No span begins in front of the edge.
 *
 * Pure: whoever holds the bytes walks them.
 */
#ifndef RTLS_CORE_MARK_SPANS_H
#define RTLS_CORE_MARK_SPANS_H

#include "core/mark_walk.h"

/* One for each gap that may wait. For what finds no place the device's work is undone at once. */
enum { MARK_SPANS_MAX = 8 };

struct mark_span {
	uint64_t off;
	uint64_t end_off;
	struct mark_walk at; /* off */
	uint16_t generation;
	uint16_t run;
	bool failed;  /* transformed, and not verified */
	bool vouches; /* not failed, and no mark contradicts another one, or the bytes */
};

/* By offset, disjoint. All zero: none. */
struct mark_spans {
	uint32_t n;
	bool contradicted;  /* a device said what cannot be */
	uint64_t added_off; /* where the bytes begin that were added last; UINT64_MAX: none were */
	/* Where bytes end that were noted, and what can only come next in their run: */
	uint64_t end_off; /* 0: nowhere */
	uint16_t generation;
	uint16_t run;
	struct mark_walk end;
	struct mark_span of[MARK_SPANS_MAX];
};

/* The len bytes at off, behind the last span, are of it, too. */
static inline void
mark_span_extend(struct mark_spans *spans, struct mark_span *last, uint64_t off, uint32_t len)
{
	last->end_off = off + len;
	spans->end_off = off + len;
	spans->added_off = off;
}

/*
 * Most packets: do the len bytes at off, from a packet with mark m, continue the body of the record in
 * which the last span ends, and does that go on behind them? Then they are noted, and need no walk.
 */
static inline bool
mark_spans_grow(struct mark_spans *spans, const struct record_suite *s, uint64_t off, uint32_t len,
		const struct rtls_tls_rx_mark *m, bool failed)
{
	struct mark_span *last = &spans->of[(spans->n - 1) % MARK_SPANS_MAX];

	if (spans->n == 0 || spans->end_off != off || last->end_off != off ||
	    spans->generation != m->generation || spans->run != m->run || last->failed != failed ||
	    !mark_walk_passes(&spans->end, s, m, len))
		return false;
	mark_span_extend(spans, last, off, len);
	return true;
}

enum mark_spans_added {
	MARK_SPANS_ADDED, /* the caller steps over the bytes with spans->end, then mark_spans_walked() */
	MARK_SPANS_NOTHING, /* none of its bytes was transformed */
	MARK_SPANS_FULL,    /* there is no room for one more span */
};

/*
 * Event: the len bytes at off, which no span has, come from a packet with mark m, all of whose payload
 * they are.
 */
enum mark_spans_added mark_spans_add(struct mark_spans *spans, const struct record_suite *s,
				     uint64_t off, uint32_t len, const struct rtls_tls_rx_mark *m,
				     bool failed);
void mark_spans_walked(struct mark_spans *spans);

/*
 * Event: the bytes at off, of which mark_spans_add() was told last, are not in the queue after all.
 * Where they were not ADDED, nothing changes.
 */
void mark_spans_undo(struct mark_spans *spans, uint64_t off);

/* Event: all bytes from off on were dropped. No span has bytes on both sides. */
void mark_spans_cut(struct mark_spans *spans, uint64_t off);

/* What a device did to a record. */
enum mark_class {
	MARK_UNTOUCHED, /* nothing: it is as on the wire */
	MARK_OPENED,    /* all of it is opened and verified, as that record of the stream */
	MARK_MIXED,     /* something else */
};

/* Do the len bytes at off begin a record of the stream, and of the first span's device, too? */
bool mark_spans_begin_record(const struct mark_spans *spans, uint64_t off, uint32_t len);

/* A complete record, as the stream has it. */
struct mark_record {
	uint64_t off;
	uint64_t end_off;
	uint64_t rec_no;
	uint64_t
		vouched_no; /* the last one that was OPENED under its key, or the context's first */
	uint16_t generation; /* of the context that has its key; 0: none */
};

/* Of the record at the edge. OPENED: its bytes leave the span, by mark_spans_pass(). */
enum mark_class mark_spans_judge(const struct mark_spans *spans, const struct mark_record *r);

/* Why a record is MIXED: the first of these that holds. */
enum mark_why {
	MARK_WHY_FAILED,  /* the device transformed some of it, and did not verify that */
	MARK_WHY_PARTIAL, /* a part of it came as on the wire */
	MARK_WHY_KEY,     /* some of it was opened under another key */
	MARK_WHY_RUNS,    /* each part was opened, and not all of it in one run */
	MARK_WHY_PLACE,   /* it was opened as another record, or marks contradict each other */
	MARK_WHYS,
};

/* Of a record that was judged MIXED, and is not yet put back. */
enum mark_why mark_spans_why(const struct mark_spans *spans, const struct mark_record *r);

/* The span by which a device claims to have verified exactly these bytes, as a record of its own; NULL. */
const struct mark_span *mark_spans_claim(const struct mark_spans *spans,
					 const struct mark_record *r);

/* Event: all of the record that begins the first span was judged OPENED. */
void mark_spans_pass(struct mark_spans *spans, uint64_t end_off);

/*
 * Event: the bytes of the span at i up to off were put back. Its place was stepped on there by the
 * caller. Where nothing is left of it, it goes.
 */
void mark_spans_put_back(struct mark_spans *spans, uint32_t i, uint64_t off);

#endif
