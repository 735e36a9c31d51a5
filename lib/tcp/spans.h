/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What is in flight, as spans in order of the stream that tile [una, max): each byte lies in one. So a
 * span has no end of its own, it ends where the next one begins. tcp/board says what they are for.
 *
 * What is LOST has an index of its own, in order of the stream; what is SENT is in a list in order of
 * time. The memory of spans and indexes lies behind struct tcp_spans.
 */
#ifndef RTLS_TCP_SPANS_H
#define RTLS_TCP_SPANS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcp/ranges.h"

enum tcp_span_state {
	TCP_SPAN_SENT,   /* in flight: counts in the pipe; in the list in order of time */
	TCP_SPAN_SACKED, /* the peer has it, out of order */
	TCP_SPAN_LOST,   /* not in flight, to be sent again; in the index of what is lost */
};

/* What the connection had delivered when a span was sent: rate samples are made of it. */
struct tcp_snapshot {
	uint32_t delivered;     /* bytes, it wraps */
	uint32_t delivered_us;  /* when the last of them were */
	uint32_t first_sent_us; /* when the first of this sample's flight was sent */
};

struct tcp_span {
	uint64_t start;
	struct tcp_snapshot snapshot; /* of its last segment */
	uint32_t sent_us;             /* when its last segment was; SENT, and LOST */
	uint16_t spread_us;           /* its first was so much earlier; TCP_SPREAD_UNKNOWN */
	uint16_t older;               /* SENT: its place in the list in order of time */
	uint16_t younger;             /* and of a free span: the next one */
	uint8_t state;                /* enum tcp_span_state */
	bool rexmit : 1;              /* some of it was sent more than once */
	bool app_limited : 1;         /* the snapshot was made when the program was the limit */
};

static_assert(sizeof(struct tcp_span) == 32, "two in a cache line");

enum {
	TCP_SPREAD_UNKNOWN = UINT16_MAX,
	TCP_SPAN_NONE = UINT16_MAX,
	TCP_SPANS_CAP_MIN = 4,
	TCP_SPANS_CAP_MAX = 4096,
};

/* Spans in order of the stream: slots[first .. first + n). Room on both sides, so that what comes and
 * goes at the ends moves nothing. */
struct tcp_span_index {
	uint16_t base; /* of its slots, behind the spans */
	uint16_t first;
	uint16_t n;
};

struct tcp_spans {
	uint64_t una;
	uint64_t max;
	uint32_t sacked; /* bytes */
	uint32_t lost;
	uint16_t cap;
	uint16_t fresh;  /* spans from here on were never used */
	uint16_t free;   /* list of those that were */
	uint16_t oldest; /* SENT, in order of time: list */
	uint16_t youngest;
	struct tcp_span_index all;
	struct tcp_span_index losses;
};

static_assert(sizeof(struct tcp_spans) % sizeof(uint64_t) == 0, "spans lie behind it");

/* Bytes behind struct tcp_spans: cap spans, and the slots of both indexes. */
#define TCP_SPANS_MEMORY(cap) ((size_t)(cap) * (sizeof(struct tcp_span) + 4 * sizeof(uint16_t)))

static inline struct tcp_span *
tcp_span_of(const struct tcp_spans *b, uint16_t id)
{
	return (struct tcp_span *)(uintptr_t)(b + 1) + id;
}

static inline uint16_t *
tcp_span_slots(const struct tcp_spans *b, const struct tcp_span_index *ix)
{
	return (uint16_t *)(void *)tcp_span_of(b, b->cap) + ix->base + ix->first;
}

static inline uint16_t
tcp_span_id(const struct tcp_spans *b, uint32_t pos)
{
	return tcp_span_slots(b, &b->all)[pos];
}

static inline struct tcp_span *
tcp_span_at(const struct tcp_spans *b, uint32_t pos)
{
	return tcp_span_of(b, tcp_span_id(b, pos));
}

/* Where does the span at pos end? */
static inline uint64_t
tcp_span_end(const struct tcp_spans *b, uint32_t pos)
{
	return pos + 1 < b->all.n ? tcp_span_at(b, pos + 1)->start : b->max;
}

/* How many can still be made? */
static inline uint32_t
tcp_spans_spare(const struct tcp_spans *b)
{
	return (uint32_t)b->cap - b->all.n;
}

/* From here on detail is given up, so that no more are needed. */
static inline bool
tcp_spans_short(const struct tcp_spans *b)
{
	return b->all.n >= b->cap / 2;
}

/* When its first segment was sent; a guess when that is not known. */
static inline uint32_t
tcp_span_first_sent(const struct tcp_span *s)
{
	return s->sent_us - s->spread_us;
}

void tcp_spans_init(struct tcp_spans *b, uint32_t cap, uint64_t off);
void tcp_spans_copy(struct tcp_spans *to, uint32_t cap, const struct tcp_spans *from);

/* How many of the index begin at off or below? The last of them is the one that may hold it. */
uint32_t tcp_spans_up_to(const struct tcp_spans *b, const struct tcp_span_index *ix, uint64_t off);

/* Position of the span that holds off, una <= off < max. */
static inline uint32_t
tcp_span_pos(const struct tcp_spans *b, uint64_t off)
{
	return tcp_spans_up_to(b, &b->all, off) - 1;
}

/* Event: [max, end) is `as`, too: in the last span, when both are alike, or in one that is new. False:
 * there is none. */
bool tcp_spans_append(struct tcp_spans *b, uint64_t end, const struct tcp_span *as, uint32_t blur);

/*
 * Event: r, of the span at pos, becomes `as`: a span, or a part of one beside it that is alike. False,
 * and nothing is changed, when that needs more than `most` more spans; a whole one needs none.
 *
 * Two that are SENT are alike when the first was not sent earlier than `blur` before the other.
 */
bool tcp_span_become(struct tcp_spans *b, uint32_t pos, struct tcp_range r,
		     const struct tcp_span *as, uint32_t blur, uint32_t most);

/* Event: the first span is acknowledged, up to una, its end at most. */
void tcp_spans_drop(struct tcp_spans *b, uint64_t una);

#endif
