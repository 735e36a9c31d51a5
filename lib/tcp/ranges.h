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

#ifndef TCP_RANGES_MAX /* proofs have fewer */
#define TCP_RANGES_MAX 32
#endif

/* Made by the functions below only, which cannot turn one round. */
struct tcp_range {
	uint64_t start;
	uint64_t end; /* behind the last byte; >= start, equal when it is empty */
};

struct tcp_ranges {
	uint32_t n;
	struct tcp_range r[TCP_RANGES_MAX]; /* ascending, none empty; r[i].end < r[i + 1].start */
};

/* [start, end); an end in front of start makes it empty. */
static inline struct tcp_range
tcp_range_of(uint64_t start, uint64_t end)
{
	return (struct tcp_range){ .start = start, .end = end > start ? end : start };
}

/*
 * What lies in [low, high) of len bytes that a peer says begin at seq: signed,
 * since it may name places in front of the stream's first byte. low < 2^63.
 */
static inline struct tcp_range
tcp_range_within(int64_t seq, uint32_t len, uint64_t low, uint64_t high)
{
	int64_t last = seq + (int64_t)len;
	uint64_t start = seq > (int64_t)low ? (uint64_t)seq : low;
	uint64_t end = last > (int64_t)low ? (uint64_t)last : low;

	return tcp_range_of(start, end < high ? end : high);
}

static inline bool
tcp_range_empty(struct tcp_range r)
{
	return r.start == r.end;
}

void tcp_ranges_init(struct tcp_ranges *rs);

/* Event: r is held now. 0, or -ENOSPC with nothing changed. An empty one changes nothing. */
int tcp_ranges_add(struct tcp_ranges *rs, struct tcp_range r);

/* Event: the stream is in order up to nxt. Forgets what that covers; returns how far it reaches. */
uint64_t tcp_ranges_advance(struct tcp_ranges *rs, uint64_t nxt);

/* Event: the owner dropped everything at from and above. */
void tcp_ranges_cut(struct tcp_ranges *rs, uint64_t from);

/*
 * r without what is held already at both of its ends. What remains may still
 * enclose whole ranges. Empty: all of it is held.
 */
struct tcp_range tcp_ranges_trim(const struct tcp_ranges *rs, struct tcp_range r);

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
