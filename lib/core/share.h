/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How much of a store each of its members may hold. Dynamic thresholds (Choudhury and Hahne,
 * IEEE/ACM ToN 6, 1998): a share of what is free now, so shares shrink as the store fills and a
 * part of it always stays free for who comes next. Below that each member has a floor: it is
 * kept for those who hold nothing, so that what others hold never keeps them waiting.
 */
#ifndef RTLS_CORE_SHARE_H
#define RTLS_CORE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SHARE_PLENTY = 4, /* a quarter in use: up to here members hold what they like */
	SHARE_PART = 8,   /* one member's part of what is free: an eighth */
};

/* Bytes; kept by the owner of the store. */
struct share_store {
	uint64_t total;
	uint64_t used;   /* held by all members */
	uint64_t margin; /* for the floors of members to come */
	uint32_t floor;  /* what one may always hold */
	uint32_t members;
	uint32_t holders; /* members that hold something */
};

/* Event: a member that held was now holds. */
static inline void
share_held(struct share_store *st, uint64_t was, uint64_t now)
{
	st->used = st->used - was + now;
	st->holders = st->holders - (was != 0) + (now != 0);
}

/* May members hold what they like? */
static inline bool
share_plenty(const struct share_store *st)
{
	return st->used <= st->total / SHARE_PLENTY;
}

static inline uint64_t
share_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What nobody holds, and what is not kept for floors. */
static inline uint64_t
share_free(const struct share_store *st)
{
	uint64_t empty = st->members > st->holders ? st->members - st->holders : 0;
	uint64_t kept = st->margin + empty * st->floor;

	return st->total > st->used + kept ? st->total - st->used - kept : 0;
}

/*
 * What a member may hold in all: at most wanted, its own limit; where the store is not plenty, at
 * most what is useful to it, and its part of what is free. Never less than the floor.
 */
static inline uint64_t
share_limit(const struct share_store *st, uint64_t wanted, uint64_t useful)
{
	uint64_t limit;

	if (share_plenty(st))
		limit = share_min(wanted, share_free(st));
	else
		limit = share_min(share_min(wanted, useful), share_free(st) / SHARE_PART);
	return limit > st->floor ? limit : st->floor;
}

/* Would the member hold more if the store had more? */
bool share_short(const struct share_store *st, uint64_t wanted, uint64_t useful);

#endif
