/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/hold.h"

void
hold_init(struct hold *h)
{
	h->mark[1].at_us = UINT64_MAX;
}

static bool
holds(const struct hold *h)
{
	return h->mark[1].at_us != UINT64_MAX;
}

void
hold_input(struct hold *h, uint64_t held, uint64_t taken, uint64_t now_us)
{
	const struct hold_mark now = { .at_us = now_us, .taken = taken };

	if (held == 0) {
		hold_init(h);
		return;
	}
	if (!holds(h)) {
		h->last = h->mark[0] = h->mark[1] = now;
		return;
	}
	if (taken != h->last.taken)
		h->last = now;
	if (now_us - h->mark[1].at_us >= HOLD_WINDOW_US) {
		h->mark[0] = h->mark[1];
		h->mark[1] = now;
	}
}

bool
hold_judge(const struct hold *h, uint64_t held, uint64_t now_us, struct hold_score *out)
{
	uint64_t idle_us = now_us - h->last.at_us, span_ms;

	if (!holds(h) || held == 0 || now_us - h->mark[0].at_us < HOLD_WINDOW_US)
		return false;
	span_ms = (now_us - h->mark[0].at_us) / 1000;
	/* Since it took nothing any more, what it took before does not count. */
	out->rate = idle_us >= HOLD_WINDOW_US ?
			    0 :
			    (h->last.taken - h->mark[0].taken) * 1000 / held * 1000 / span_ms;
	out->waste = held * (idle_us / 1000000);
	return true;
}
