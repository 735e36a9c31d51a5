/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Pacing: what may be sent goes in small bursts, each at its time, and not all at once. In any time t
 * no more goes than rate * (t + TCP_PACE_LATE_US), and a burst.
 *
 * The rate is congestion control's, where a round trip is long enough for a timer to divide it: twice
 * a window per round trip in slow start, 1.2 times one behind it, so that it is cwnd that decides how
 * much is in flight. And it is at most what the program allows, over any round trip.
 */
#ifndef RTLS_TCP_PACE_H
#define RTLS_TCP_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_cc;

enum {
	TCP_PACE_SRTT_MIN_US = 8192, /* eight ticks of net/wheel */
	TCP_PACE_LATE_US = 2048,     /* a timer, or a poll, may be so late: that is made up for */
	TCP_PACE_BURST_MAX = 65536,
	/* Where a port keeps packets until their times: so far ahead, a tick of net/wheel, it is given them, */
	TCP_PACE_AHEAD_US = 1024,
	TCP_PACE_HORIZON_US = 2048, /* and none is kept longer than that */
};

/* All zero: nothing is paced so far. */
struct tcp_pace {
	uint64_t next_us;    /* nothing goes before that */
	uint32_t spare;      /* of next_us, which is rounded up: bytes that go for it, times 10^6 */
	uint32_t burst : 30; /* so many bytes may go at once; 0: not known yet, or not paced */
	bool waits : 1;      /* something is there to go at next_us */
	bool kept : 1; /* it is handed over TCP_PACE_AHEAD_US before: its port keeps it until then */
};

/* What decides the rate. */
struct tcp_pace_path {
	const struct tcp_cc *cc;
	uint32_t srtt_us;
	uint32_t max_rate; /* bytes per second; 0: as the path allows */
};

/* Bytes per second; UINT64_MAX: it is not paced. */
uint64_t tcp_pace_rate(const struct tcp_pace_path *path);

void tcp_pace_sent_slow(struct tcp_pace *p, const struct tcp_pace_path *path, uint32_t len,
			uint64_t now_us);

/* Event: len bytes of data were sent. It is the same whether they are told in one piece or in several. */
static inline void
tcp_pace_sent(struct tcp_pace *p, const struct tcp_pace_path *path, uint32_t len, uint64_t now_us)
{
	if (path->srtt_us >= TCP_PACE_SRTT_MIN_US || (path->max_rate | p->burst) != 0)
		tcp_pace_sent_slow(p, path, len, now_us);
}

/* Is it too early to hand over what is to go next? */
static inline bool
tcp_pace_holds(const struct tcp_pace *p, uint64_t now_us)
{
	return now_us + (p->kept ? TCP_PACE_AHEAD_US : 0) < p->next_us;
}

/* From when on it is not. */
static inline uint64_t
tcp_pace_due_us(const struct tcp_pace *p)
{
	if (!p->kept)
		return p->next_us;
	return p->next_us > TCP_PACE_AHEAD_US ? p->next_us - TCP_PACE_AHEAD_US : 0;
}

/* When the packets of a burst leave a port that keeps them until then. */
struct tcp_departure {
	uint64_t first_us;
	uint64_t last_us; /* none is later */
	uint64_t rate;    /* bytes per second */
};

/* Of a burst that is handed over now; false: at once, as it is not paced. */
bool tcp_pace_departure(const struct tcp_pace *p, const struct tcp_pace_path *path, uint64_t now_us,
			struct tcp_departure *d);

/* Of the packet behind the first so many bytes of it. */
static inline uint64_t
tcp_departure_us(const struct tcp_departure *d, uint32_t bytes)
{
	uint64_t at_us = d->first_us + (uint64_t)bytes * 1000000 / d->rate;

	return at_us < d->last_us ? at_us : d->last_us;
}

/* Event: the program allows another rate. */
static inline void
tcp_pace_changed(struct tcp_pace *p)
{
	p->next_us = 0;
	p->spare = 0;
	p->burst = 0;
}

/* Bytes that may go in one burst, which begins now; a segment at least. */
static inline uint32_t
tcp_pace_burst(const struct tcp_pace *p, uint32_t max_rate, uint32_t mss)
{
	if (p->burst != 0)
		return p->burst > mss ? p->burst : mss;
	return max_rate != 0 ? 2 * mss : UINT32_MAX;
}

#endif
