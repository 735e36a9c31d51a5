/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Stream ranges held out of order: sorted, disjoint, not touching each other,
 * at most TCP_RANGES_MAX of them. A peer that wants more has its newest segment
 * refused, so neither memory nor search time grows with what it sends.
 *
 * Who keeps the bytes owns them and changes them, and learns what he has to do to what he keeps
 * beside each range. TCP asks; to it NULL is a connection that holds nothing.
 */
#ifndef RTLS_TCP_RANGES_H
#define RTLS_TCP_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef TCP_RANGES_MAX /* proofs have fewer */
#define TCP_RANGES_MAX 32
#endif

/* So many of the last additions are known apart. */
#define TCP_RANGES_RECENT (TCP_RANGES_MAX < 8 ? TCP_RANGES_MAX : 8)

/* Made by the functions below only, which cannot turn one round. */
struct tcp_range {
	uint64_t start;
	uint64_t end; /* behind the last byte; >= start, equal when it is empty */
};

struct tcp_ranges {
	uint32_t n;
	uint32_t nb_recent;
	uint32_t
		nb_untold; /* so many of recent[], from the first on, are in no ACK that was planned */
	struct tcp_range r[TCP_RANGES_MAX]; /* ascending, none empty; r[i].end < r[i + 1].start */
	/* Places of additions, the last one first. Which ranges hold them is asked when it is told: those
	 * move, are joined and removed. */
	uint64_t recent[TCP_RANGES_RECENT];
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

/* What an addition did: r[i] holds it now, in place of the `joined` ranges that were there. */
struct tcp_ranges_change {
	uint32_t i;
	uint32_t joined; /* 0: those from i on moved up */
};

/*
 * Event: r is held now. 0, or -ENOSPC with nothing changed. An empty one changes nothing, and says
 * nothing in *done.
 */
int tcp_ranges_add(struct tcp_ranges *rs, struct tcp_range r, struct tcp_ranges_change *done);

/* Event: n ranges from the i-th on are held no more, as they are in order, or were dropped. */
void tcp_ranges_remove(struct tcp_ranges *rs, uint32_t i, uint32_t n);

/* Would r be added? */
bool tcp_ranges_fits(const struct tcp_ranges *rs, struct tcp_range r);

/* The range that holds the byte at off; false: none does. */
bool tcp_ranges_holder(const struct tcp_ranges *rs, uint64_t off, struct tcp_range *r);

/*
 * Which ranges are to be told next: puts them behind the n in r that are told already, each once, up
 * to max in all, and returns how many there are then. Additions that were not told yet come first:
 * where not all of them fit, the earliest, so that none is told in front of another that came before
 * it, of those that are known; of what fits the last one leads. Without any the row begins `turn`
 * additions before the last one. What is told comes behind, the last addition first, and then what
 * is left, from the lowest on.
 */
uint32_t tcp_ranges_tell(struct tcp_ranges *rs, uint32_t turn, struct tcp_range *r, uint32_t n,
			 uint32_t max);

/* How far is the stream in order when it is up to nxt? */
uint64_t tcp_ranges_reach(const struct tcp_ranges *rs, uint64_t nxt);

/* The lowest bytes of r that are held already, in one range; empty: none are. */
struct tcp_range tcp_ranges_within(const struct tcp_ranges *rs, struct tcp_range r);

/*
 * r without what is held already at both of its ends. What remains may still
 * enclose whole ranges. Empty: all of it is held.
 */
struct tcp_range tcp_ranges_trim(const struct tcp_ranges *rs, struct tcp_range r);

static inline bool
tcp_ranges_empty(const struct tcp_ranges *rs)
{
	return rs == NULL || rs->n == 0;
}

/* End of the highest range; 0 when there is none. */
static inline uint64_t
tcp_ranges_end(const struct tcp_ranges *rs)
{
	return tcp_ranges_empty(rs) ? 0 : rs->r[rs->n - 1].end;
}

#endif
