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

/* Puts n ranges out at i. */
static void
remove_at(struct tcp_ranges *rs, uint32_t i, uint32_t n)
{
	memmove(&rs->r[i], &rs->r[i + n], (rs->n - i - n) * sizeof(rs->r[0]));
	rs->n -= n;
}

int
tcp_ranges_add(struct tcp_ranges *rs, struct tcp_range r)
{
	uint32_t i = first_ending_at(rs, r.start);
	uint32_t last = i;

	if (tcp_range_empty(r))
		return 0;
	while (last < rs->n && rs->r[last].start <= r.end)
		last++;

	if (last == i) { /* touches none */
		if (rs->n == TCP_RANGES_MAX)
			return -ENOSPC;
		memmove(&rs->r[i + 1], &rs->r[i], (rs->n - i) * sizeof(rs->r[0]));
		rs->n++;
		rs->r[i] = r;
		return 0;
	}

	rs->r[i] = tcp_range_of(r.start < rs->r[i].start ? r.start : rs->r[i].start,
				r.end > rs->r[last - 1].end ? r.end : rs->r[last - 1].end);
	remove_at(rs, i + 1, last - i - 1);
	return 0;
}

uint64_t
tcp_ranges_advance(struct tcp_ranges *rs, uint64_t nxt)
{
	uint32_t n = 0;

	while (n < rs->n && rs->r[n].start <= nxt) {
		if (rs->r[n].end > nxt)
			nxt = rs->r[n].end;
		n++;
	}
	if (n > 0)
		remove_at(rs, 0, n);
	return nxt;
}

void
tcp_ranges_cut(struct tcp_ranges *rs, uint64_t from)
{
	while (rs->n > 0 && rs->r[rs->n - 1].start >= from)
		rs->n--;
	if (rs->n > 0 && rs->r[rs->n - 1].end > from)
		rs->r[rs->n - 1] = tcp_range_of(rs->r[rs->n - 1].start, from);
}

struct tcp_range
tcp_ranges_trim(const struct tcp_ranges *rs, struct tcp_range r)
{
	uint32_t i = first_ending_at(rs, r.start);

	if (i < rs->n && rs->r[i].start <= r.start)
		r = tcp_range_of(rs->r[i].end < r.end ? rs->r[i].end : r.end, r.end);
	i = first_ending_at(rs, r.end);
	if (i < rs->n && rs->r[i].start < r.end)
		r = tcp_range_of(r.start, rs->r[i].start);
	return r;
}
