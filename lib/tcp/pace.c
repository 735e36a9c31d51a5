/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/pace.h"

#include "tcp/cc.h"

enum {
	BURST_SEGMENTS_MIN = 2, /* each second one is acknowledged at once */
	RATE_MIN = 1000,        /* bytes per second: next_us stays within reach of a timer */
};

/* In slow start cwnd doubles in a round trip, and what is sent has to keep up with that. */
static uint64_t
rate_of_cc(const struct tcp_cc *cc, uint32_t srtt_us)
{
	bool doubles = cc->cwnd < cc->ssthresh / 2;
	uint64_t tenths = (uint64_t)cc->cwnd * (doubles ? 20 : 12);

	return tenths * 100000 / srtt_us;
}

uint64_t
tcp_pace_rate(const struct tcp_pace_path *path)
{
	uint64_t rate = UINT64_MAX;

	if (path->srtt_us >= TCP_PACE_SRTT_MIN_US)
		rate = rate_of_cc(path->cc, path->srtt_us);
	if (path->max_rate != 0 && path->max_rate < rate)
		rate = path->max_rate;
	return rate < RATE_MIN ? RATE_MIN : rate;
}

/* What goes in about a millisecond. */
static uint32_t
burst_of(uint64_t rate, uint32_t mss)
{
	uint64_t burst = rate >> 10;

	if (burst > TCP_PACE_BURST_MAX)
		burst = TCP_PACE_BURST_MAX;
	return burst < BURST_SEGMENTS_MIN * mss ? BURST_SEGMENTS_MIN * mss : (uint32_t)burst;
}

bool
tcp_pace_departure(const struct tcp_pace *p, const struct tcp_pace_path *path, uint64_t now_us,
		   struct tcp_departure *d)
{
	if (p->burst == 0 || !p->kept)
		return false;
	*d = (struct tcp_departure){
		.first_us = p->next_us > now_us ? p->next_us : now_us,
		.last_us = now_us + TCP_PACE_HORIZON_US,
		.rate = tcp_pace_rate(path),
	};
	return d->rate != UINT64_MAX;
}

void
tcp_pace_sent_slow(struct tcp_pace *p, const struct tcp_pace_path *path, uint32_t len,
		   uint64_t now_us)
{
	uint64_t rate = tcp_pace_rate(path), sent = (uint64_t)len * 1000000, us = 0, spare;

	if (rate == UINT64_MAX) { /* it was paced, and the round trip is short now */
		*p = (struct tcp_pace){ .waits = p->waits };
		return;
	}
	if (p->next_us + TCP_PACE_LATE_US < now_us) {
		p->next_us = now_us - TCP_PACE_LATE_US;
		p->spare = 0;
	}
	if (sent > p->spare)
		us = (sent - p->spare + rate - 1) / rate;
	spare = us * rate - sent + p->spare;
	p->next_us += us;
	p->spare = spare < UINT32_MAX ? (uint32_t)spare : UINT32_MAX;
	p->burst = burst_of(rate, path->cc->mss);
}
