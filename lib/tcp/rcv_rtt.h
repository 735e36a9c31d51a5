/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The round trip as a receiver sees it, who sends nothing that could be timed. What a segment echoes
 * was said before its sender had it (RFC 7323), and what lies behind the window's edge was sent after
 * its sender had heard of it: both take a round trip at least, and longer where the sender had nothing
 * to send. So the least of it counts at once.
 */
#ifndef RTLS_TCP_RCV_RTT_H
#define RTLS_TCP_RCV_RTT_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: nothing is measured. */
struct tcp_rcv_rtt {
	uint32_t end;    /* low half of an offset: the next sample is of what comes behind it */
	uint32_t at_us;  /* low half: since then it is waited for */
	uint32_t rtt_us; /* 0: not known */
};

/* All is there up to nxt: is there something to measure? */
static inline bool
tcp_rcv_rtt_is_due(const struct tcp_rcv_rtt *r, uint64_t nxt)
{
	return ((nxt - 1 - r->end) & UINT32_MAX) <= INT32_MAX;
}

/* Event: measured. The next sample is of what lies behind end. */
static inline void
tcp_rcv_rtt_next(struct tcp_rcv_rtt *r, uint64_t end, uint64_t now_us)
{
	r->end = (uint32_t)(end & UINT32_MAX);
	r->at_us = (uint32_t)(now_us & UINT32_MAX);
}

/*
 * Event: what it echoes is so old, by a clock of milliseconds, which tells a millisecond too much at
 * most: that is taken off, and a round trip that it cannot tell is not told. Longer ones count by an
 * eighth, as the path may have become longer, or the sender may have waited.
 */
void tcp_rcv_rtt_echoed(struct tcp_rcv_rtt *r, uint64_t age_us);

/*
 * Event: something came from behind the edge that its sender knew when the time began. Longer ones
 * say that it does not fill the window, and nothing else: with a larger window they would be longer.
 */
void tcp_rcv_rtt_window(struct tcp_rcv_rtt *r, uint64_t now_us);

#endif
