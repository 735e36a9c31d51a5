/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * RACK, RFC 8985 6: what was sent before something that arrived is lost when it is not there a
 * while later. The while is a part of the round trip, which grows when the peer says that something
 * was sent twice in vain (DSACK), and is nothing as long as the path was never seen to reorder and
 * three segments came behind a gap.
 */
#ifndef RTLS_TCP_RACK_H
#define RTLS_TCP_RACK_H

#include "tcp/board.h"

struct tcp_rack {
	uint64_t end;          /* of what arrived, the one that was sent last: its end */
	uint32_t sent_us;      /* and when; both valid when known */
	uint32_t rtt_us;       /* its round trip */
	uint32_t min_rtt_us;   /* 0: nothing measured */
	uint32_t min_since_us; /* since then min_rtt_us holds; an older one is forgotten */
	uint64_t dsack_end;    /* one step of the window until this is acknowledged */
	uint8_t steps;         /* of a quarter of min_rtt_us: the window, from 1 on */
	uint8_t keep;          /* so many recoveries more with these steps */
	bool known;
	bool reordered;       /* the path was seen to */
	uint32_t reorderings; /* so often */
};

/* Nothing arrived. srtt_us: of what was sent before; 0: not known. */
void tcp_rack_init(struct tcp_rack *r, uint32_t srtt_us, uint32_t now_us);

/*
 * Event: an ACK delivered d. older: it echoes a timestamp from before the retransmission that it
 * tells of.
 */
void tcp_rack_delivered(struct tcp_rack *r, const struct tcp_delivered *d, uint32_t now_us,
			bool older);

/* Event: the peer has something twice; nxt: the end of what is sent. */
void tcp_rack_duplicate(struct tcp_rack *r, uint64_t una, uint64_t nxt);

/*
 * Event: something is sent, and nothing is in flight. All that arrived so far was sent before it, perhaps
 * so long ago that 32 bits do not tell: it says nothing of it.
 */
static inline void
tcp_rack_begins(struct tcp_rack *r)
{
	r->known = false;
}

/* Event: a recovery ended. */
void tcp_rack_recovered(struct tcp_rack *r);

/*
 * How long it waits for what the path may have reordered. eager: three behind a gap, or in recovery. Never
 * longer than srtt_us, however often the peer told of DSACKs (RFC 8985 6.2, step 4): the timer that waits
 * stands in place of the retransmission timeout, so the bound is what keeps it from a stall. Only what
 * newly arrives moves its deadline, so a peer cannot put it off for ever.
 */
uint32_t tcp_rack_window(const struct tcp_rack *r, uint32_t srtt_us, bool eager);

/* What is lost by now, and when the next one may be. */
struct tcp_overdue tcp_rack_detect(const struct tcp_rack *r, struct tcp_board *b,
				   uint32_t window_us, uint32_t now_us);

#endif
