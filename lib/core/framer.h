/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Finds the record at the head of a received byte stream. It is told how many
 * bytes are in order, and sees at most the five bytes of a header.
 *
 *   WANT_HEADER --five bytes--> WANT_BODY --body in order--> COMPLETE
 *        ^                                                      |
 *        +----------------------- framer_next ------------------+
 *
 * A header that the suite refuses leads to BROKEN, for good: what follows in
 * the stream has no boundaries any more.
 */
#ifndef RTLS_CORE_FRAMER_H
#define RTLS_CORE_FRAMER_H

#include "core/record.h"

enum framer_state {
	FRAMER_WANT_HEADER,
	FRAMER_WANT_BODY,
	FRAMER_COMPLETE,
	FRAMER_BROKEN,
};

struct framer {
	uint64_t start_off; /* stream offset of the head record's first byte */
	uint64_t need_off;  /* in-order end at which something can happen next; UINT64_MAX
				 * in COMPLETE and BROKEN, where no byte changes anything */
	enum framer_state state;
	int error; /* BROKEN: -EINVAL or -EMSGSIZE */
	uint8_t hdr[RECORD_HDR_LEN];
	struct record_header head; /* valid in WANT_BODY and COMPLETE */
	const struct record_suite *suite;
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

/* Wire length of the head record; valid in WANT_BODY and COMPLETE. */
static inline uint32_t
framer_wire_len(const struct framer *f)
{
	return RECORD_HDR_LEN + f->head.body_len;
}

/* Event: the head record, COMPLETE, was consumed. The next one starts right behind it. */
void framer_next(struct framer *f);

#endif
