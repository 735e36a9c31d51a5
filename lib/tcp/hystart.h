/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * HyStart++ (RFC 9406): ends slow start before it overflows a queue. Delays above the least one of the
 * round trip before say that a queue grows; then cwnd grows slower for a while, and slow start ends,
 * unless the delay turns out to have been a moment's.
 *
 * Two things are sooner than in the RFC's text. What is judged are eight delays one after the other
 * and not the least one of the round trip so far, which was measured a window ago when cwnd was half
 * as large. And growth is slow for three round trips, that one included, not for five of them, in which
 * cwnd triples (decision 98).
 *
 * It belongs to what is in flight, and matters until the first loss alone: who forgets it begins to
 * measure anew.
 */
#ifndef RTLS_TCP_HYSTART_H
#define RTLS_TCP_HYSTART_H

#include <stdint.h>

struct tcp_hystart {
	uint64_t round_end; /* the round trip ends when this offset is acknowledged */
	uint32_t
		before_us; /* least delay of the round trip before; UINT32_MAX: none was measured */
	uint32_t least_us; /* and of this one so far */
	uint32_t batch_us; /* least of the last few, up to eight */
	uint32_t entry_us; /* least delay that made growth slow; UINT32_MAX: it is not */
	uint8_t samples;   /* so many they are */
	uint8_t slow;      /* round trips since growth is slow, the one when that began included */
};

/* How slow start goes on. */
enum tcp_hystart_pace {
	TCP_HYSTART_FULL, /* each byte acknowledged is one more in flight */
	TCP_HYSTART_SLOW, /* a quarter of that */
	TCP_HYSTART_OVER, /* slow start ends, without a loss */
};

void tcp_hystart_init(struct tcp_hystart *h);

/* Event, in slow start: all below una is acknowledged, nxt is sent, rtt_us measured or 0. */
enum tcp_hystart_pace tcp_hystart_acked(struct tcp_hystart *h, uint64_t una, uint64_t nxt,
					uint32_t rtt_us);

#endif
