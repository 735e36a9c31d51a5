/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A walk through the records of a packet, or of packets that follow each other, as a device says that
 * they lie there (struct rtls_tls_rx_mark): which bytes it has transformed, and in which record. It
 * begins where the mark says, and goes on by the headers that it meets, which are as on the wire.
 *
 *   PREFIX --complete--> BODY ---> TAG --its last byte--> PREFIX of the next record
 *      \--no header, or none that agrees with the mark--> BROKEN
 *
 * The number of a record is known by its low 32 bits. Pure: a copy of the struct is the way back.
 */
#ifndef RTLS_CORE_MARK_WALK_H
#define RTLS_CORE_MARK_WALK_H

#include <string.h>

#include <recordtls/offload.h>

#include "core/record.h"

enum { MARK_PREFIX_MAX = RECORD_HDR_LEN + 8 };

enum mark_walk_state {
	MARK_WALK_PREFIX, /* header and explicit nonce */
	MARK_WALK_BODY,   /* what the device transforms */
	MARK_WALK_TAG,
	MARK_WALK_BROKEN, /* the marks contradict the bytes, or each other: nothing is known any more */
};

struct mark_walk {
	uint32_t rec_no; /* of the record that the next byte is part of */
	uint16_t off;    /* bytes of it passed */
	uint16_t len;    /* of it; 0: its prefix is not complete */
	uint8_t state;   /* enum mark_walk_state */
	uint8_t from;    /* the first byte of it that came this way, while it is in the prefix */
	uint16_t claimed_len; /* what a mark said of it; 0: nothing */
	uint8_t claimed_nonce[8];
	uint8_t prefix
		[MARK_PREFIX_MAX]; /* off bytes of it; the explicit nonce once it is complete */
};

/* The first byte of a record. */
void mark_walk_at_record(struct mark_walk *w, uint32_t rec_no);

/* The first of the len bytes of a packet with mark m. 0; -EINVAL: no device can stand there, BROKEN. */
int mark_walk_at(struct mark_walk *w, const struct record_suite *s,
		 const struct rtls_tls_rx_mark *m, uint32_t len);

/*
 * Can a packet of len bytes with mark m come next? Then it is taken up: what it says is held against
 * its bytes.
 */
bool mark_walk_continues(struct mark_walk *w, const struct record_suite *s,
			 const struct rtls_tls_rx_mark *m, uint32_t len);

/* Bytes of one kind. */
struct mark_stretch {
	uint32_t len;
	uint32_t body_off; /* body: of the first one among those that the AEAD covers */
	bool body;         /* transformed */
};

/* Event: the next len bytes, at least one. Steps over those that are of one kind. */
struct mark_stretch mark_walk_step(struct mark_walk *w, const struct record_suite *s,
				   const uint8_t *in, uint32_t len);

/* In BODY: the explicit nonce of the record. */
static inline const uint8_t *
mark_walk_explicit_nonce(const struct mark_walk *w)
{
	return w->prefix + RECORD_HDR_LEN;
}

/*
 * Most packets: does this one, of len bytes with mark m, continue a body that goes on behind it? Then it
 * is passed.
 */
static inline bool
mark_walk_passes(struct mark_walk *w, const struct record_suite *s,
		 const struct rtls_tls_rx_mark *m, uint32_t len)
{
	if (w->state != MARK_WALK_BODY || m->rec_no != w->rec_no || m->rec_off != w->off ||
	    m->rec_len != w->len || w->off + len >= (uint32_t)w->len - RECORD_TAG_LEN)
		return false;
	if (s->explicit_nonce_len != 0 &&
	    memcmp(mark_walk_explicit_nonce(w), m->explicit_nonce, s->explicit_nonce_len) != 0)
		return false;
	w->off = (uint16_t)(w->off + len);
	return true;
}

/* The number whose low bits are rec_no and that lies nearest to near. */
static inline uint64_t
mark_rec_no(uint64_t near, uint32_t rec_no)
{
	return near + (uint64_t)(int64_t)(int32_t)(rec_no - (uint32_t)near);
}

#endif
