/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/hystart.h"

#include <stdbool.h>

/* RFC 9406 4.3, but for SLOW_ROUNDS, which is 5 there */
enum {
	THRESH_MIN_US = 4000,
	THRESH_MAX_US = 16000,
	RTT_DIVISOR = 8,
	SAMPLES_MIN = 8,
	SLOW_ROUNDS = 3,
};

void
tcp_hystart_init(struct tcp_hystart *h)
{
	*h = (struct tcp_hystart){
		.before_us = UINT32_MAX,
		.least_us = UINT32_MAX,
		.batch_us = UINT32_MAX,
		.entry_us = UINT32_MAX,
	};
}

/* The first round trip begins with the first ACK. */
static void
round_trip(struct tcp_hystart *h, uint64_t una, uint64_t nxt)
{
	if (una < h->round_end)
		return;
	h->round_end = nxt;
	h->before_us = h->least_us;
	h->least_us = h->batch_us = UINT32_MAX;
	h->samples = 0;
	if (h->entry_us != UINT32_MAX)
		h->slow++;
}

static bool
delay_grew(const struct tcp_hystart *h, uint32_t to_us)
{
	uint32_t thresh = h->before_us / RTT_DIVISOR;

	if (h->before_us == UINT32_MAX)
		return false;
	if (thresh < THRESH_MIN_US)
		thresh = THRESH_MIN_US;
	if (thresh > THRESH_MAX_US)
		thresh = THRESH_MAX_US;
	return to_us >= thresh && to_us - thresh >= h->before_us;
}

static void
forget_batch(struct tcp_hystart *h)
{
	h->samples = 0;
	h->batch_us = UINT32_MAX;
}

/* Eight delays one after the other, batch_us the least of them. */
static void
judge(struct tcp_hystart *h)
{
	if (h->entry_us == UINT32_MAX) {
		h->entry_us = h->batch_us;
		h->slow = 1;
	} else if (h->batch_us < h->entry_us) { /* it was a moment's */
		h->entry_us = UINT32_MAX;
		h->slow = 0;
	}
	forget_batch(h);
}

static void
sample(struct tcp_hystart *h, uint32_t rtt_us)
{
	if (rtt_us < h->least_us)
		h->least_us = rtt_us;
	/* What counts are long ones in a row; behind them, any. */
	if (h->entry_us == UINT32_MAX && !delay_grew(h, rtt_us)) {
		forget_batch(h);
		return;
	}
	if (rtt_us < h->batch_us)
		h->batch_us = rtt_us;
	if (++h->samples == SAMPLES_MIN)
		judge(h);
}

enum tcp_hystart_pace
tcp_hystart_acked(struct tcp_hystart *h, uint64_t una, uint64_t nxt, uint32_t rtt_us)
{
	round_trip(h, una, nxt);
	if (h->slow > SLOW_ROUNDS)
		return TCP_HYSTART_OVER;
	if (rtt_us != 0)
		sample(h, rtt_us);
	return h->entry_us == UINT32_MAX ? TCP_HYSTART_FULL : TCP_HYSTART_SLOW;
}
