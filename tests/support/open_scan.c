/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/open_scan.h"

#include <string.h>

enum {
	FAR = 1 << 16, /* what comes so much in front of the next header will not lead there */
	PATIENCE = 8,  /* records that it follows until it asks about a later one */
};

/* Some bytes of the stream. */
struct stretch {
	uint32_t seq;
	uint32_t len;
	const uint8_t *bytes;
};

static int32_t
distance(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}

void
open_scan_start(struct open_scan *s, open_scan_legal_fn legal, const void *arg)
{
	*s = (struct open_scan){ .legal = legal, .arg = arg };
}

static uint32_t
body_len(const struct open_scan *s)
{
	return (uint32_t)s->hdr[3] << 8 | s->hdr[4];
}

/* The header in hand is the one to be asked about. */
static void
take_candidate(struct open_scan *s, uint32_t seq)
{
	s->state = OPEN_SCAN_FOLLOWS;
	s->asked = seq;
	s->counted = 0;
	s->at = seq + OPEN_SCAN_HDR + body_len(s);
	s->got = 0;
}

static void
search_from(struct open_scan *s, uint32_t seq)
{
	s->state = OPEN_SCAN_SEARCHES;
	s->at = seq;
	s->got = 0;
}

/* The next byte, of which it keeps as many as a header has. */
static void
push(struct open_scan *s, uint8_t byte)
{
	if (s->got == OPEN_SCAN_HDR) {
		memmove(s->hdr, s->hdr + 1, OPEN_SCAN_HDR - 1);
		s->got--;
	}
	s->hdr[s->got++] = byte;
	s->at++;
}

/* Returns whether it found one. */
static bool
search(struct open_scan *s, const struct stretch *p)
{
	uint32_t end = p->seq + p->len;

	/* What it has looked at, in order, goes on; else nothing is in hand. */
	if (distance(p->seq, s->at) < 0 || distance(s->at, end) <= 0)
		search_from(s, p->seq);
	while (s->at != end) {
		push(s, p->bytes[s->at - p->seq]);
		if (s->got == OPEN_SCAN_HDR && s->legal(s->arg, s->hdr)) {
			take_candidate(s, s->at - OPEN_SCAN_HDR);
			return true;
		}
	}
	return false;
}

enum step { WAITS, COUNTED, BROKE };

static enum step
count_header(struct open_scan *s)
{
	uint32_t at = s->at;

	if (!s->legal(s->arg, s->hdr))
		return BROKE;
	s->at += OPEN_SCAN_HDR + body_len(s);
	s->got = 0;
	/* Nobody answers: the one at hand may be more to their liking. */
	if (++s->counted == PATIENCE)
		take_candidate(s, at);
	return COUNTED;
}

/* Up to the end of the next header. */
static enum step
follow(struct open_scan *s, const struct stretch *p)
{
	uint32_t end = p->seq + p->len, next = s->at + s->got;

	if (distance(end, next) >= FAR)
		return BROKE;
	if (distance(end, next) >= 0)
		return WAITS;
	if (distance(next, p->seq) > 0)
		return BROKE;
	while (s->got < OPEN_SCAN_HDR && next != end)
		s->hdr[s->got++] = p->bytes[next++ - p->seq];
	return s->got < OPEN_SCAN_HDR ? WAITS : count_header(s);
}

/* False: what it asked about leads nowhere. */
static bool
follow_all(struct open_scan *s, const struct stretch *p)
{
	enum step step;

	do
		step = follow(s, p);
	while (step == COUNTED);
	return step == WAITS;
}

/* Behind the first byte of a false header there may be a right one. */
static void
search_again(struct open_scan *s, const struct stretch *p)
{
	bool here = distance(p->seq, s->asked) >= 0 && distance(s->asked, p->seq + p->len) > 0;

	search_from(s, here ? s->asked + 1 : p->seq);
}

struct open_scan_news
open_scan_packet(struct open_scan *s, uint32_t seq, const uint8_t *bytes, uint32_t len)
{
	const struct stretch p = { .seq = seq, .len = len, .bytes = bytes };
	bool asked = s->state == OPEN_SCAN_FOLLOWS, same;
	uint32_t about = s->asked;

	while ((s->state == OPEN_SCAN_FOLLOWS || search(s, &p)) && !follow_all(s, &p))
		search_again(s, &p);
	same = asked && s->state == OPEN_SCAN_FOLLOWS && s->asked == about;
	return (struct open_scan_news){
		.broke = asked && !same,
		.asks = s->state == OPEN_SCAN_FOLLOWS && !same,
	};
}
