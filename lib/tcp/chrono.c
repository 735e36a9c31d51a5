/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/chrono.h"

#include "tcp/flight.h"

/* Does cwnd, or its time, let a segment out? */
static bool
path_takes_more(const struct tcp_conn *c, uint64_t now_us)
{
	uint64_t ahead = c->again_len + (c->plan.nxt - c->sent.nxt);

	return !tcp_pace_holds(&c->pace, now_us) &&
	       tcp_flight_pipe(c) + ahead + c->mss <= (uint64_t)c->cc.cwnd;
}

enum tcp_waits
tcp_waits_for(const struct tcp_conn *c, bool full, uint64_t now_us)
{
	uint64_t edge = c->snd_una + c->snd_wnd, left;

	if (c->plan.nxt >= c->snd_end)
		return full && !c->fin_queued && path_takes_more(c, now_us) ? TCP_WAITS_BUFFER :
									      TCP_WAITS_PATH;
	left = c->snd_end - c->plan.nxt;
	/* As much as a segment has is let out: tcp/output. */
	if (edge >= c->plan.nxt + (left < c->mss ? left : c->mss) || !path_takes_more(c, now_us))
		return TCP_WAITS_PATH;
	return TCP_WAITS_WINDOW;
}
