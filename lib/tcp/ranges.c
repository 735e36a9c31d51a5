/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/ranges.h"

#include <errno.h>
#include <string.h>

void
tcp_ranges_init(struct tcp_ranges *rs)
{
	rs->n = 0;
}

/* First range that ends at off or above: the one that a range from off on could touch. */
static uint32_t
first_ending_at(const struct tcp_ranges *rs, uint64_t off)
{
	uint32_t lo = 0;
	uint32_t hi = rs->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (rs->r[mid].end < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The ranges that r touches: how many, from which on. */
static struct tcp_ranges_change
touched_by(const struct tcp_ranges *rs, struct tcp_range r)
{
	struct tcp_ranges_change at = { .i = first_ending_at(rs, r.start) };

	while (at.i + at.joined < rs->n && rs->r[at.i + at.joined].start <= r.end)
		at.joined++;
	return at;
}

void
tcp_ranges_remove(struct tcp_ranges *rs, uint32_t i, uint32_t n)
{
	memmove(&rs->r[i], &rs->r[i + n], (rs->n - i - n) * sizeof(rs->r[0]));
	rs->n -= n;
}

int
tcp_ranges_add(struct tcp_ranges *rs, struct tcp_range r, struct tcp_ranges_change *done)
{
	struct tcp_ranges_change at = touched_by(rs, r);
	struct tcp_range *first, *last;

	if (tcp_range_empty(r))
		return 0;
	*done = at;
	if (at.joined == 0) {
		if (rs->n == TCP_RANGES_MAX)
			return -ENOSPC;
		memmove(&rs->r[at.i + 1], &rs->r[at.i], (rs->n - at.i) * sizeof(rs->r[0]));
		rs->n++;
		rs->r[at.i] = r;
		return 0;
	}
	first = &rs->r[at.i];
	last = &rs->r[at.i + at.joined - 1];
	*first = tcp_range_of(r.start < first->start ? r.start : first->start,
			      r.end > last->end ? r.end : last->end);
	tcp_ranges_remove(rs, at.i + 1, at.joined - 1);
	return 0;
}

bool
tcp_ranges_fits(const struct tcp_ranges *rs, struct tcp_range r)
{
	return rs == NULL || rs->n < TCP_RANGES_MAX || touched_by(rs, r).joined > 0;
}

uint64_t
tcp_ranges_reach(const struct tcp_ranges *rs, uint64_t nxt)
{
	if (rs == NULL)
		return nxt;
	for (uint32_t i = 0; i < rs->n && rs->r[i].start <= nxt; i++)
		if (rs->r[i].end > nxt)
			nxt = rs->r[i].end;
	return nxt;
}

struct tcp_range
tcp_ranges_trim(const struct tcp_ranges *rs, struct tcp_range r)
{
	uint32_t i;

	if (tcp_ranges_empty(rs))
		return r;
	i = first_ending_at(rs, r.start);
	if (i < rs->n && rs->r[i].start <= r.start)
		r = tcp_range_of(rs->r[i].end < r.end ? rs->r[i].end : r.end, r.end);
	i = first_ending_at(rs, r.end);
	if (i < rs->n && rs->r[i].start < r.end)
		r = tcp_range_of(r.start, rs->r[i].start);
	return r;
}
