/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/share.h"

static uint64_t
min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t
share_free(const struct share_store *st)
{
	uint64_t empty = st->members > st->holders ? st->members - st->holders : 0;
	uint64_t kept = st->margin + empty * st->floor;

	return st->total > st->used + kept ? st->total - st->used - kept : 0;
}

uint64_t
share_limit(const struct share_store *st, uint64_t wanted, uint64_t useful)
{
	uint64_t limit;

	if (share_plenty(st))
		return max64(min64(wanted, share_free(st)), st->floor);
	limit = min64(min64(wanted, useful), share_free(st) / SHARE_PART);
	return max64(limit, st->floor);
}

bool
share_short(const struct share_store *st, uint64_t wanted, uint64_t useful)
{
	if (share_plenty(st))
		return false;
	return share_limit(st, wanted, useful) < min64(wanted, useful);
}
