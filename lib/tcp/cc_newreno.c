/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/cc.h"

enum {
	IW_SEGMENTS = 10, /* RFC 6928 2 */
	IW_BYTES = 14600,
	/* No window of RFC 7323 is larger: 65535 << 14. Keeps the sums below in 32 bits. */
	CWND_MAX = 1 << 30,
};

static uint32_t
initial_window(uint32_t mss)
{
	uint32_t bytes = 2 * mss > IW_BYTES ? 2 * mss : IW_BYTES;

	return IW_SEGMENTS * mss < bytes ? IW_SEGMENTS * mss : bytes;
}

static void
set_cwnd(struct tcp_cc *cc, uint64_t cwnd)
{
	if (cwnd > CWND_MAX)
		cwnd = CWND_MAX;
	cc->cwnd = cwnd < cc->mss ? cc->mss : (uint32_t)cwnd;
}

/* RFC 5681 (4) */
static void
set_ssthresh(struct tcp_cc *cc, uint64_t flight)
{
	uint64_t half = flight / 2;

	if (half < 2 * (uint64_t)cc->mss)
		half = 2 * (uint64_t)cc->mss;
	cc->ssthresh = half > CWND_MAX ? CWND_MAX : (uint32_t)half;
}

static void
newreno_init(struct tcp_cc *cc, uint16_t mss, bool syn_lost)
{
	cc->mss = mss;
	cc->cwnd = syn_lost ? mss : initial_window(mss);
	cc->ssthresh = UINT32_MAX;
	cc->acked = 0;
	cc->after_timeout = false;
}

static void
newreno_resized(struct tcp_cc *cc, uint16_t mss)
{
	uint64_t cwnd = mss < cc->mss ? (uint64_t)cc->cwnd * mss / cc->mss : cc->cwnd;

	cc->mss = mss;
	set_cwnd(cc, cwnd);
}

static void
newreno_acked(struct tcp_cc *cc, uint32_t acked_len)
{
	/* RFC 3465 2.2, 2.3: L = 2, but 1 in the slow start behind a timeout. */
	uint32_t limit = (cc->after_timeout ? 1u : 2u) * cc->mss;

	if (cc->cwnd < cc->ssthresh) {
		set_cwnd(cc, (uint64_t)cc->cwnd + (acked_len < limit ? acked_len : limit));
		return;
	}
	cc->after_timeout = false;
	/* RFC 3465 2.1: one segment per window acknowledged. */
	cc->acked += acked_len < CWND_MAX ? acked_len : CWND_MAX;
	if (cc->acked >= cc->cwnd) {
		cc->acked -= cc->cwnd;
		if (cc->acked > cc->cwnd)
			cc->acked = cc->cwnd;
		set_cwnd(cc, (uint64_t)cc->cwnd + cc->mss);
	}
}

static void
newreno_lost(struct tcp_cc *cc, uint64_t flight)
{
	set_ssthresh(cc, flight);
	set_cwnd(cc, (uint64_t)cc->ssthresh + TCP_DUP_ACKS * (uint64_t)cc->mss);
	cc->acked = 0;
	cc->after_timeout = false;
}

static void
newreno_dup_acked(struct tcp_cc *cc)
{
	set_cwnd(cc, (uint64_t)cc->cwnd + cc->mss);
}

static void
newreno_partial(struct tcp_cc *cc, uint64_t acked_len)
{
	uint64_t cwnd = cc->cwnd > acked_len ? cc->cwnd - acked_len : 0;

	set_cwnd(cc, acked_len >= cc->mss ? cwnd + cc->mss : cwnd);
}

static void
newreno_recovered(struct tcp_cc *cc, uint64_t flight)
{
	/* RFC 6582 3.2, step 3, option 1: no burst when little is in flight. */
	uint64_t cwnd = (flight > cc->mss ? flight : cc->mss) + cc->mss;

	set_cwnd(cc, cwnd < cc->ssthresh ? cwnd : cc->ssthresh);
	cc->acked = 0;
}

static void
newreno_timeout(struct tcp_cc *cc, uint64_t flight, bool first)
{
	if (first)
		set_ssthresh(cc, flight);
	cc->cwnd = cc->mss;
	cc->acked = 0;
	cc->after_timeout = true;
}

static void
newreno_idle(struct tcp_cc *cc)
{
	uint32_t iw = initial_window(cc->mss);

	if (cc->cwnd > iw)
		cc->cwnd = iw;
	cc->acked = 0;
}

const struct tcp_cc_ops tcp_cc_newreno = {
	.name = "newreno",
	.init = newreno_init,
	.resized = newreno_resized,
	.acked = newreno_acked,
	.lost = newreno_lost,
	.dup_acked = newreno_dup_acked,
	.partial = newreno_partial,
	.recovered = newreno_recovered,
	.timeout = newreno_timeout,
	.idle = newreno_idle,
};
