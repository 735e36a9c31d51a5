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

static void
add(const struct tcp_conn *c, struct tcp_range r, struct tcp_seg *seg)
{
	seg->sacks[seg->nb_sacks++] = (struct tcp_sack){ tcp_rcv_seq_of(c, r.start),
							 tcp_rcv_seq_of(c, r.end) };
}

/*
 * RFC 2883 4: the bytes, and where they lie behind what is in order, what they lie in: also where that
 * is no more, as the sender tells them from what waits by the second block. What was given up since
 * is not there, and not told. Returns how many ranges in `told` that is: the one they lie in, or none.
 */
static uint32_t
add_repeated(struct tcp_conn *c, const struct tcp_ranges *held, struct tcp_seg *seg,
	     struct tcp_range *told)
{
	int32_t ahead = (int32_t)(c->twice.start - (uint32_t)c->rcv_nxt);
	uint64_t start = c->rcv_nxt + (uint64_t)(int64_t)ahead;
	struct tcp_range r = tcp_range_of(start, start + (c->twice.end - c->twice.start));

	c->twice.end = c->twice.start;
	if (start < c->rcv_nxt) {
		add(c, tcp_range_of(start, r.end < c->rcv_nxt ? r.end : c->rcv_nxt), seg);
		return 0;
	}
	if (!tcp_ranges_holder(held, start, told) || r.end > told->end)
		return 0;
	add(c, r, seg);
	add(c, *told, seg);
	return 1;
}

void
tcp_sack_fill(struct tcp_conn *c, struct tcp_ranges *held, struct tcp_seg *seg)
{
	uint32_t room = c->ts_on ? TCP_SACKS_TS_MAX : TCP_SACKS_MAX, told = 0, n;
	struct tcp_range r[TCP_SACKS_MAX];

	if (!c->orphan && c->twice.start != c->twice.end)
		told = add_repeated(c, held, seg, r);
	if (tcp_ranges_empty(held))
		return;
	n = tcp_ranges_tell(held, c->plan.dups > 0 ? c->plan.dups - 1U : 0, r, told,
			    told + room - seg->nb_sacks);
	for (uint32_t i = told; i < n; i++)
		add(c, r[i], seg);
}
