/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/cc.h"

#include <stddef.h>

#include "tcp/hystart.h"

enum {
	IW_SEGMENTS = 10, /* RFC 6928 2 */
	IW_BYTES = 14600,
	SLOW_START_LIMIT = 8, /* L of RFC 9406 4.3, in segments, where nothing spreads a burst */
	SLOW_GROWTH_DIVISOR = 4,
};

uint32_t
tcp_cc_initial_window(uint32_t mss)
{
	uint32_t bytes = 2 * mss > IW_BYTES ? 2 * mss : IW_BYTES;

	return IW_SEGMENTS * mss < bytes ? IW_SEGMENTS * mss : bytes;
}

void
tcp_cc_set_cwnd(struct tcp_cc *cc, uint64_t cwnd)
{
	if (cwnd > TCP_CWND_MAX)
		cwnd = TCP_CWND_MAX;
	cc->cwnd = cwnd < cc->mss ? cc->mss : (uint32_t)cwnd;
}

void
tcp_cc_set_ssthresh(struct tcp_cc *cc, uint64_t ssthresh)
{
	uint64_t least = 2 * (uint64_t)cc->mss;

	if (ssthresh < least)
		ssthresh = least;
	cc->ssthresh = ssthresh > TCP_CWND_MAX ? TCP_CWND_MAX : (uint32_t)ssthresh;
}

void
tcp_cc_resized(struct tcp_cc *cc, uint16_t mss)
{
	uint64_t cwnd = mss < cc->mss ? (uint64_t)cc->cwnd * mss / cc->mss : cc->cwnd;

	cc->mss = mss;
	tcp_cc_set_cwnd(cc, cwnd);
}

/* Only the first slow start has no other measure of the path than its delay (RFC 9406 4.2). */
static enum tcp_hystart_pace
pace_of(const struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	if (ack->hystart == NULL || cc->ssthresh != UINT32_MAX)
		return TCP_HYSTART_FULL;
	return tcp_hystart_acked(ack->hystart, ack->una, ack->nxt, ack->rtt_us);
}

void
tcp_cc_slow_start(struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	/* RFC 3465 2.3: behind a timeout an ACK may be for what had arrived before. */
	uint32_t limit = cc->after_timeout ? cc->mss :
			 ack->paced        ? TCP_CWND_MAX :
					     SLOW_START_LIMIT * cc->mss;
	uint32_t step = ack->acked < limit ? ack->acked : limit;
	uint64_t cwnd;

	switch (pace_of(cc, ack)) {
	case TCP_HYSTART_FULL:
		break;
	case TCP_HYSTART_SLOW:
		step /= SLOW_GROWTH_DIVISOR;
		break;
	case TCP_HYSTART_OVER:
		cc->ssthresh = cc->cwnd;
		return;
	}
	if (!ack->limited)
		return;
	cwnd = (uint64_t)cc->cwnd + step;
	tcp_cc_set_cwnd(cc, cwnd < cc->ssthresh ? cwnd : cc->ssthresh);
}

bool
tcp_cc_restart(struct tcp_cc *cc)
{
	uint32_t iw = tcp_cc_initial_window(cc->mss);

	if (cc->cwnd <= iw)
		return false;
	/* RFC 7661 4.4.2: what the path had taken is reached soon, and not overshot. */
	if (cc->cwnd - cc->cwnd / 4 > cc->ssthresh)
		cc->ssthresh = cc->cwnd - cc->cwnd / 4;
	cc->cwnd = iw;
	return true;
}
