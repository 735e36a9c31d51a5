/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Finds the records of a received byte stream. It stands at the edge, the record at the end of what
 * is in order, and leaves those in front of it, which are complete, in a ring that opening consumes
 * from its head. It is told how many bytes are in order, and sees at most the five bytes of a header.
 *
 *   WANT_HEADER --five bytes--> WANT_BODY --body in order--> COMPLETE
 *        ^                                                      |
 *        +--------- framer_next: the record is in the ring -----+
 *
 * With a full ring the edge stays COMPLETE, and nothing behind it is looked at, until the record at
 * the head is consumed. A header that the suite refuses leads to BROKEN, for good: what follows in
 * the stream has no boundaries any more.
 *
 *   | head ... | ... | edge ... not in order yet
 *    head_off         start_off
 *
 * The records of a direction are counted, from its first keys on and over all others: their index.
 */
#ifndef RTLS_CORE_FRAMER_H
#define RTLS_CORE_FRAMER_H

#include "core/record.h"

/*
 * In full-size records the ring holds more than any receive window. Small ones fill it in front of a
 * program that reads slowly: until it reads on what devices did to them is not judged, and where the next
 * record starts is not known. A power of two.
 */
enum { FRAMER_RING = 32 };

enum framer_state {
	FRAMER_WANT_HEADER,
	FRAMER_WANT_BODY,
	FRAMER_COMPLETE,
	FRAMER_BROKEN,
};

/* A record that is in order and not consumed. Its offset and its index follow from its place. */
struct framed {
	uint16_t body_len;
	uint8_t type;  /* of its header */
	uint8_t class; /* what the caller found of it */
};

struct framer {
	uint64_t start_off; /* stream offset of the edge record's first byte */
	uint64_t need_off;  /* in-order end at which something can happen next; UINT64_MAX
				 * in COMPLETE and BROKEN, where no byte changes anything */
	uint64_t head_off;  /* of the first record in the ring, start_off where there is none */
	uint64_t index;     /* of the edge record */
	const struct record_suite *suite;
	enum framer_state state;
	int error; /* BROKEN: -EINVAL or -EMSGSIZE */
	uint8_t hdr[RECORD_HDR_LEN];
	uint8_t first;             /* in the ring */
	uint8_t count;             /* there */
	struct record_header edge; /* valid in WANT_BODY and COMPLETE */
	struct framed ring[FRAMER_RING];
};

void framer_init(struct framer *f, const struct record_suite *suite, uint64_t start_off);

/* In-order bytes now reach end_off: is there anything to do? The caller's fast path. */
static inline bool
framer_idle(const struct framer *f, uint64_t end_off)
{
	return end_off < f->need_off;
}

/*
 * Event: the stream is in order up to end_off. While the state is WANT_HEADER
 * and five bytes are there, the caller hands in the header bytes; hdr is NULL
 * when fewer are there, and is ignored in other states.
 */
enum framer_state framer_input(struct framer *f, uint64_t end_off, const uint8_t *hdr);

/* Wire length of the edge record; valid in WANT_BODY and COMPLETE. */
static inline uint32_t
framer_wire_len(const struct framer *f)
{
	return RECORD_HDR_LEN + f->edge.body_len;
}

/* Is the edge record complete, and may it go into the ring? */
static inline bool
framer_may_go_on(const struct framer *f)
{
	return f->state == FRAMER_COMPLETE && f->count < FRAMER_RING;
}

/*
 * Event: framer_may_go_on(), and this is what was found of the edge record. It joins the ring, and
 * the next one starts right behind it.
 */
void framer_next(struct framer *f, uint8_t class);

/*
 * The start of the first record that can still arrive whole, at or behind end_off, up to which the
 * stream is in order. False where it is not known.
 */
bool framer_boundary(const struct framer *f, uint64_t end_off, uint64_t *off, uint64_t *index);

/* The first record in the ring, or NULL. */
static inline const struct framed *
framer_head(const struct framer *f)
{
	return f->count > 0 ? &f->ring[f->first] : NULL;
}

/* Of the first record in the ring, or the edge where there is none. */
static inline uint64_t
framer_head_index(const struct framer *f)
{
	return f->index - f->count;
}

/* Event: the first record in the ring was consumed. */
void framer_consumed(struct framer *f);

/* The i-th record in the ring, or NULL; what was found of it may be changed, or it is looked at only. */
struct framed *framer_at(struct framer *f, uint32_t i);

static inline const struct framed *
framer_look(const struct framer *f, uint32_t i)
{
	return i < f->count ? &f->ring[(f->first + i) % FRAMER_RING] : NULL;
}

static inline uint32_t
framed_wire_len(const struct framed *r)
{
	return RECORD_HDR_LEN + (uint32_t)r->body_len;
}

/* The bytes of its header. */
void framed_header(const struct framed *r, uint8_t out[RECORD_HDR_LEN]);

#endif
