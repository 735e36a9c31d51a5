/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a receiver tells of bytes behind a gap (RFC 2018) and of bytes that came twice (RFC 2883). On
 * segments without payload only, so that none with payload gets shorter.
 *
 * First come the bytes that came twice, once, and what they lie in if that waits; then what waits:
 * what was not told yet first (tcp_ranges_tell says in which order).
 */
#ifndef RTLS_TCP_SACK_H
#define RTLS_TCP_SACK_H

#include "tcp/conn.h"
#include "tcp/ranges.h"

/* Event: r came, and was there already. The last such range is told. */
void tcp_sack_repeated(struct tcp_conn *c, struct tcp_range r);

void tcp_sack_fill(struct tcp_conn *c, struct tcp_ranges *held, struct tcp_seg *seg);

/* Event: tcp_plan proposes seg, which is not taken yet. It gets blocks if it may have some. */
static inline void
tcp_sack_tell(struct tcp_conn *c, struct tcp_ranges *held, struct tcp_seg *seg)
{
	if (seg->payload_len == 0 && seg->flags == TCP_ACK && c->sack_on)
		tcp_sack_fill(c, held, seg);
}

#endif
