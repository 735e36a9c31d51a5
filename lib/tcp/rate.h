/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How fast the path delivers: draft-cheng-iccrg-delivery-rate-estimation. Between the sending of a
 * segment and its acknowledgement so many other bytes arrived; the time for that is the longer one of
 * how long it took to send them and to have them acknowledged, so neither a burst that was sent nor
 * acknowledgements that came together make it look faster than it is.
 *
 * Times are us, 32 bits of them; counts wrap, too. It belongs to what is in flight.
 */
#ifndef RTLS_TCP_RATE_H
#define RTLS_TCP_RATE_H

#include "tcp/board.h"

struct tcp_rate {
	uint32_t delivered; /* bytes */
	uint32_t
		delivered_us; /* when the last of them were; or when sending began behind a pause */
	uint32_t
		first_sent_us; /* when the segment was sent that the newest sample is of; or likewise */
	uint32_t limited_end; /* app_limited: until more than this is delivered */
	bool app_limited;     /* what is in flight is less than there was room for */

	/* The sample that is kept: the last one, but a faster one where the program was the limit. */
	bool sample_limited;
	uint32_t sample_bytes;
	uint32_t sample_us; /* 0: there is none */
};

void tcp_rate_init(struct tcp_rate *r);

/* Event: something is sent at s->now_us; idle: nothing was in flight. Fills in what s says of it. */
void tcp_rate_sending(struct tcp_rate *r, bool idle, struct tcp_sending *s);

/* Event: there was room to send, and nothing left to. pipe: bytes in flight. */
void tcp_rate_app_limited(struct tcp_rate *r, uint32_t pipe);

/*
 * Event: an ACK, once for all that it said. min_rtt_us: no less is a round trip; what seems to take
 * less time was not sent when it seems.
 */
void tcp_rate_delivered(struct tcp_rate *r, const struct tcp_delivered *d, uint32_t now_us,
			uint32_t min_rtt_us);

/* Bytes per second; 0: not known. */
static inline uint64_t
tcp_rate_of(const struct tcp_rate *r)
{
	return r->sample_us == 0 ? 0 : (uint64_t)r->sample_bytes * 1000000 / r->sample_us;
}

#endif
