/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/sack.h"

void
tcp_sack_repeated(struct tcp_conn *c, struct tcp_range r)
{
	if (!c->sack_on || c->orphan || tcp_range_empty(r))
		return;
	c->twice.start = (uint32_t)r.start;
	c->twice.end = (uint32_t)r.end;
}

/* One more block, unless there is no room. */
static void
add(const struct tcp_conn *c, struct tcp_range r, struct tcp_seg *seg)
{
	if (seg->nb_sacks < TCP_SACKS_MAX)
		seg->sacks[seg->nb_sacks++] = (struct tcp_sack){ tcp_rcv_seq_of(c, r.start),
								 tcp_rcv_seq_of(c, r.end) };
}

static bool
is_told(const struct tcp_conn *c, struct tcp_range r, const struct tcp_seg *seg)
{
	for (uint8_t i = 0; i < seg->nb_sacks; i++)
		if (seg->sacks[i].start == tcp_rcv_seq_of(c, r.start) &&
		    seg->sacks[i].end == tcp_rcv_seq_of(c, r.end))
			return true;
	return false;
}

/*
 * RFC 2883 4: the bytes, and where they lie behind what is in order, what they lie in: also where that
 * is no more, as the sender tells them from what waits by the second block. What was given up since
 * is not there, and not told.
 */
static void
add_repeated(struct tcp_conn *c, const struct tcp_ranges *held, struct tcp_seg *seg)
{
	int32_t ahead = (int32_t)(c->twice.start - (uint32_t)c->rcv_nxt);
	uint64_t start = c->rcv_nxt + (uint64_t)(int64_t)ahead;
	struct tcp_range r = tcp_range_of(start, start + (c->twice.end - c->twice.start));
	struct tcp_range all;

	c->twice.end = c->twice.start;
	if (start < c->rcv_nxt) {
		add(c, tcp_range_of(start, r.end < c->rcv_nxt ? r.end : c->rcv_nxt), seg);
	} else if (tcp_ranges_holder(held, start, &all) && r.end <= all.end) {
		add(c, r, seg);
		add(c, all, seg);
	}
}

void
tcp_sack_fill(struct tcp_conn *c, const struct tcp_ranges *held, struct tcp_seg *seg)
{
	struct tcp_range r[TCP_SACKS_MAX];
	uint32_t n;

	if (!c->orphan && c->twice.start != c->twice.end)
		add_repeated(c, held, seg);
	if (tcp_ranges_empty(held))
		return;
	n = tcp_ranges_recent(held, c->plan.dups > 0 ? c->plan.dups - 1U : 0, r, TCP_SACKS_MAX);
	for (uint32_t i = 0; i < n; i++)
		if (!is_told(c, r[i], seg))
			add(c, r[i], seg);
}
