/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/ranges.c */
/* flags: --unwind 4 -DTCP_RANGES_MAX=2 --conversion-check */
#include "conn_invariant.h"

static struct tcp_ranges rs;

/* No range has two of the places where something was added. */
static bool
recent_holds(const struct tcp_ranges *any)
{
	bool twice = false;

	for (uint32_t i = 0; i < TCP_RANGES_MAX; i++) {
		const struct tcp_range *r = &any->r[i];
		uint32_t n = 0;

		for (uint32_t k = 0; k < TCP_RANGES_RECENT; k++)
			n += k < any->nb_recent && i < any->n && r->start <= any->recent[k] &&
			     any->recent[k] < r->end;
		twice |= n > 1;
	}
	return any->nb_recent <= TCP_RANGES_RECENT && any->nb_untold <= any->nb_recent && !twice;
}

static void
any_ranges(void)
{
	struct tcp_ranges any;

	ASSUME(ranges_hold(&any, nondet_u64(), UINT64_MAX) && recent_holds(&any));
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
	struct tcp_ranges_change at;
	bool before, added, fits;
	uint32_t n;

	any_ranges();
	ASSUME(ranges_hold(&rs, low, UINT64_MAX) && r.start > low);
	before = holds_byte(off);
	fits = tcp_ranges_fits(&rs, r);
	n = rs.n;
	added = tcp_ranges_add(&rs, r, &at) == 0;
	PROVE(ranges_hold(&rs, low, UINT64_MAX));
	PROVE(added == fits || tcp_range_empty(r));
	if (added && !tcp_range_empty(r)) {
		PROVE(rs.n == n + 1 - at.joined && at.i < rs.n);
		PROVE(rs.r[at.i].start <= r.start && r.end <= rs.r[at.i].end);
	}
	PROVE(holds_byte(off) == (before || (added && r.start <= off && off < r.end)));
	PROVE(added || rs.n == TCP_RANGES_MAX);
}

/* Whatever is known of additions: each is a range that is held, each once, and none is left out. */
void
prove_tell(void)
{
	uint32_t max = nondet_u32(), told = nondet_u32(), n;
	struct tcp_range r[TCP_RANGES_MAX];

	any_ranges();
	ASSUME(max <= TCP_RANGES_MAX && told <= 1 && told <= max && told <= rs.n);
	if (told > 0)
		r[0] = rs.r[nondet_u32() % rs.n];
	n = tcp_ranges_tell(&rs, nondet_u32(), r, told, max);
	PROVE(n == (rs.n < max ? rs.n : max));
	for (uint32_t i = 0; i < TCP_RANGES_MAX; i++) {
		PROVE(i >= n || (holds_byte(r[i].start) && r[i].start < r[i].end));
		PROVE(i == 0 || i >= n || r[i].start != r[i - 1].start);
	}
	PROVE(recent_holds(&rs));
}

/* The last addition is told first, if all before it are told. */
void
prove_tell_first(void)
{
	struct tcp_range r = tcp_range_of(nondet_u64(), nondet_u64()), first;
	struct tcp_ranges_change at;

	any_ranges();
	ASSUME(rs.nb_untold == 0);
	if (tcp_range_empty(r) || tcp_ranges_add(&rs, r, &at) != 0)
		return;
	PROVE(recent_holds(&rs) && rs.nb_recent >= 1 && rs.nb_untold == 1);
	PROVE(tcp_ranges_tell(&rs, nondet_u32(), &first, 0, 1) == 1);
	PROVE(first.start <= r.start && r.end <= first.end && rs.nb_untold == 0);
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

/* Of what came again: all of it is held, and nothing held is below it. */
void
prove_again(void)
{
	struct tcp_range r = tcp_range_of(nondet_u64(), nondet_u64()), t;
	uint64_t off = nondet_u64();

	any_ranges();
	t = tcp_ranges_within(&rs, r);
	PROVE(t.start <= t.end && t.start >= r.start && t.end <= r.end);
	PROVE(off < t.start || off >= t.end || holds_byte(off));
	ASSUME(r.start <= off && off < r.end && holds_byte(off));
	PROVE(t.start < t.end && t.start <= off);
}

/* What the owner takes out when the stream is in order that far leaves ranges behind it. */
void
prove_reach(void)
{
	uint64_t nxt = nondet_u64(), end, highest;

	any_ranges();
	highest = tcp_ranges_end(&rs);
	end = tcp_ranges_reach(&rs, nxt);
	PROVE(end >= nxt && end <= (highest > nxt ? highest : nxt));
	while (rs.n > 0 && rs.r[0].start <= end)
		tcp_ranges_remove(&rs, 0, 1);
	PROVE(ranges_hold(&rs, end, UINT64_MAX));
}

/* Any that are taken out leave the others as they are. */
void
prove_remove(void)
{
	uint64_t low = nondet_u64(), off = nondet_u64();
	uint32_t i = nondet_u32(), n = nondet_u32();
	bool before, taken = false;

	any_ranges();
	ASSUME(ranges_hold(&rs, low, UINT64_MAX) && i <= rs.n && n <= rs.n - i);
	before = holds_byte(off);
	for (uint32_t k = 0; k < TCP_RANGES_MAX; k++)
		taken |= k >= i && k < i + n && rs.r[k].start <= off && off < rs.r[k].end;
	tcp_ranges_remove(&rs, i, n);
	PROVE(ranges_hold(&rs, low, UINT64_MAX));
	PROVE(holds_byte(off) == (before && !taken));
	PROVE(recent_holds(&rs));
}
