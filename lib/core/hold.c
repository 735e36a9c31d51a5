/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/hold.h"

static uint64_t
later(uint64_t at_us, uint64_t by_us, uint64_t now_us)
{
	return at_us + by_us < now_us ? at_us + by_us : now_us;
}

void
hold_answered(struct hold *h, uint64_t now_us)
{
	uint64_t away_us = now_us - h->last.at_us;

	if (!hold_holds(h))
		return;
	h->last.at_us = now_us;
	h->mark[0].at_us = later(h->mark[0].at_us, away_us, now_us);
	h->mark[1].at_us = later(h->mark[1].at_us, away_us, now_us);
}

bool
hold_judge(const struct hold *h, uint64_t held, uint64_t now_us, struct hold_score *out)
{
	uint64_t idle_us = now_us - h->last.at_us, span_ms;

	if (!hold_holds(h) || held == 0 || now_us - h->mark[0].at_us < HOLD_WINDOW_US)
		return false;
	span_ms = (now_us - h->mark[0].at_us) / 1000;
	/* Since it took nothing any more, what it took before does not count. */
	out->rate = idle_us >= HOLD_WINDOW_US ?
			    0 :
			    (h->last.taken - h->mark[0].taken) * 1000 / held * 1000 / span_ms;
	out->waste = held * (idle_us / 1000000);
	return true;
}
