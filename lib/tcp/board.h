/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The scoreboard: what is in flight, as spans in order of the stream. The spans tile [una, max):
 * each byte lies in one, which was sent, or is known to be there (SACK), or is taken to be lost. So a
 * span has no end of its own, it ends where the next one begins.
 *
 * A board has a fixed number of spans, and takes no more whatever a peer says: what would need one
 * that is not there is not noted, and counted. Each such loss of detail is one on the safe side: a
 * byte counts as in flight, or as sent later than it was.
 *
 * No step walks what is outstanding: each searches, and goes over the spans that it changes. Those
 * for a retransmission timeout, and for one that was none, do go over all: tcp_board_lose_all,
 * tcp_board_forget_sacked and tcp_board_unlose.
 *
 * Times are in us; 32 bits of them are kept, so nothing may stay in flight, not lost, for 35 minutes.
 */
#ifndef RTLS_TCP_BOARD_H
#define RTLS_TCP_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcp/ranges.h"
#include "tcp/spans.h"

struct tcp_board {
	uint64_t fack;          /* end of the highest that is known to be there; >= una */
	uint32_t ignored;       /* pieces of SACK blocks that were not noted; they may come again */
	uint32_t rounded;       /* whole spans that took the place of a part */
	struct tcp_spans spans; /* their memory lies behind it */
};

/* Bytes of a board of cap spans; it is the last member of what holds it. */
#define TCP_BOARD_SIZE(cap) (sizeof(struct tcp_board) + TCP_SPANS_MEMORY(cap))

/* Nothing is in flight, the next byte is at off. cap in TCP_SPANS_CAP_MIN .. TCP_SPANS_CAP_MAX. */
void tcp_board_init(struct tcp_board *b, uint32_t cap, uint64_t off);

/* All of `from` goes on in `to`, made for cap spans: from's cap or more. */
void tcp_board_copy(struct tcp_board *to, uint32_t cap, const struct tcp_board *from);

/* What all that is sent at one time has in common. */
struct tcp_sending {
	uint32_t now_us;
	/* The path's RTT, 0: not known. What is sent within a small part of it may share a span. */
	uint32_t rtt_us;
	struct tcp_snapshot snapshot;
	bool app_limited;
};

/*
 * Event: [off, off + len) was sent. New data begins at max. What was sent before, in whatever state
 * but SACKED, is SENT once more: a lost range, or the probe for a lost tail. One call may hold both.
 */
void tcp_board_sent(struct tcp_board *b, uint64_t off, uint32_t len, const struct tcp_sending *s);

/* A transmission that was delivered, the one that was sent last. */
struct tcp_newest {
	uint64_t end;
	uint32_t sent_us; /* not later than it was sent */
	bool known;       /* else the others say nothing */
	bool app_limited;
	struct tcp_snapshot snapshot;
};

/* What one ACK said: begins with tcp_board_heard, then takes tcp_board_ack and all its blocks. */
struct tcp_delivered {
	uint64_t fack;      /* the board's, when it began */
	uint64_t reordered; /* lowest that came behind a higher one, sent once; UINT64_MAX: none */
	uint32_t bytes;     /* newly delivered, each byte once */
	uint32_t acked;     /* so many of `bytes` by the acknowledgement's number, not by SACK */
	uint32_t
		spurious; /* so many of `bytes` were taken to be lost and had been sent once only */
	uint32_t oldest_us;      /* first sending of what was sent once only: for the RTT */
	bool timed;              /* oldest_us is known */
	struct tcp_newest once;  /* of what was sent once only */
	struct tcp_newest again; /* of what was sent again: whose ACK it is, is in doubt */
};

void tcp_board_heard(const struct tcp_board *b, struct tcp_delivered *d);

/* Event: all below una is acknowledged. Beyond max: then it is empty, and goes on at una. */
void tcp_board_ack(struct tcp_board *b, uint64_t una, struct tcp_delivered *d);

/* Event: a SACK block. One that is not within what was sent is ignored, what is below una too. */
void tcp_board_sack(struct tcp_board *b, uint64_t start, uint64_t end, struct tcp_delivered *d);

/* What time says, tcp_board_overdue. */
struct tcp_overdue {
	uint32_t lost;    /* bytes, new */
	uint32_t wait_us; /* until the next is due; UINT32_MAX: none waits */
};

/*
 * Event: time passed, or something was delivered. LOST is what was sent before the transmission that
 * was sent at rack_us and ended at rack_end (of one time, which may be a span's, the lower), and wait_us
 * ago or longer.
 */
struct tcp_overdue tcp_board_overdue(struct tcp_board *b, uint32_t rack_us, uint64_t rack_end,
				     uint32_t wait_us, uint32_t now_us);

/* Event: [start, end) is lost, as far as it is SENT. Bytes that are LOST now and were not. */
uint32_t tcp_board_lose(struct tcp_board *b, uint64_t start, uint64_t end);

/* Event: all that is SENT is LOST. */
void tcp_board_lose_all(struct tcp_board *b);

/* Event: the peer dropped what it had; what was SACKED is LOST. */
void tcp_board_forget_sacked(struct tcp_board *b);

/* Event: it was not lost, after all. What is LOST is SENT, as if it had been sent again now. */
void tcp_board_unlose(struct tcp_board *b, uint32_t now_us);

struct tcp_range tcp_board_find_lost(const struct tcp_board *b, uint64_t from, uint32_t len);

/* The lowest LOST bytes from `from` on, at most len; empty: none. */
static inline struct tcp_range
tcp_board_next_lost(const struct tcp_board *b, uint64_t from, uint32_t len)
{
	return b->spans.lost == 0 ? tcp_range_of(from, from) : tcp_board_find_lost(b, from, len);
}

/* The highest bytes that the peer is not known to have, at most len: the tail loss probe's. */
struct tcp_range tcp_board_tail(const struct tcp_board *b, uint32_t len);

/* Bytes in flight. */
static inline uint32_t
tcp_board_pipe(const struct tcp_board *b)
{
	return (uint32_t)(b->spans.max - b->spans.una) - b->spans.sacked - b->spans.lost;
}

/* Did the peer say that it has una's byte? Then it took it back. */
bool tcp_board_reneged(const struct tcp_board *b);

/* Half of the spans are in use: from here on detail is lost, a larger one would keep it. */
static inline bool
tcp_board_is_short(const struct tcp_board *b)
{
	return tcp_spans_short(&b->spans);
}

#endif
