/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/view.h"

#include "tcp/flight.h"
#include "tcp/path.h"

static uint32_t
sent_again(const struct tcp_spans *b)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < b->all.n; i++)
		if (tcp_span_at(b, i)->state == TCP_SPAN_SENT && tcp_span_at(b, i)->rexmit)
			bytes += tcp_span_end(b, i) - tcp_span_at(b, i)->start;
	return (uint32_t)bytes;
}

static void
view_flight(const struct tcp_conn *c, const struct tcp_flight *f, struct tcp_view *v)
{
	v->delivery_rate = tcp_rate_of(&f->rate);
	v->rate_limited = v->delivery_rate != 0 && f->rate.sample_limited;
	v->sacked = f->board.spans.sacked;
	v->lost = f->board.spans.lost;
	v->again = sent_again(&f->board.spans);
	v->min_rtt_us = f->rack.min_rtt_us;
	v->reo_wnd_us = tcp_rack_window(&f->rack, c->rtt.srtt_us, tcp_flight_is_eager(c));
	v->dsacks = f->dsacks;
	v->reorderings = f->rack.reorderings;
	v->reordered = f->rack.reordered;
}

void
tcp_view_of(const struct tcp_conn *c, struct tcp_view *v)
{
	struct tcp_pace_path path = tcp_pace_path_of(c);
	uint64_t rate = tcp_pace_rate(&path);

	*v = (struct tcp_view){ .pipe = tcp_flight_pipe(c) };
	v->pacing_rate = rate == UINT64_MAX ? 0 : rate;
	v->pmtu = c->mss_agreed == 0 ? 0 : tcp_path_mtu(c);
	if (c->flight != NULL)
		view_flight(c, c->flight, v);
}

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
