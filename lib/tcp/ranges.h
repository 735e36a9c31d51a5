/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Stream ranges held out of order: sorted, disjoint, not touching each other,
 * at most TCP_RANGES_MAX of them. A peer that wants more has its newest segment
 * refused, so neither memory nor search time grows with what it sends.
 */
#ifndef RTLS_TCP_RANGES_H
#define RTLS_TCP_RANGES_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TCP_RANGES_MAX = 32,
};

struct tcp_range {
	uint64_t start;
	uint64_t end; /* behind the last byte; > start */
};

struct tcp_ranges {
	uint32_t n;
	struct tcp_range r[TCP_RANGES_MAX]; /* ascending; r[i].end < r[i + 1].start */
};

void tcp_ranges_init(struct tcp_ranges *rs);

/* Event: [start, end) is held now. 0, or -ENOSPC with nothing changed. start < end. */
int tcp_ranges_add(struct tcp_ranges *rs, uint64_t start, uint64_t end);

/* Event: the stream is in order up to nxt. Forgets what that covers; returns how far it reaches. */
uint64_t tcp_ranges_advance(struct tcp_ranges *rs, uint64_t nxt);

/* Event: the owner dropped everything at from and above. */
void tcp_ranges_cut(struct tcp_ranges *rs, uint64_t from);

/*
 * Takes what is held already off both ends of [*start, *end). What remains may
 * still enclose whole ranges. *start == *end: all of it is held.
 */
void tcp_ranges_trim(const struct tcp_ranges *rs, uint64_t *start, uint64_t *end);

static inline bool
tcp_ranges_empty(const struct tcp_ranges *rs)
{
	return rs->n == 0;
}

/* End of the highest range; 0 when there is none. */
static inline uint64_t
tcp_ranges_end(const struct tcp_ranges *rs)
{
	return rs->n == 0 ? 0 : rs->r[rs->n - 1].end;
}

#endif
