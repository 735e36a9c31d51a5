/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/oracle_place.h"

#include <string.h>

#include <recordtls/tls.h>

enum { LONGEST_13 = SUITE_HDR_LEN + (1 << 14) + 256 }; /* RFC 8446 5.2 */

uint32_t
oracle_longest_record(const struct suite *s)
{
	return s->version == RTLS_TLS_1_3 ?
		       LONGEST_13 :
		       (uint32_t)SUITE_HDR_LEN + s->explicit_len + (1 << 14) + SUITE_TAG_LEN;
}

uint32_t
oracle_body_len(const uint8_t *h)
{
	return (uint32_t)h[3] << 8 | h[4];
}

bool
oracle_is_header(const struct suite *s, const uint8_t *h)
{
	bool v13 = s->version == RTLS_TLS_1_3;
	uint32_t len = oracle_body_len(h);

	if (h[1] != 3 || h[2] != 3 || (v13 ? h[0] != 23 : h[0] == 0))
		return false;
	return len >= s->explicit_len + s->inner_len + (uint32_t)SUITE_TAG_LEN &&
	       len <= oracle_longest_record(s) - SUITE_HDR_LEN;
}

void
oracle_place_at(struct oracle_place *p, int64_t off, uint64_t rec_no)
{
	p->known = true;
	p->off = p->rec_off = off;
	p->rec_end = 0;
	p->rec_no = rec_no;
	p->have = 0;
}

/* Is what it takes for a record one of the stream, with that number? */
static bool
is_genuine(const struct oracle_known *k, const struct oracle_place *p)
{
	enum oracle_begins begins = ORACLE_BEGINS_UNKNOWN;
	uint64_t rec_no = 0;

	if (k->truth != NULL)
		begins = k->truth(k->arg, p->rec_off, &rec_no);
	if (begins == ORACLE_BEGINS_UNKNOWN)
		return !p->misled;
	return begins == ORACLE_BEGINS && rec_no == p->rec_no;
}

bool
oracle_place_step(const struct oracle_known *k, struct oracle_place *p, const uint8_t *bytes,
		  int64_t len, bool refused)
{
	uint32_t front = suite_front(k->suite), n;
	int64_t left;

	while (len > 0) {
		if (p->rec_end == 0) {
			n = front - p->have < len ? front - p->have : (uint32_t)len;
			memcpy(p->front + p->have, bytes, n);
			p->have += n;
			if (p->have == front) {
				if (!oracle_is_header(k->suite, p->front))
					return false;
				p->rec_end = p->rec_off + SUITE_HDR_LEN + oracle_body_len(p->front);
			}
		} else {
			left = p->rec_end - p->off;
			n = (uint32_t)(left < len ? left : len);
		}
		p->off += n;
		bytes += n;
		len -= n;
		if (p->off == p->rec_end) {
			if (refused || !is_genuine(k, p))
				return false;
			oracle_place_at(p, p->rec_end, p->rec_no + 1);
			p->verified = p->off;
		}
	}
	return true;
}

enum oracle_taken
oracle_place_take(const struct oracle_known *k, struct oracle_place *p, uint32_t *runs, int64_t off,
		  const uint8_t *bytes, uint32_t len, bool refused, bool *genuine)
{
	struct oracle_place before = *p;
	int64_t end = off + len, from;

	if (end <= p->off)
		return ORACLE_TAKEN_NOT;
	from = p->off;
	if (off > p->off) {
		/* Its record's end went by, or is the edge of what went by: the next one begins there. */
		if (p->rec_end == 0 || off > p->rec_end || end < p->rec_end)
			return ORACLE_TAKEN_NOT;
		from = p->rec_end;
		oracle_place_at(p, from, p->rec_no + 1);
		p->run = *runs + 1;
	}
	*genuine = is_genuine(k, p);
	if (!oracle_place_step(k, p, bytes + (from - off), end - from, refused)) {
		*p = before;
		return ORACLE_TAKEN_PART;
	}
	if (p->run > *runs)
		*runs = p->run;
	return from == off ? ORACLE_TAKEN_WHOLE : ORACLE_TAKEN_PART;
}
