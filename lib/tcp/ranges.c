/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/ranges.h"

#include <errno.h>
#include <string.h>

void
tcp_ranges_init(struct tcp_ranges *rs)
{
	rs->n = 0;
	rs->nb_recent = 0;
	rs->nb_untold = 0;
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

/* Index of the range that holds the byte at off; rs->n: none does. */
static uint32_t
holder_of(const struct tcp_ranges *rs, uint64_t off)
{
	uint32_t i = first_ending_at(rs, off + 1);

	return i < rs->n && rs->r[i].start <= off && off < rs->r[i].end ? i : rs->n;
}

/* Event: something was added at off, which r[i] holds. Who has no range of his own any more is forgotten. */
static void
note_recent(struct tcp_ranges *rs, uint64_t off, uint32_t i)
{
	uint64_t recent[TCP_RANGES_RECENT] = { off };
	uint32_t n = 1, untold = 1, at;

	for (uint32_t k = 0; k < rs->nb_recent && n < TCP_RANGES_RECENT; k++) {
		at = holder_of(rs, rs->recent[k]);
		if (at != i && at < rs->n) {
			untold += k < rs->nb_untold;
			recent[n++] = rs->recent[k];
		}
	}
	memcpy(rs->recent, recent, sizeof(recent));
	rs->nb_recent = n;
	rs->nb_untold = untold;
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
		note_recent(rs, r.start, at.i);
		return 0;
	}
	first = &rs->r[at.i];
	last = &rs->r[at.i + at.joined - 1];
	*first = tcp_range_of(r.start < first->start ? r.start : first->start,
			      r.end > last->end ? r.end : last->end);
	tcp_ranges_remove(rs, at.i + 1, at.joined - 1);
	note_recent(rs, r.start, at.i);
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

struct tcp_range
tcp_ranges_within(const struct tcp_ranges *rs, struct tcp_range r)
{
	struct tcp_range held;
	uint32_t i;

	if (tcp_ranges_empty(rs))
		return tcp_range_of(r.start, r.start);
	i = first_ending_at(rs, r.start + 1);
	if (i == rs->n || rs->r[i].start >= r.end)
		return tcp_range_of(r.start, r.start);
	held = rs->r[i];
	return tcp_range_of(held.start > r.start ? held.start : r.start,
			    held.end < r.end ? held.end : r.end);
}

bool
tcp_ranges_holder(const struct tcp_ranges *rs, uint64_t off, struct tcp_range *r)
{
	uint32_t i;

	if (tcp_ranges_empty(rs))
		return false;
	i = holder_of(rs, off);
	if (i == rs->n)
		return false;
	*r = rs->r[i];
	return true;
}

/* Additions to ranges that are gone are forgotten. */
static void
prune_recent(struct tcp_ranges *rs)
{
	uint32_t n = 0, untold = 0;

	for (uint32_t k = 0; k < rs->nb_recent; k++)
		if (holder_of(rs, rs->recent[k]) < rs->n) {
			untold += k < rs->nb_untold;
			rs->recent[n++] = rs->recent[k];
		}
	rs->nb_recent = n;
	rs->nb_untold = untold;
}

static bool
is_among(const struct tcp_range *r, uint32_t n, struct tcp_range one)
{
	for (uint32_t k = 0; k < n; k++)
		if (r[k].start == one.start)
			return true;
	return false;
}

/* The range of the k-th known addition, which has one: prune_recent(). */
static uint32_t
add_holder(const struct tcp_ranges *rs, uint32_t k, struct tcp_range *r, uint32_t n)
{
	struct tcp_range holder = rs->r[holder_of(rs, rs->recent[k])];

	if (!is_among(r, n, holder))
		r[n++] = holder;
	return n;
}

static void
turn_round(struct tcp_range *r, uint32_t n)
{
	for (uint32_t i = 0; i < n / 2; i++) {
		struct tcp_range first = r[i];

		r[i] = r[n - 1 - i];
		r[n - 1 - i] = first;
	}
}

uint32_t
tcp_ranges_tell(struct tcp_ranges *rs, uint32_t turn, struct tcp_range *r, uint32_t n, uint32_t max)
{
	uint32_t from = n;

	prune_recent(rs);
	if (rs->nb_untold > 0)
		turn = 0;
	while (rs->nb_untold > 0 && n < max)
		n = add_holder(rs, --rs->nb_untold, r, n);
	turn_round(r + from, n - from);
	for (uint32_t k = 0; k < rs->nb_recent && n < max; k++)
		n = add_holder(rs, (turn + k) % rs->nb_recent, r, n);
	for (uint32_t i = 0; i < rs->n && n < max; i++)
		if (!is_among(r, n, rs->r[i]))
			r[n++] = rs->r[i];
	return n;
}
