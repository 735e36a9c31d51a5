/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/cc.h"

/* RFC 5681 (4) */
static void
set_ssthresh(struct tcp_cc *cc, uint64_t flight)
{
	tcp_cc_set_ssthresh(cc, flight / 2);
}

static void
newreno_init(struct tcp_cc *cc, uint16_t mss, bool syn_lost)
{
	cc->mss = mss;
	cc->cwnd = syn_lost ? mss : tcp_cc_initial_window(mss);
	cc->ssthresh = UINT32_MAX;
	cc->acked = 0;
	cc->after_timeout = false;
}

static void
newreno_acked(struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	if (cc->cwnd < cc->ssthresh) {
		tcp_cc_slow_start(cc, ack);
		return;
	}
	cc->after_timeout = false;
	if (!ack->limited)
		return;
	/* RFC 3465 2.1: one segment per window acknowledged. */
	cc->acked += ack->acked < TCP_CWND_MAX ? ack->acked : TCP_CWND_MAX;
	if (cc->acked >= cc->cwnd) {
		cc->acked -= cc->cwnd;
		if (cc->acked > cc->cwnd)
			cc->acked = cc->cwnd;
		tcp_cc_set_cwnd(cc, (uint64_t)cc->cwnd + cc->mss);
	}
}

static void
newreno_lost(struct tcp_cc *cc, uint64_t flight)
{
	set_ssthresh(cc, flight);
	cc->acked = 0;
	cc->after_timeout = false;
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
newreno_undo(struct tcp_cc *cc, const struct tcp_cc *before)
{
	struct tcp_cc was = *before;

	tcp_cc_resized(&was, cc->mss);
	cc->ssthresh = was.ssthresh;
	cc->after_timeout = was.after_timeout;
	if (was.cwnd > cc->cwnd)
		cc->cwnd = was.cwnd;
}

static void
newreno_idle(struct tcp_cc *cc, uint64_t now_us, uint64_t since_us)
{
	(void)now_us;
	(void)since_us;
	tcp_cc_restart(cc);
	cc->acked = 0;
}

const struct tcp_cc_ops tcp_cc_newreno = {
	.name = "newreno",
	.init = newreno_init,
	.resized = tcp_cc_resized,
	.acked = newreno_acked,
	.lost = newreno_lost,
	.timeout = newreno_timeout,
	.undo = newreno_undo,
	.idle = newreno_idle,
};
