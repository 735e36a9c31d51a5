/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What costs him little: segments that TCP refuses, so many a second, and nothing else. Far ones have the
 * device search; those at the byte that it expects it follows, into records that there are not.
 */
#include "sim/forger_priv.h"

enum { SECOND_US = 1000000, BEYOND = 20000, CLAIMS = 16000 };

static enum fault
some_fault(struct forger *f)
{
	return forger_below(f, 2) == 0 ? WRONG_ACK : OLD_TIMESTAMP;
}

/* Out of the window, or in it and more than a record ahead; a legal header, and another one behind its record. */
static void
send_far(struct forger *f, int dir, uint64_t end)
{
	enum fault fault = forger_below(f, 2) == 0 ? FAR_AHEAD : some_fault(f);
	uint64_t at = end + BEYOND + forger_below(f, BEYOND);
	uint64_t next = at + forger_over(f) + forger_below(f, CLAIMS);

	forger_sends_header(f, dir, fault, at, next);
	if (forger_below(f, 2) == 0)
		forger_sends_header(f, dir, fault, next,
				    next + forger_over(f) + forger_below(f, CLAIMS));
}

static void
send_near(struct forger *f, int dir, uint64_t at)
{
	forger_sends_header(f, dir, some_fault(f), at,
			    at + forger_over(f) + forger_below(f, CLAIMS));
}

/* Where a record begins in [off, end); end: nowhere. */
static uint64_t
record_start(struct forger *f, int dir, uint64_t off, uint64_t end)
{
	const struct stream *s = sealer_stream(f->sealer, dir);
	struct lane *l = &f->lanes[dir];

	while (l->seen_off < off && l->seen_records < s->nb_records)
		l->seen_off += s->records[l->seen_records++].wire_len;
	return l->seen_off < off || l->seen_off >= end ? end : l->seen_off;
}

/* Is one due? */
static bool
is_due(struct forger *f, int dir, enum forger_flood kind, uint64_t now_us)
{
	uint64_t *at = &f->lanes[dir].flood_us[kind];

	if (f->conf.flood_per_s[kind] == 0)
		return false;
	if (*at == 0)
		*at = now_us;
	if (*at > now_us)
		return false;
	*at += SECOND_US / f->conf.flood_per_s[kind];
	f->stats.flooded[kind]++;
	return true;
}

/* What is due waits for a record's first byte, one time of two. */
void
forger_floods(struct forger *f, int dir, uint64_t off, uint64_t end, uint64_t now_us)
{
	uint64_t start = f->conf.flood_per_s[FORGER_NEAR] != 0 ? record_start(f, dir, off, end) :
								 end;

	if (is_due(f, dir, FORGER_FAR, now_us))
		send_far(f, dir, end);
	if (start == end && f->stats.flooded[FORGER_NEAR] % 2 == 0)
		return;
	if (!is_due(f, dir, FORGER_NEAR, now_us))
		return;
	if (start == end) {
		send_near(f, dir, off);
		return;
	}
	f->stats.at_header++;
	if (start > off)
		forger_sends_bytes(f, dir, FAULTLESS, off, off, start - off);
	send_near(f, dir, start);
}
