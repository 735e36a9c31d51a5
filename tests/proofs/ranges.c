/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/ranges.c */
/* flags: --unwind 4 -DTCP_RANGES_MAX=2 --conversion-check */
#include "conn_invariant.h"

static struct tcp_ranges rs;

static void
any_ranges(void)
{
	struct tcp_ranges any;

	ASSUME(ranges_hold(&any, nondet_u64(), UINT64_MAX));
	rs = any;
}

static bool
holds_byte(uint64_t off)
{
	bool held = false;

	for (uint32_t i = 0; i < TCP_RANGES_MAX; i++)
		held |= i < rs.n && rs.r[i].start <= off && off < rs.r[i].end;
	return held;
}

/* Whatever a peer says, the range lies in [low, high) and in what it said. */
void
prove_within(void)
{
	int64_t seq = nondet_i64();
	uint64_t low = nondet_u64(), high = nondet_u64();
	uint32_t len = nondet_u32();
	struct tcp_range r;

	ASSUME(seq > -INT64_C(0x7fffffffffff) && seq < INT64_C(0x7fffffffffff));
	ASSUME(low <= INT64_MAX);
	r = tcp_range_within(seq, len, low, high);
	PROVE(r.start <= r.end);
	PROVE(tcp_range_empty(r) || (r.start >= low && r.end <= high));
	PROVE(tcp_range_empty(r) ||
	      ((int64_t)r.start >= seq && (int64_t)r.end <= seq + (int64_t)len));
}

/* Adding holds what was held and what came, no other byte, and keeps the order. */
void
prove_add(void)
{
	struct tcp_range r = tcp_range_of(nondet_u64(), nondet_u64());
	uint64_t low = nondet_u64(), off = nondet_u64();
	bool before, added;

	any_ranges();
	ASSUME(ranges_hold(&rs, low, UINT64_MAX) && r.start > low);
	before = holds_byte(off);
	added = tcp_ranges_add(&rs, r) == 0;
	PROVE(ranges_hold(&rs, low, UINT64_MAX));
	PROVE(holds_byte(off) == (before || (added && r.start <= off && off < r.end)));
	PROVE(added || rs.n == TCP_RANGES_MAX);
}

/* Trimming loses no byte that is not held, and takes none in. */
void
prove_trim(void)
{
	struct tcp_range r = tcp_range_of(nondet_u64(), nondet_u64()), t;
	uint64_t off = nondet_u64();

	any_ranges();
	t = tcp_ranges_trim(&rs, r);
	PROVE(t.start <= t.end);
	PROVE(tcp_range_empty(t) || (t.start >= r.start && t.end <= r.end));
	ASSUME(r.start <= off && off < r.end && !holds_byte(off));
	PROVE(t.start <= off && off < t.end);
}

void
prove_advance(void)
{
	uint64_t nxt = nondet_u64(), end, highest;

	any_ranges();
	highest = tcp_ranges_end(&rs);
	end = tcp_ranges_advance(&rs, nxt);
	PROVE(end >= nxt && end <= (highest > nxt ? highest : nxt));
	PROVE(ranges_hold(&rs, end, UINT64_MAX));
}

void
prove_cut(void)
{
	uint64_t low = nondet_u64(), from = nondet_u64();

	any_ranges();
	ASSUME(ranges_hold(&rs, low, UINT64_MAX));
	tcp_ranges_cut(&rs, from);
	PROVE(ranges_hold(&rs, low, from));
}
