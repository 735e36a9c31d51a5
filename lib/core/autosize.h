/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How large buffers should be that nobody has set. They start small and grow with what the path
 * takes: a program that is slow, or a peer, never makes them grow, and one that uses little keeps
 * little. They do not shrink: what a connection holds is bounded by its share (core/share).
 */
#ifndef RTLS_CORE_AUTOSIZE_H
#define RTLS_CORE_AUTOSIZE_H

#include <stdint.h>

enum {
	AUTOSIZE_SEND = 64 << 10, /* bytes of buffer room at first */
	AUTOSIZE_RECV = 128 << 10,
	/*
	 * Buffer room for a byte read in a round trip. A window of three: a sender in slow start sends
	 * twice as much in the next one, which it is to be told before it has. And of the room half is
	 * offered (stack/window).
	 */
	AUTOSIZE_RECV_TIMES = 6,
};

/*
 * A send buffer that is full, with `window` bytes that network and peer take in flight: as much again
 * is to follow at once when that is acknowledged. `room` is held for `bytes`, which 0 leaves open.
 */
uint64_t autosize_send(uint64_t window, uint64_t room, uint64_t bytes);

/* Where the round trip began over which reads are counted; all 0 at first. */
struct autosize_read {
	uint32_t off; /* low halves */
	uint32_t at_us;
};

/*
 * Event: the program has read all up to off. rtt_us 0: not known. The buffer room that fits; 0: a
 * round trip is not over, so that there is nothing to say.
 */
static inline uint64_t
autosize_recv(struct autosize_read *r, uint64_t off, uint64_t now_us, uint32_t rtt_us)
{
	uint32_t bytes = (uint32_t)off - r->off;

	if (rtt_us == 0 || (uint32_t)now_us - r->at_us < rtt_us)
		return 0;
	*r = (struct autosize_read){ .off = (uint32_t)off, .at_us = (uint32_t)now_us };
	return (uint64_t)bytes * AUTOSIZE_RECV_TIMES;
}

/* What becomes of a buffer that should have `want`, and may have `limit`. */
static inline uint32_t
autosize_grown(uint32_t size, uint64_t want, uint64_t limit)
{
	uint64_t to = want < limit ? want : limit;

	if (to <= size)
		return size;
	return to < UINT32_MAX ? (uint32_t)to : UINT32_MAX;
}

#endif
