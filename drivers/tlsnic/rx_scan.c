/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/rx_scan.h"

#include <string.h>

void
rx_scan_init(struct rx_scan *s, const struct record_suite *suite)
{
	memset(s, 0, sizeof(*s));
	s->suite = suite;
}

void
rx_scan_put(struct rx_scan *s)
{
	s->open = false;
	s->left = s->patience;
}

void
rx_scan_end(struct rx_scan *s)
{
	s->state = RX_SCAN_SEARCHING;
	s->got = 0;
	s->open = false;
}

static void
ask(struct rx_scan *s, uint32_t at, uint32_t patience)
{
	s->asked = at;
	s->counted = 0;
	s->past_len = 0;
	s->patience = s->left = patience;
	s->open = true;
}

static bool
is_header(const struct rx_scan *s)
{
	struct record_header h = record_header_read(s->hdr);

	return record_header_check(s->suite, &h) == 0;
}

/* Are the bytes that are there a header, or may they be the first ones of one? */
static bool
may_be_header(const struct rx_scan *s)
{
	struct rx_scan whole = *s;
	uint8_t *hdr = whole.hdr;

	if (s->got < 2)
		hdr[1] = RECORD_WIRE_VERSION >> 8;
	if (s->got < 3)
		hdr[2] = RECORD_WIRE_VERSION & 0xff;
	if (s->got < 4)
		hdr[3] = (uint8_t)(s->suite->body_max >> 8);
	/* The longest record with that byte in its length is legal, or none is. */
	if (s->got < 5)
		hdr[4] = hdr[3] == s->suite->body_max >> 8 ? (uint8_t)s->suite->body_max : 0xff;
	return is_header(&whole);
}

static void
drop_first_byte(struct rx_scan *s)
{
	for (uint32_t i = 1; i < RECORD_HDR_LEN; i++)
		s->hdr[i - 1] = s->hdr[i];
	s->got--;
	s->next++;
}

/* The header at hand is complete and legal: on to the next one. */
static void
step_over(struct rx_scan *s)
{
	s->next += RECORD_HDR_LEN + (uint32_t)record_header_read(s->hdr).body_len;
	s->got = 0;
}

/* The byte at seq, behind those that may begin a header. */
static void
search_byte(struct rx_scan *s, uint32_t seq, uint8_t byte)
{
	s->hdr[s->got++] = byte;
	s->next = seq + 1 - s->got;
	while (s->got != 0 && !may_be_header(s))
		drop_first_byte(s);
	if (s->got < RECORD_HDR_LEN)
		return;
	s->state = RX_SCAN_FOLLOWING;
	ask(s, s->next, RX_SCAN_PATIENCE);
	step_over(s);
}

/* Most bytes are not a header's first one. */
static bool
may_be_first(const struct rx_scan *s, const uint8_t *bytes, uint32_t len)
{
	if (s->suite->inner_type_len != 0 && bytes[0] != RECORD_DATA)
		return false;
	return len < 2 || bytes[1] == RECORD_WIRE_VERSION >> 8;
}

/* Looks for a candidate, behind the bytes that are kept, in payload + from. */
static void
search(struct rx_scan *s, uint32_t seq, const uint8_t *payload, uint32_t len, uint32_t from)
{
	for (uint32_t i = from; i < len && s->state == RX_SCAN_SEARCHING; i++)
		if (s->got != 0 || may_be_first(s, payload + i, len - i))
			search_byte(s, seq + i, payload[i]);
}

enum follows {
	FOLLOWS_NOTHING, /* the next header is not complete in this packet */
	FOLLOWS_HEADER,
	FOLLOWS_BREAK,
};

/* The packet does not reach the next header by so many bytes. Does the stream go on without it? */
static bool
is_passed_by(struct rx_scan *s, uint32_t seq, uint32_t len, uint32_t short_by)
{
	const uint32_t far = RECORD_HDR_LEN + (uint32_t)s->suite->body_max;

	if (short_by <= far) {
		s->past_len = 0;
		return false;
	}
	s->past_len = s->past_len != 0 && seq == s->past_end ? s->past_len + len : len;
	s->past_end = seq + len;
	return s->past_len > far;
}

static enum follows
follow(struct rx_scan *s, uint32_t seq, const uint8_t *payload, uint32_t len)
{
	uint32_t at = s->next + s->got - seq;

	if ((int32_t)at < 0)
		return FOLLOWS_BREAK;
	if (at >= len)
		return is_passed_by(s, seq, len, at - len) ? FOLLOWS_BREAK : FOLLOWS_NOTHING;
	s->past_len = 0;
	while (at < len && s->got < RECORD_HDR_LEN)
		s->hdr[s->got++] = payload[at++];
	if (s->got < RECORD_HDR_LEN)
		return FOLLOWS_NOTHING;
	return is_header(s) ? FOLLOWS_HEADER : FOLLOWS_BREAK;
}

/* The header at hand is one more behind the one that is asked about. Is it the one to ask about now? */
static bool
count_header(struct rx_scan *s)
{
	uint32_t at = s->next;

	s->counted++;
	step_over(s);
	if (s->open || --s->left != 0)
		return false;
	ask(s, at, s->patience < RX_SCAN_PATIENCE_MAX ? 2 * s->patience : s->patience);
	return true;
}

/* The place in the packet behind the first byte of the header at seq, which may be in front of it. */
static uint32_t
behind(uint32_t header, uint32_t seq)
{
	int32_t at = (int32_t)(header + 1 - seq);

	return at < 0 ? 0 : (uint32_t)at;
}

enum rx_scan_asks
rx_scan_packet(struct rx_scan *s, uint32_t seq, const uint8_t *payload, uint32_t len)
{
	bool asked = s->state == RX_SCAN_FOLLOWING, asks = false;
	enum follows follows = FOLLOWS_BREAK;
	uint32_t from = 0; /* behind the headers that matched: none is tried twice */

	if (!asked && s->next + s->got != seq)
		s->got = 0;
	while (follows != FOLLOWS_NOTHING) {
		if (s->state == RX_SCAN_SEARCHING) {
			search(s, seq, payload, len, from);
			asks = s->state == RX_SCAN_FOLLOWING;
			from = behind(s->asked, seq);
		}
		if (s->state == RX_SCAN_SEARCHING)
			break;
		follows = follow(s, seq, payload, len);
		if (follows == FOLLOWS_BREAK) {
			rx_scan_end(s);
			asks = false;
		} else if (follows == FOLLOWS_HEADER) {
			from = behind(s->next, seq);
			asks |= count_header(s);
		}
	}
	if (asks)
		return RX_SCAN_ASKS;
	return asked && s->state == RX_SCAN_SEARCHING ? RX_SCAN_DROPS : RX_SCAN_SAME;
}
