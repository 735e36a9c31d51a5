/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * CUBIC, RFC 9438. Windows are bytes here and segments there; times are ms. The constants are
 * C = 0.4 segments per s^3, beta = 0.7, and alpha = 3 * (1 - beta) / (1 + beta) = 9 / 17.
 */
#include "tcp/cc.h"

/* Congestion avoidance since the last congestion: the t of the RFC's (1). */
enum cubic_epoch {
	EPOCH_NONE,  /* its next ACK begins it */
	EPOCH_RUNS,  /* since epoch_ms */
	EPOCH_RESTS, /* it was epoch_ms old when cwnd was the limit last */
};

enum {
	/* Away from K by so much even segments of 216 bytes make the largest window. */
	T_MAX_MS = 1 << 18,
};

/* The largest whole number whose cube is not above n. */
static uint32_t
cube_root(uint64_t n)
{
	uint64_t root = 0, next;

	for (int bit = 63; bit >= 0; bit -= 3) {
		root *= 2;
		next = 3 * root * (root + 1) + 1; /* (root + 1)^3 - root^3 */
		if (n >> bit < next)
			continue;
		n -= next << bit;
		root++;
	}
	return (uint32_t)root;
}

/* K of (2): the time that the cubic takes from cwnd back to w_max. */
static uint32_t
time_to(uint32_t bytes, uint16_t mss)
{
	return cube_root((uint64_t)bytes * 2500000000 / mss); /* 1 / C, in ms^3 per s^3 */
}

/* (1): C * (t - K)^3 + w_max */
static uint64_t
w_cubic(const struct tcp_cc *cc, uint32_t t_ms)
{
	bool below = t_ms < cc->k_ms;
	uint64_t away = below ? cc->k_ms - t_ms : t_ms - cc->k_ms, step;

	if (away > T_MAX_MS)
		away = T_MAX_MS;
	/* 0.4 / 10^9 is 2 / (2^8 * 19531250): in this order it has 63 bits at most. */
	step = (away * away * away >> 8) * 2 * cc->mss / 19531250;
	if (!below)
		return cc->w_max + step;
	return cc->w_max > step ? cc->w_max - step : 0;
}

static uint32_t
ms_of(uint64_t us)
{
	return (uint32_t)(us / 1000);
}

static void
begin_epoch(struct tcp_cc *cc, uint32_t now_ms)
{
	cc->epoch = EPOCH_RUNS;
	cc->epoch_ms = now_ms;
	cc->acked = 0;
	cc->w_est = cc->cwnd;
	cc->est_acked = 0;
	cc->k_ms = 0;
	/* No loss told of the path (4.10), or a timeout (4.8), or it is wider than then. */
	if (cc->cwnd >= cc->w_max)
		cc->w_max = cc->cwnd;
	else
		cc->k_ms = time_to(cc->w_max - cc->cwnd, cc->mss);
	if (cc->prior == 0)
		cc->prior = cc->cwnd;
}

/* How old the epoch is, without the time when something else than cwnd was the limit (5.8). */
static uint32_t
epoch_age(struct tcp_cc *cc, uint32_t now_ms)
{
	uint32_t t_ms;

	switch ((enum cubic_epoch)cc->epoch) {
	case EPOCH_NONE:
		begin_epoch(cc, now_ms);
		break;
	case EPOCH_RUNS:
		break;
	case EPOCH_RESTS:
		cc->epoch = EPOCH_RUNS;
		cc->epoch_ms = now_ms - cc->epoch_ms;
		break;
	}
	t_ms = now_ms - cc->epoch_ms;
	if (t_ms <= 2 * T_MAX_MS)
		return t_ms;
	cc->epoch_ms = now_ms - 2 * T_MAX_MS; /* older is not told apart, and 32 bits wrap */
	return 2 * T_MAX_MS;
}

static void
rest(struct tcp_cc *cc, uint32_t now_ms)
{
	if (cc->epoch != EPOCH_RUNS)
		return;
	cc->epoch = EPOCH_RESTS;
	cc->epoch_ms = now_ms - cc->epoch_ms;
}

/* (4): what Reno with the same losses would have. */
static void
grow_w_est(struct tcp_cc *cc, uint32_t acked)
{
	uint64_t step = (uint64_t)acked * cc->mss;

	if (cc->w_est < cc->prior)
		step = step * 9 / 17;
	step += cc->est_acked;
	cc->est_acked = (uint32_t)(step % cc->cwnd);
	if (cc->w_est < TCP_CWND_MAX)
		cc->w_est += (uint32_t)(step / cc->cwnd);
}

/* 4.4 and 4.5: towards what the cubic has a round trip later. */
static void
grow_cwnd(struct tcp_cc *cc, uint64_t target, uint32_t acked)
{
	uint64_t most = (uint64_t)cc->cwnd + cc->cwnd / 2, step;

	if (target > most)
		target = most;
	if (target <= cc->cwnd)
		return;
	step = (target - cc->cwnd) * acked + cc->acked;
	cc->acked = (uint32_t)(step % cc->cwnd);
	tcp_cc_set_cwnd(cc, cc->cwnd + step / cc->cwnd);
}

static void
avoid_congestion(struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	uint32_t now_ms = ms_of(ack->now_us), acked = ack->acked, t_ms;

	cc->after_timeout = false;
	if (!ack->limited) {
		rest(cc, now_ms);
		return;
	}
	if (acked > cc->cwnd)
		acked = cc->cwnd;
	t_ms = epoch_age(cc, now_ms);
	grow_w_est(cc, acked);
	if (w_cubic(cc, t_ms) >= cc->w_est)
		grow_cwnd(cc, w_cubic(cc, t_ms + ms_of(ack->srtt_us)), acked);
	else if (cc->w_est > cc->cwnd)
		tcp_cc_set_cwnd(cc, cc->w_est);
}

static void
cubic_init(struct tcp_cc *cc, uint16_t mss, bool syn_lost)
{
	*cc = (struct tcp_cc){
		.mss = mss,
		.cwnd = syn_lost ? mss : tcp_cc_initial_window(mss),
		.ssthresh = UINT32_MAX,
		.epoch = EPOCH_NONE,
	};
}

static void
cubic_resized(struct tcp_cc *cc, uint16_t mss)
{
	if (mss < cc->mss) {
		cc->w_max = (uint32_t)((uint64_t)cc->w_max * mss / cc->mss);
		cc->prior = (uint32_t)((uint64_t)cc->prior * mss / cc->mss);
	}
	cc->epoch = EPOCH_NONE;
	tcp_cc_resized(cc, mss);
}

static void
cubic_acked(struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	if (cc->cwnd < cc->ssthresh)
		tcp_cc_slow_start(cc, ack);
	else
		avoid_congestion(cc, ack);
}

/* 4.6 */
static void
set_ssthresh(struct tcp_cc *cc, uint64_t flight)
{
	/* No window is larger. It keeps the product in 64 bits. */
	if (flight > TCP_CWND_MAX)
		flight = TCP_CWND_MAX;
	tcp_cc_set_ssthresh(cc, flight * 7 / 10);
	cc->prior = cc->cwnd;
	cc->epoch = EPOCH_NONE;
}

static void
cubic_lost(struct tcp_cc *cc, uint64_t flight)
{
	uint32_t cwnd = cc->cwnd;

	/* 4.7: who has less than the last time leaves room for others, (1 + beta) / 2. */
	cc->w_max = cwnd < cc->w_max ? (uint32_t)((uint64_t)cwnd * 17 / 20) : cwnd;
	set_ssthresh(cc, flight);
	cc->after_timeout = false;
}

/* 4.8: the window that it begins congestion avoidance with is all it knows of the path. */
static void
cubic_timeout(struct tcp_cc *cc, uint64_t flight, bool first)
{
	if (first)
		set_ssthresh(cc, flight);
	cc->w_max = 0;
	cc->epoch = EPOCH_NONE;
	cc->cwnd = cc->mss;
	cc->after_timeout = true;
}

/* 4.9 */
static void
cubic_undo(struct tcp_cc *cc, const struct tcp_cc *before)
{
	uint32_t cwnd = cc->cwnd;
	uint16_t mss = cc->mss;

	*cc = *before;
	if (cc->mss != mss)
		cubic_resized(cc, mss);
	if (cwnd > cc->cwnd)
		cc->cwnd = cwnd;
}

static void
cubic_idle(struct tcp_cc *cc, uint64_t now_us, uint64_t since_us)
{
	if (tcp_cc_restart(cc))
		cc->epoch = EPOCH_NONE;
	else if (cc->epoch == EPOCH_RUNS)
		cc->epoch_ms += ms_of(now_us - since_us);
}

const struct tcp_cc_ops tcp_cc_cubic = {
	.name = "cubic",
	.init = cubic_init,
	.resized = cubic_resized,
	.acked = cubic_acked,
	.lost = cubic_lost,
	.timeout = cubic_timeout,
	.undo = cubic_undo,
	.idle = cubic_idle,
};
