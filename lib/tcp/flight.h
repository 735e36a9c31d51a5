/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a connection knows of the bytes that it has in flight. One that is idle, or that has a segment
 * out which is all that there is to send, needs none of it: its time is known, and its ACK says all.
 * So a flight is lent: its owner has pools of them, gives one when more is to be said, a larger one
 * when there are too few spans, and may take it back when all is acknowledged. Without one a
 * connection sends a segment and waits for its ACK. With one it does the same without a look at it,
 * until more is to be said:
 *
 *	ALONE -> TRACKED	more than a segment is to go, or something else than its plain ACK came
 *	TRACKED -> ALONE	all is acknowledged, nothing waits, no loss is open, and cwnd is no limit
 */
#ifndef RTLS_TCP_FLIGHT_H
#define RTLS_TCP_FLIGHT_H

#include "tcp/board.h"
#include "tcp/chrono.h"
#include "tcp/conn.h"
#include "tcp/hystart.h"
#include "tcp/prr.h"
#include "tcp/query.h"
#include "tcp/rack.h"
#include "tcp/rate.h"
#include "tcp/tlp.h"
#include "tcp/undo.h"

enum {
	TCP_FLIGHT_SPANS_MAX = 1024,
};

struct tcp_flight {
	uint16_t spans;

	/* Measurement: one sample of the round trip in each. */
	bool round_limited;
	uint32_t round_flight;      /* most that was in flight in this round */
	uint64_t round_end;         /* was cwnd the limit: valid until this is acknowledged */
	uint64_t timed_end;         /* the next sample is of what lies behind */
	uint64_t last_rexmit_at_us; /* 0: nothing was sent again */
	uint32_t again_ts;          /* the timestamp that this had */

	/* Losses; conn's `loss` says which state. */
	uint64_t
		recover; /* recovery ends here; TCP_LOSS_NONE: no duplicate ACKs begin one below it */
	struct tcp_rack rack;
	struct tcp_tlp tlp;
	struct tcp_prr prr;
	struct tcp_undo undo;
	struct tcp_hystart hystart;
	struct tcp_rate rate;
	uint32_t dsacks; /* ACKs that told of something that came twice */
	uint64_t
		cut_end; /* all that was out when the path's MTU fell: until then it counts in cuts */
	uint8_t cuts;    /* so often all of it was sent again, in shorter segments */
	struct tcp_chrono chrono;

	/* A peer without SACK tells by duplicate ACKs that something arrived, not what. */
	uint64_t told_end;    /* of what they may tell: what was in flight when the first came */
	uint32_t told;        /* bytes that they told of */
	uint8_t dupacks;      /* in a row */
	uint8_t partial_acks; /* of this recovery; up to 2: the timer is restarted by the first */

	struct tcp_board board;
};

/* Bytes of a flight with room for so many spans; a multiple of 8. */
static inline size_t
tcp_flight_size(uint16_t spans)
{
	return offsetof(struct tcp_flight, board) + TCP_BOARD_SIZE(spans);
}

static inline uint16_t
tcp_flight_spans(const struct tcp_flight *f)
{
	return f->spans;
}

/* Is everything that was sent acknowledged? Then a flight may come and go. */
static inline bool
tcp_flight_is_over(const struct tcp_conn *c)
{
	return c->snd_una == c->snd_max;
}

/* Is more to be said of what is to be sent now than that a segment is out? */
static inline bool
tcp_flight_is_due(const struct tcp_conn *c)
{
	if ((c->plan.owed & TCP_OWED_TAIL) != 0)
		return true;
	if (c->plan.nxt >= tcp_snd_lim(c))
		return false;
	/* A cwnd of less than two segments is the limit of one, too: it is to grow. */
	return c->plan.nxt > c->snd_una || c->snd_end - c->plan.nxt > c->mss ||
	       c->cc.cwnd < 2 * (uint32_t)c->mss;
}

/* May it be given one? What is sent from snd_una on anew, as nothing is known of it, cannot be noted. */
static inline bool
tcp_flight_may_begin(const struct tcp_conn *c)
{
	return c->sent.nxt == c->snd_max && !tcp_is_connecting(c) && c->state != TCP_CLOSED;
}

/* Would a flight, or a larger one, be of use? Its owner asks before each tcp_plan. */
static inline bool
tcp_flight_wants(const struct tcp_conn *c)
{
	if (c->tracked)
		return tcp_board_is_short(&c->flight->board) &&
		       c->flight->spans < TCP_FLIGHT_SPANS_MAX;
	return c->flight == NULL && tcp_flight_is_due(c) && tcp_flight_may_begin(c);
}

/* Event: it is given one: memory of tcp_flight_size(spans) bytes. tcp_flight_may_begin, and TRACKED. */
void tcp_flight_begin(struct tcp_conn *c, struct tcp_flight *f, uint16_t spans);

/* Event: it is given a larger one, which goes on where the old one ends; returns that. */
struct tcp_flight *tcp_flight_move(struct tcp_conn *c, struct tcp_flight *larger, uint16_t spans);

/* It has one, and a segment at most is out: TRACKED. */
void tcp_flight_track_slow(struct tcp_conn *c);

static inline void
tcp_flight_track(struct tcp_conn *c)
{
	if (!c->tracked && c->flight != NULL)
		tcp_flight_track_slow(c);
}

/* Event: something was acknowledged, and TRACKED: may it be ALONE from now on? */
static inline void
tcp_flight_acked(struct tcp_conn *c)
{
	const struct tcp_flight *f = c->flight;

	/* Where cwnd is no limit congestion control does not miss the ACKs, and counts no time (RFC 9438 5.8). */
	if (c->snd_una == tcp_snd_lim(c) && c->loss == TCP_LOSS_NONE && !f->round_limited &&
	    !f->undo.on && !f->tlp.out)
		c->tracked = c->sent_again = false;
}

/* Event: it is taken back, and returned. Nothing is in flight, or the connection is closed. */
struct tcp_flight *tcp_flight_end(struct tcp_conn *c);

/* Is a gap to be taken for a loss at once (RFC 8985 6.2, step 4)? */
static inline bool
tcp_flight_is_eager(const struct tcp_conn *c)
{
	return c->loss != TCP_LOSS_NONE ||
	       c->flight->board.spans.sacked >= TCP_DUP_ACKS * (uint32_t)c->mss;
}

/* Bytes in the network: sent, neither known to be there nor taken to be lost. */
static inline uint64_t
tcp_flight_pipe(const struct tcp_conn *c)
{
	uint32_t pipe;

	if (!c->tracked)
		return c->sent.nxt - c->snd_una;
	pipe = tcp_board_pipe(&c->flight->board);
	return pipe > c->flight->told ? pipe - c->flight->told : 0;
}

#endif
