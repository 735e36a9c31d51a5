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
	return f;
}
