/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a NIC could open at best of a stream of TLS records, by the packets as they reached it: no library, no
 * driver, no crypto, nothing but the order in which bytes came. Two bounds:
 *
 *   openable  by a device that knows at once where each record begins and which it is, and that has as
 *             many places in the stream as it likes. It opens in order, and marks whole packets: one of
 *             which it could not open the front is passed as it came.
 *   intact    by one that marks parts of packets, too: every byte came for the first time, in order.
 *
 * A packet can be opened if a record begins with it, or if the one in front of it came earlier and was
 * opened, or had a header in it. A record can be if all packets that hold some of it can. Where a packet
 * comes twice, what is behind it is taken for as good as opened: the bound is too high then, never too low,
 * for as long as TCP keeps what comes first.
 */
#ifndef PERF_RESYNC_BOUND_H
#define PERF_RESYNC_BOUND_H

#include <stdbool.h>
#include <stdint.h>

enum resync_bound_class {
	RESYNC_BOUND_TOUCHED,  /* by a loss */
	RESYNC_BOUND_INTACT,   /* but a packet of it could not be opened whole */
	RESYNC_BOUND_OPENABLE, /* intact as well */
};

struct resync_bound_counts {
	uint64_t records;
	uint64_t intact;
	uint64_t openable;
	uint64_t packets;
	uint64_t ahead;    /* of packets: there is a gap in front of them */
	uint64_t repeated; /* of packets: nothing new in them */
};

struct resync_bound;

/* The record number 0 begins at seq. NULL: no memory. */
struct resync_bound *resync_bound_create(uint32_t seq);

/* Where each record is to be told, in turn; n counts from 0. */
typedef void (*resync_bound_fn)(void *arg, uint64_t n, enum resync_bound_class class);
void resync_bound_tell(struct resync_bound *b, resync_bound_fn fn, void *arg);

/* The next packet with payload that reached the NIC; bytes are borrowed. False: no memory. */
bool resync_bound_packet(struct resync_bound *b, uint32_t seq, const uint8_t *bytes, uint32_t len);

struct resync_bound_counts resync_bound_counts(const struct resync_bound *b);

/* NULL is fine. */
void resync_bound_destroy(struct resync_bound *b);

#endif
