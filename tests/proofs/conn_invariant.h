/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What holds of a synchronised connection between two events. A proof assumes it,
 * lets the event happen, and proves it again: so it holds for ever once it
 * holds at the start.
 *
 * The bounds: stream offsets below 2^60, at most TCP_RANGES_MAX runs out of
 * order, which a proof sets to a few, an MSS below 64 KiB.
 */
#ifndef RTLS_PROOF_CONN_INVARIANT_H
#define RTLS_PROOF_CONN_INVARIANT_H

#include "proof.h"
#include "tcp/conn.h"
#include "tcp/flight.h"
#include "tcp/ranges.h"

#define PROOF_OFF_MAX (UINT64_C(1) << 60)
#define PROOF_WND_MAX (UINT64_C(65535) << TCP_WSCALE_MAX)

/* As the C library's, for runs only: CBMC's own model, by bytes, takes it minutes. */
void *
memmove(void *to, const void *from, size_t len)
{
	struct tcp_range copy[TCP_RANGES_MAX], *out = to;
	const struct tcp_range *in = from;
	size_t n = len / sizeof(copy[0]);

	PROVE(len % sizeof(copy[0]) == 0 && n <= TCP_RANGES_MAX);
	for (size_t i = 0; i < n; i++)
		copy[i] = in[i];
	for (size_t i = 0; i < n; i++)
		out[i] = copy[i];
	return to;
}

static inline bool
ranges_hold(const struct tcp_ranges *rs, uint64_t low, uint64_t high)
{
	uint64_t last = low;

	if (rs == NULL)
		return true;
	if (rs->n > TCP_RANGES_MAX)
		return false;
	for (uint32_t i = 0; i < rs->n; i++) {
		if (rs->r[i].start <= last || rs->r[i].end <= rs->r[i].start)
			return false;
		last = rs->r[i].end;
	}
	return rs->n == 0 || last <= high;
}

static inline bool
receiver_holds(const struct tcp_conn *c, const struct tcp_ranges *held)
{
	return ranges_hold(held, c->rcv_nxt, c->rcv_adv) && c->rcv_nxt <= c->rcv_adv &&
	       c->rcv_adv - c->rcv_nxt <= PROOF_WND_MAX && c->rcv_adv < PROOF_OFF_MAX &&
	       c->rcv_lim < PROOF_OFF_MAX && c->last_ack_sent <= tcp_ack_off(c) &&
	       c->rcv_wscale <= TCP_WSCALE_MAX &&
	       (c->peer_fin_off == TCP_NO_OFF ||
		(c->rcv_nxt <= c->peer_fin_off && c->peer_fin_off <= c->rcv_adv &&
		 c->peer_fin_off >= tcp_ranges_end(held))) &&
	       (!c->peer_fin || c->rcv_nxt == c->peer_fin_off);
}

/* The board, while it is in use, is of what was sent and is not acknowledged, a probe's byte apart. */
static inline bool
flight_holds(const struct tcp_conn *c)
{
	const struct tcp_flight *f = c->flight;

	if (!c->tracked)
		return c->loss == TCP_LOSS_NONE &&
		       (f == NULL || (f->told == 0 && f->told_end <= c->snd_max &&
				      c->snd_max <= c->sent.nxt + 1));
	return f != NULL && f->board.spans.una == c->snd_una && f->board.spans.max == c->sent.nxt &&
	       c->snd_max <= c->sent.nxt + 1 && c->loss <= TCP_LOSS_TIMEOUT &&
	       (c->loss == TCP_LOSS_NONE || c->snd_una < f->recover) &&
	       f->told <= c->snd_max - c->snd_una && f->told_end <= c->snd_max &&
	       (c->sack_on ? f->told == 0 : f->board.spans.sacked == 0);
}

/* What tcp_flight_track_slow leaves. */
static inline void
flight_tracks(struct tcp_conn *c)
{
	struct tcp_spans *spans = &c->flight->board.spans;

	PROVE(!c->tracked);
	c->tracked = true;
	spans->una = c->snd_una;
	spans->max = c->sent.nxt;
	spans->sacked = spans->lost = 0;
}

static inline bool
sender_holds(const struct tcp_conn *c)
{
	return c->snd_una <= c->sent.nxt && c->sent.nxt <= c->snd_max &&
	       c->snd_max <= tcp_snd_lim(c) && c->sent.nxt <= c->plan.nxt &&
	       c->plan.nxt <= tcp_snd_lim(c) && c->snd_end < PROOF_OFF_MAX &&
	       c->snd_wscale <= TCP_WSCALE_MAX && c->snd_wnd <= c->max_wnd &&
	       c->max_wnd <= PROOF_WND_MAX && c->wl2 <= c->snd_una && c->mss > 0 &&
	       c->sent.again <= c->plan.again && flight_holds(c);
}

#endif
