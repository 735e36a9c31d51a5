/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/join.h"

/* Data of a stream in its middle, and nothing but: blocks of SACK count one by one. */
static bool
is_plain(const struct tcp_seg *seg)
{
	return (seg->flags & ~TCP_PSH) == TCP_ACK && seg->payload_len > 0 && seg->nb_sacks == 0;
}

static uint64_t
room(const struct tcp_conn *c)
{
	return c->rcv_adv - c->rcv_nxt;
}

bool
tcp_join_begins(const struct tcp_conn *c, const struct tcp_ranges *held, const struct tcp_seg *seg)
{
	/* Where something waits each segment is answered by itself (RFC 5681 4.2). */
	return c->state == TCP_ESTABLISHED && is_plain(seg) &&
	       seg->seq == tcp_rcv_seq_of(c, c->rcv_nxt) && seg->payload_len <= room(c) &&
	       tcp_ranges_empty(held) && c->peer_fin_off == TCP_NO_OFF && !c->orphan;
}

/*
 * The timestamps are the same, too: the one that counts is that of the first byte that was not
 * acknowledged (RFC 7323 4.3), and PAWS judges each (5.3).
 */
static bool
says_the_same(const struct tcp_seg *a, const struct tcp_seg *b)
{
	return a->ack == b->ack && a->wnd == b->wnd && a->hdr_len == b->hdr_len &&
	       a->has_ts == b->has_ts && a->ts_val == b->ts_val && a->ts_ecr == b->ts_ecr;
}

bool
tcp_join_continues(const struct tcp_conn *c, const struct tcp_seg *joined,
		   const struct tcp_seg *seg)
{
	return seg->seq == joined->seq + joined->payload_len && is_plain(seg) &&
	       says_the_same(joined, seg) &&
	       (uint64_t)joined->payload_len + seg->payload_len <= room(c);
}

void
tcp_join(struct tcp_seg *joined, const struct tcp_seg *seg)
{
	uint16_t longest = tcp_seg_longest(joined), len = tcp_seg_longest(seg);

	joined->longest = len > longest ? len : longest;
	joined->payload_len += seg->payload_len;
	joined->flags |= seg->flags;
}
