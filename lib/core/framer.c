/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/framer.h"

#include <assert.h>
#include <string.h>

/* Every segment that arrives reads it. */
static_assert(sizeof(struct framer) <= 64, "a framer fits a cache line");

/* A record can begin at start_off. */
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
	want_header(f, start_off);
}

/* The header is there: it says how long the record is, or that this is none. */
static void
take_header(struct framer *f, const uint8_t *hdr)
{
	memcpy(f->hdr, hdr, RECORD_HDR_LEN);
	f->head = record_header_read(hdr);
	f->error = record_header_check(f->suite, &f->head);
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

void
framer_next(struct framer *f)
{
	assert(f->state == FRAMER_COMPLETE);
	want_header(f, f->start_off + framer_wire_len(f));
}
