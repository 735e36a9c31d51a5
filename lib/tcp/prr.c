/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/prr.h"

enum {
	CWND_MAX = 1 << 30, /* no window of RFC 7323 is larger */
};

void
tcp_prr_begin(struct tcp_prr *p, uint64_t flight, uint32_t ssthresh)
{
	if (flight > CWND_MAX)
		flight = CWND_MAX;
	*p = (struct tcp_prr){ .flight = flight > 0 ? (uint32_t)flight : 1, .ssthresh = ssthresh };
}

static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* The flight is above ssthresh: it comes down in proportion to what arrives. */
static uint64_t
proportional(const struct tcp_prr *p)
{
	/* Below 2^34 times below 2^30: a recovery longer than that goes by the other bound. */
	uint64_t arrived = p->delivered < UINT64_C(1) << 33 ? p->delivered : UINT64_C(1) << 33;

	return less((arrived * p->ssthresh + p->flight - 1) / p->flight, p->out);
}

/* It is at ssthresh or below: what arrived may be replaced, and it grows when all goes well. */
static uint64_t
conservative(const struct tcp_prr *p, uint32_t delivered, uint32_t pipe, uint16_t mss, bool safe)
{
	uint64_t count = less(p->delivered, p->out);

	if (count < delivered)
		count = delivered;
	if (safe)
		count += mss;
	return count < p->ssthresh - pipe ? count : p->ssthresh - pipe;
}

uint32_t
tcp_prr_delivered(struct tcp_prr *p, uint32_t delivered, uint32_t pipe, uint16_t mss, bool safe)
{
	uint64_t count, cwnd;

	p->delivered += delivered;
	count = pipe > p->ssthresh ? proportional(p) : conservative(p, delivered, pipe, mss, safe);
	/* The first retransmission goes at once. */
	if (p->out == 0 && count < mss)
		count = mss;
	cwnd = pipe + count;
	if (cwnd > CWND_MAX)
		cwnd = CWND_MAX;
	return cwnd < mss ? mss : (uint32_t)cwnd;
}
