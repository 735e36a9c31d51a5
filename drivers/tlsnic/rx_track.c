/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/rx_track.h"

#include <string.h>

/* Is a behind b? */
static bool
seq_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static void
enter(struct rx_track *t, enum rx_track_state state, uint32_t left)
{
	t->state = state;
	t->left = left;
}

void
rx_track_init(struct rx_track *t, const struct record_suite *s)
{
	memset(t, 0, sizeof(*t));
	t->suite = s;
}

void
rx_track_start(struct rx_track *t, uint32_t seq, uint64_t rec_no)
{
	t->expected = seq;
	t->rec_no = rec_no;
	t->passed = 0;
	enter(t, RX_TRACK_HEADER, record_prefix_len(t->suite));
}

void
rx_track_lose(struct rx_track *t)
{
	enter(t, RX_TRACK_LOST, 0);
}

bool
rx_track_has_place(const struct rx_track *t)
{
	return t->state == RX_TRACK_HEADER || t->state == RX_TRACK_BODY || t->state == RX_TRACK_TAG;
}

struct rx_place
rx_track_place(const struct rx_track *t)
{
	struct rx_place p = { .rec_no = t->rec_no };

	if (t->state == RX_TRACK_HEADER) {
		p.off = record_prefix_len(t->suite) - t->left;
		return p;
	}
	p.len = RECORD_HDR_LEN + record_header_read(t->hdr).body_len;
	p.off = p.len - t->left - (t->state == RX_TRACK_BODY ? RECORD_TAG_LEN : 0);
	return p;
}

/* The TCP sequence at which the next record starts; false: its header is still to come. */
static bool
record_end(const struct rx_track *t, uint32_t *end)
{
	switch (t->state) {
	case RX_TRACK_BODY:
		*end = t->expected + t->left + RECORD_TAG_LEN;
		return true;
	case RX_TRACK_TAG:
		*end = t->expected + t->left;
		return true;
	case RX_TRACK_IDLE:
	case RX_TRACK_HEADER:
	case RX_TRACK_GONE:
	case RX_TRACK_LOST:
		break;
	}
	return false;
}

bool
rx_track_ends_by(const struct rx_track *t, uint32_t seq, uint32_t len)
{
	uint32_t end;

	return record_end(t, &end) && !seq_after(end, seq + len);
}

/*
 * Bytes are missing in front of the packet. The missing ones may still come, so the place
 * stays; but once the end of the record went by, the next record is a place just as good, and
 * better than waiting: all that follows can be opened. The end went by too when the packet
 * ends with it: the next byte of the stream is a record's first, and nothing of the record in
 * front of it is needed any more. The packet itself passes as it came in any case, for it is
 * not the expected one.
 */
static enum rx_track_take
take_gap(struct rx_track *t, uint32_t seq, uint32_t len, uint32_t *skip)
{
	uint32_t end = t->expected;

	if (record_end(t, &end) && !seq_after(seq, end)) {
		if (seq_after(end, seq + len))
			return RX_TAKE_NONE;
		rx_track_start(t, end, t->rec_no + 1);
		*skip = end - seq;
		return RX_TAKE_JUMP;
	}
	/* Whatever record the device stands in has ended by there: its end was missed. */
	if (seq + len - t->expected > RECORD_HDR_LEN + (uint32_t)t->suite->body_max)
		return RX_TAKE_FAR;
	return RX_TAKE_NONE;
}

/* What is further behind is not old, it is the stream 2^32 later. */
static enum rx_track_take
take_behind(const struct rx_track *t, uint32_t seq)
{
	return t->expected - seq > RX_TRACK_WINDOW ? RX_TAKE_FAR : RX_TAKE_NONE;
}

/* Where a packet is, in a stream whose place is known. */
static enum rx_track_take
take_placed(struct rx_track *t, uint32_t seq, uint32_t len, uint32_t *skip)
{
	if (seq == t->expected)
		return RX_TAKE_ALL;
	if (seq_after(seq, t->expected))
		return take_gap(t, seq, len, skip);
	if (!seq_after(seq + len, t->expected))
		return take_behind(t, seq);
	*skip = t->expected - seq;
	return RX_TAKE_TAIL;
}

/*
 * Bytes that leave the place where it is. They are counted, for sequence numbers do not tell a place
 * that the stream has left 3 GiB behind from one that is 1 GiB ahead, and one forged segment is far off.
 */
static void
count_passed(struct rx_track *t, uint32_t len)
{
	if (t->passed_at != t->expected)
		t->passed = 0;
	t->passed_at = t->expected;
	if (len > RX_TRACK_WINDOW - t->passed)
		enter(t, RX_TRACK_GONE, 0);
	else
		t->passed += len;
}

enum rx_track_take
rx_track_take(struct rx_track *t, uint32_t seq, uint32_t len, uint32_t *skip)
{
	enum rx_track_take take;

	*skip = 0;
	if (t->state == RX_TRACK_GONE && len != 0)
		return RX_TAKE_FAR;
	if (!rx_track_has_place(t) || len == 0)
		return RX_TAKE_NONE;
	take = take_placed(t, seq, len, skip);
	if (take == RX_TAKE_NONE || take == RX_TAKE_FAR)
		count_passed(t, len);
	return take;
}

/* All of the header is there: 0, or why it is none. */
static int
header_done(struct rx_track *t)
{
	struct record_header h = record_header_read(t->hdr);
	int rc = record_header_check(t->suite, &h);
	uint32_t inner_len;

	if (rc != 0)
		return rc;
	/* Without an inner type there may be nothing in front of the tag. */
	inner_len = record_inner_len(t->suite, h.body_len);
	if (inner_len != 0)
		enter(t, RX_TRACK_BODY, inner_len);
	else
		enter(t, RX_TRACK_TAG, RECORD_TAG_LEN);
	return 0;
}

struct rx_stretch
rx_track_step(struct rx_track *t, const uint8_t *in, uint32_t len)
{
	struct rx_stretch s = { .kind = t->state, .len = len < t->left ? len : t->left };

	s.ends = s.len == t->left;
	t->expected += s.len;
	switch (s.kind) {
	case RX_TRACK_HEADER:
		memcpy(t->hdr + record_prefix_len(t->suite) - t->left, in, s.len);
		t->left -= s.len;
		if (s.ends)
			s.error = header_done(t);
		break;
	case RX_TRACK_BODY:
		t->left -= s.len;
		if (s.ends)
			enter(t, RX_TRACK_TAG, RECORD_TAG_LEN);
		break;
	case RX_TRACK_TAG:
		s.off = RECORD_TAG_LEN - t->left;
		t->left -= s.len;
		if (s.ends)
			rx_track_start(t, t->expected, t->rec_no + 1);
		break;
	case RX_TRACK_IDLE:
	case RX_TRACK_GONE:
	case RX_TRACK_LOST:
		/* No place, no bytes: rx_track_take() hands out none. */
		s.len = len;
		break;
	}
	return s;
}
