/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/flight.h"

#include <string.h>

void
tcp_flight_begin(struct tcp_conn *c, struct tcp_flight *f, uint16_t spans)
{
	memset(f, 0, offsetof(struct tcp_flight, board));
	f->spans = spans;
	f->round_end = f->timed_end = c->snd_una;
	tcp_rack_init(&f->rack, c->rtt.srtt_us, 0);
	tcp_hystart_init(&f->hystart);
	tcp_rate_init(&f->rate);
	tcp_board_init(&f->board, spans, c->snd_una);
	c->flight = f;
	c->tracked = false;
	tcp_flight_track_slow(c);
}

/* What is out was sent at one time, and nothing before it is: a board begins with that. */
void
tcp_flight_track_slow(struct tcp_conn *c)
{
	struct tcp_sending s = {
		.now_us = (uint32_t)c->last_sent_at_us,
		.rtt_us = c->rtt.srtt_us,
	};
	uint32_t len = (uint32_t)(c->sent.nxt - c->snd_una);
	struct tcp_flight *f = c->flight;
	struct tcp_delivered none;

	c->tracked = true;
	tcp_board_heard(&f->board, &none);
	tcp_board_ack(&f->board, c->snd_una, &none);
	if (len == 0)
		return;
	tcp_rate_sending(&f->rate, true, &s);
	tcp_board_sent(&f->board, c->snd_una, len, &s);
	if (!c->sent_again)
		return;
	tcp_board_sent(&f->board, c->snd_una, len, &s);
	f->last_rexmit_at_us = c->last_sent_at_us;
	f->again_ts = tcp_ts_now(c->ts_offset, c->last_sent_at_us);
}

struct tcp_flight *
tcp_flight_move(struct tcp_conn *c, struct tcp_flight *larger, uint16_t spans)
{
	struct tcp_flight *old = c->flight;

	memcpy(larger, old, offsetof(struct tcp_flight, board));
	larger->spans = spans;
	tcp_board_copy(&larger->board, spans, &old->board);
	c->flight = larger;
	return old;
}

struct tcp_flight *
tcp_flight_end(struct tcp_conn *c)
{
	struct tcp_flight *f = c->flight;

	c->flight = NULL;
	c->tracked = false;
	return f;
}
