/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <string.h>

#include "sim/forger_priv.h"

enum {
	RECORDS = 8, /* that a strike looks at */
	BODY_MAX = 16384 + 256,
	TRIES = 8,
};

/* Whole records that are held back; n of them. */
struct haul {
	uint32_t n;
	uint64_t first; /* its index in the stream */
	uint64_t start[RECORDS + 1];
};

static void
haul_records(const struct forger *f, int dir, struct haul *c)
{
	const struct stream *s = sealer_stream(f->sealer, dir);
	uint64_t off = 0;

	c->n = 0;
	for (uint64_t i = 0; i < s->nb_records && c->n < RECORDS; off += s->records[i++].wire_len) {
		if (off < f->lanes[dir].passed)
			continue;
		if (c->n == 0)
			c->first = i;
		c->start[c->n++] = off;
	}
	c->start[c->n] = off;
}

/* Has the device follow k records that are none, from the first one that is held back up to end. */
static bool
move_device(struct forger *f, int dir, enum fault fault, const struct haul *c, uint32_t k,
	    uint64_t end)
{
	uint64_t off = c->start[0], last = off + FORGER_OVER * (k - 1);

	if (last + FORGER_OVER > end || end - last - FORGER_HEADER > BODY_MAX)
		return false;
	for (; off < last; off += FORGER_OVER)
		forger_sends_header(f, dir, fault, off, off + FORGER_OVER);
	forger_sends_header(f, dir, fault, last, end);
	return true;
}

static void
let_by(struct forger *f, int dir, uint64_t end)
{
	struct lane *l = &f->lanes[dir];

	forger_sends_bytes(f, dir, FAULTLESS, l->passed, l->passed, end - l->passed);
	l->passed = end;
}

/* The device counts k records while m go by; what comes then is the record that is due to it. */
static bool
strike_count(struct forger *f, int dir, enum fault fault, const struct haul *c, uint32_t m)
{
	uint32_t k = 1 + forger_below(f, m + 2);
	uint64_t t = c->start[m];

	if (k == m || k >= c->n || !move_device(f, dir, fault, c, k, t))
		return false;
	forger_sends(f, dir, fault, t - 1, "x", 1);
	let_by(f, dir, t);
	forger_sends_bytes(f, dir, FAULTLESS, t, c->start[k], c->start[k + 1] - c->start[k]);
	f->stats.skipped++;
	return true;
}

/*
 * The device stands in record number k when m have gone by, and what comes then is xored with the
 * key stream of a record whose plaintext is known.
 */
static bool
strike_seal(struct forger *f, int dir, enum fault fault, const struct haul *c, uint32_t m)
{
	const struct stream *s = sealer_stream(f->sealer, dir);
	uint8_t bytes[FORGER_PIECE] = { 23, 3, 3 }, known[FORGER_PIECE];
	uint32_t k = 1 + forger_below(f, m + 1), len;
	uint64_t t = c->start[m], content;

	if (k >= c->n)
		return false;
	content = s->records[c->first + k - 1].end_off;
	len = (uint32_t)(c->start[k + 1] - c->start[k]) - FORGER_OVER;
	len = len < FORGER_PIECE ? len : FORGER_PIECE;
	if (len <= FORGER_OVER ||
	    journal_read(s->conf.journal, content, known, len) != JOURNAL_DATA ||
	    !move_device(f, dir, fault, c, k, t - FORGER_HEADER))
		return false;
	forger_sends_header(f, dir, fault, t - FORGER_HEADER, t + FORGER_PLACE);
	let_by(f, dir, t);
	bytes[3] = (uint8_t)((len - FORGER_HEADER) >> 8);
	bytes[4] = (uint8_t)(len - FORGER_HEADER);
	memset(bytes + FORGER_HEADER, 'E', len - FORGER_OVER);
	bytes[len - 17] = JOURNAL_DATA;
	for (uint32_t i = 0; i < len; i++)
		bytes[i] ^= s->wire[c->start[k] + FORGER_HEADER + i] ^ known[i];
	forger_sends(f, dir, FAULTLESS, t, bytes, len);
	f->stats.sealed++;
	return true;
}

bool
forger_strikes(struct forger *f, int dir)
{
	const struct lane *l = &f->lanes[dir];
	enum fault fault = forger_below(f, 2) == 0 ? WRONG_ACK : OLD_TIMESTAMP;
	struct haul c = { 0 };
	uint32_t m;

	if (l->acked != l->passed)
		return false;
	haul_records(f, dir, &c);
	for (int i = 0; c.n >= 3 && i < TRIES; i++) {
		m = 1 + forger_below(f, c.n - 2);
		if (forger_below(f, 2) == 0 ? strike_count(f, dir, fault, &c, m) :
					      strike_seal(f, dir, fault, &c, m))
			return true;
	}
	return false;
}
