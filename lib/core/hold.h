/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a connection makes of the memory that it holds: the bytes that its peer, or its program,
 * takes of it, per byte held and second. Who makes the least of it goes first when there is not
 * enough for all.
 */
#ifndef RTLS_CORE_HOLD_H
#define RTLS_CORE_HOLD_H

#include <stdbool.h>
#include <stdint.h>

enum {
	/* Nobody is judged before: a peer may lose the network for so long. Also what is looked
	 * back on: the last one to two of these. */
	HOLD_WINDOW_US = 10000000,
};

struct hold_mark {
	uint64_t at_us;
	uint64_t taken; /* bytes, since the connection began */
};

/*
 * The rate counts from the first mark: where it began to hold something, without a break since, or
 * at least HOLD_WINDOW_US behind that, and so old when the second mark is made.
 */
struct hold {
	struct hold_mark last;    /* when bytes were taken last, or the network went away */
	struct hold_mark mark[2]; /* at_us of the second one is UINT64_MAX: it holds nothing */
};

/* How little a holder makes of it: the lower rate is worse, then the higher waste. */
struct hold_score {
	uint64_t rate;  /* bytes a second, in thousandths of what is held */
	uint64_t waste; /* bytes held times seconds since bytes were taken */
};

/* It holds nothing. */
static inline void
hold_init(struct hold *h)
{
	h->mark[1].at_us = UINT64_MAX;
}

/* Does it hold something? */
static inline bool
hold_holds(const struct hold *h)
{
	return h->mark[1].at_us != UINT64_MAX;
}

/* Event: it holds so much now, and so many bytes were taken in all. */
static inline void
hold_input(struct hold *h, uint64_t held, uint64_t taken, uint64_t now_us)
{
	const struct hold_mark now = { .at_us = now_us, .taken = taken };

	if (held == 0) {
		hold_init(h);
		return;
	}
	if (!hold_holds(h)) {
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

/*
 * Event: a timeout, the first since bytes were taken. What was before it counts, or who takes a byte
 * behind each would never be judged.
 */
static inline void
hold_away(struct hold *h, uint64_t now_us)
{
	if (hold_holds(h))
		h->last.at_us = now_us;
}

/*
 * Event, before the hold_input with the bytes: the network, which answered nothing since hold_away, is
 * back. That time was not the holder's.
 */
void hold_answered(struct hold *h, uint64_t now_us);

/* False: it cannot be judged: it holds nothing, or not for HOLD_WINDOW_US. */
bool hold_judge(const struct hold *h, uint64_t held, uint64_t now_us, struct hold_score *out);

static inline bool
hold_worse(const struct hold_score *a, const struct hold_score *b)
{
	return a->rate != b->rate ? a->rate < b->rate : a->waste > b->waste;
}

#endif
