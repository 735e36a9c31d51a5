/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A hierarchical timing wheel: nine levels of 64 slots.
 *
 * A tick is 2^10 us: the shortest delay that TCP asks of it is the 40 ms of a
 * delayed ACK, the shortest that it may ask is a loss probe of a few round
 * trips, and a shift needs no division. 9 x 6 bits cover all 54 bits of a tick
 * number, so no deadline is too far and none is clamped; 64 slots are one word
 * of occupancy per level, so a jump over hours costs as much as one over a
 * tick. A node moves down at most once per level before it fires.
 *
 * A node fires never early and, polled in time, less than one tick late.
 * Single-threaded. Time must not run backwards; where it does, nothing fires.
 */
#ifndef RTLS_NET_WHEEL_H
#define RTLS_NET_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WHEEL_TICK_BITS = 10,
	WHEEL_TICK_US = 1 << WHEEL_TICK_BITS,
	WHEEL_SLOT_BITS = 6,
	WHEEL_SLOTS = 1 << WHEEL_SLOT_BITS,
	WHEEL_LEVELS = 9,
};

/* In the caller's struct. All zero: not armed. */
struct wheel_node {
	struct wheel_node *next;
	struct wheel_node **pprev; /* what points at this node; NULL: not armed */
	uint64_t at_us;
};

struct wheel {
	uint32_t nb_armed;
	uint64_t tick;          /* all nodes up to it have fired, or are in due or moving */
	struct wheel_node *due; /* first in, first out */
	struct wheel_node **due_end;
	struct wheel_node *moving;       /* of a slot that was reached: to be placed anew */
	uint64_t occupied[WHEEL_LEVELS]; /* bit per slot */
	/* A node is at the level of the highest digit (base 64) in which its
	 * tick differs from the wheel's, in the slot of its own digit there. */
	struct wheel_node *slots[WHEEL_LEVELS][WHEEL_SLOTS];
};

void wheel_init(struct wheel *w, uint64_t now_us);

/*
 * Arms node for at_us, or moves it there; UINT64_MAX, as all of the last tick
 * that 64 bits can tell, cancels. The wheel borrows the node until it fires or is
 * cancelled.
 */
void wheel_arm(struct wheel *w, struct wheel_node *node, uint64_t at_us);
void wheel_cancel(struct wheel *w, struct wheel_node *node);

static inline bool
wheel_armed(const struct wheel_node *node)
{
	return node->pprev != NULL;
}

/*
 * Takes one due node out of the wheel, or NULL. Each node fired or moved to a
 * lower level costs one of *budget; at 0 the rest waits for the next call, which
 * goes on where this one stopped. Nodes fire in the order of their ticks; one
 * armed for a time that has passed stands behind those that are due already.
 *
 *	uint32_t budget = 64;
 *	while ((node = wheel_expire(w, now_us, &budget)) != NULL)
 *		...	(may arm and cancel any node, this one too)
 */
struct wheel_node *wheel_expire(struct wheel *w, uint64_t now_us, uint32_t *budget);

/*
 * The time before which wheel_expire has nothing to do, at most one tick above
 * the next deadline; UINT64_MAX where no node is armed.
 */
uint64_t wheel_next(const struct wheel *w);

#endif
