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

struct hold {
	bool holds;
	uint64_t since_us;        /* it holds something without a break */
	struct hold_mark last;    /* when bytes were taken last */
	struct hold_mark mark[2]; /* the rate counts from the first one */
};

/* How little a holder makes of it: the lower rate is worse, then the higher waste. */
struct hold_score {
	uint64_t rate;  /* bytes a second, in thousandths of what is held */
	uint64_t waste; /* bytes held times seconds since bytes were taken */
};

/* Event: it holds so much now, and so many bytes were taken in all. */
void hold_input(struct hold *h, uint64_t held, uint64_t taken, uint64_t now_us);

/* False: it cannot be judged: it holds nothing, or not for HOLD_WINDOW_US. */
bool hold_judge(const struct hold *h, uint64_t held, uint64_t now_us, struct hold_score *out);

static inline bool
hold_worse(const struct hold_score *a, const struct hold_score *b)
{
	return a->rate != b->rate ? a->rate < b->rate : a->waste > b->waste;
}

#endif
