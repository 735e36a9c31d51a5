/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/framer.h"

#include <assert.h>
#include <string.h>

#include "core/bytes.h"

/* Every segment that arrives reads what is in front of the ring. */
static_assert(offsetof(struct framer, ring) <= 64, "a framer fits a cache line");
static_assert((FRAMER_RING & (FRAMER_RING - 1)) == 0 && FRAMER_RING <= 128, "places wrap");
/* A socket has one. */
static_assert(sizeof(struct framed) == 4, "a framed record is small");

/* A record can begin at start_off: the edge. */
static void
want_header(struct framer *f, uint64_t start_off)
{
	f->state = FRAMER_WANT_HEADER;
	f->start_off = start_off;
	f->need_off = start_off + RECORD_HDR_LEN;
}

void
framer_init(struct framer *f, const struct record_suite *suite, uint64_t start_off)
{
	memset(f, 0, sizeof(*f));
	f->suite = suite;
	f->head_off = start_off;
	want_header(f, start_off);
}

/* The header is there: it says how long the record is, or that this is none. */
static void
take_header(struct framer *f, const uint8_t *hdr)
{
	memcpy(f->hdr, hdr, RECORD_HDR_LEN);
	f->edge = record_header_read(hdr);
	f->error = record_header_check(f->suite, &f->edge);
	if (f->error != 0) {
		f->state = FRAMER_BROKEN;
		f->need_off = UINT64_MAX;
		return;
	}
	f->state = FRAMER_WANT_BODY;
	f->need_off = f->start_off + framer_wire_len(f);
}

enum framer_state
framer_input(struct framer *f, uint64_t end_off, const uint8_t *hdr)
{
	switch (f->state) {
	case FRAMER_WANT_HEADER:
		if (hdr == NULL || end_off < f->need_off)
			break;
		take_header(f, hdr);
		if (f->state == FRAMER_BROKEN)
			break;
		/* fall through */
	case FRAMER_WANT_BODY:
		if (end_off < f->need_off)
			break;
		f->state = FRAMER_COMPLETE;
		f->need_off = UINT64_MAX;
		break;
	case FRAMER_COMPLETE:
	case FRAMER_BROKEN:
		break;
	}
	return f->state;
}

static struct framed *
ring_at(struct framer *f, unsigned int i)
{
	return &f->ring[(f->first + i) % FRAMER_RING];
}

void
framer_next(struct framer *f, uint8_t class)
{
	assert(framer_may_go_on(f));
	*ring_at(f, f->count) = (struct framed){
		.body_len = f->edge.body_len,
		.type = f->edge.type,
		.class = class,
	};
	f->count++;
	f->index++;
	want_header(f, f->start_off + framer_wire_len(f));
}

bool
framer_boundary(const struct framer *f, uint64_t end_off, uint64_t *off, uint64_t *index)
{
	switch (f->state) {
	case FRAMER_WANT_HEADER:
		*off = f->start_off;
		*index = f->index;
		/* A part of a header says nothing of what is behind it. */
		return f->start_off == end_off;
	case FRAMER_WANT_BODY:
		*off = f->start_off + framer_wire_len(f);
		*index = f->index + 1;
		return true;
	case FRAMER_COMPLETE:
	case FRAMER_BROKEN:
		break;
	}
	return false;
}

void
framer_consumed(struct framer *f)
{
	assert(f->count > 0);
	f->head_off += framed_wire_len(ring_at(f, 0));
	f->first = (f->first + 1) % FRAMER_RING;
	f->count--;
}

struct framed *
framer_at(struct framer *f, uint32_t i)
{
	return i < f->count ? ring_at(f, i) : NULL;
}

void
framed_header(const struct framed *r, uint8_t out[RECORD_HDR_LEN])
{
	out[0] = r->type;
	put_be16(out + 1, RECORD_WIRE_VERSION);
	put_be16(out + 3, (uint16_t)r->body_len);
}
