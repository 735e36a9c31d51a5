/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/wheel.h"

enum { WHEEL_DIGIT_MASK = WHEEL_SLOTS - 1 };

void
wheel_init(struct wheel *w, uint64_t now_us)
{
	*w = (struct wheel){ .tick = now_us >> WHEEL_TICK_BITS };
	w->due_end = &w->due;
}

/* The first tick that begins at or behind at_us: never early. */
static uint64_t
tick_of(uint64_t at_us)
{
	return (at_us >> WHEEL_TICK_BITS) + ((at_us & (WHEEL_TICK_US - 1)) != 0);
}

/* The level of a tick ahead of the wheel's. */
static uint32_t
level_of(const struct wheel *w, uint64_t tick)
{
	uint32_t highest_bit = 63 - (uint32_t)__builtin_clzll(w->tick ^ tick);

	return highest_bit / WHEEL_SLOT_BITS;
}

static uint32_t
slot_of(uint64_t tick, uint32_t level)
{
	return tick >> (level * WHEEL_SLOT_BITS) & WHEEL_DIGIT_MASK;
}

static void
link_node(struct wheel_node **head, struct wheel_node *node)
{
	node->next = *head;
	node->pprev = head;
	if (node->next != NULL)
		node->next->pprev = &node->next;
	*head = node;
}

/* Behind all that is due: a node armed again and again for now starves no other. */
static void
link_due(struct wheel *w, struct wheel_node *node)
{
	node->next = NULL;
	node->pprev = w->due_end;
	*w->due_end = node;
	w->due_end = &node->next;
}

static void
unlink_node(struct wheel *w, struct wheel_node *node)
{
	if (w->due_end == &node->next)
		w->due_end = node->pprev;
	*node->pprev = node->next;
	if (node->next != NULL)
		node->next->pprev = node->pprev;
	node->next = NULL;
	node->pprev = NULL;
}

static void
place(struct wheel *w, struct wheel_node *node)
{
	uint64_t tick = tick_of(node->at_us);
	uint32_t level, slot;

	if (tick <= w->tick) {
		link_due(w, node);
		return;
	}
	level = level_of(w, tick);
	slot = slot_of(tick, level);
	link_node(&w->slots[level][slot], node);
	w->occupied[level] |= UINT64_C(1) << slot;
}

void
wheel_cancel(struct wheel *w, struct wheel_node *node)
{
	uint64_t tick = tick_of(node->at_us);
	uint32_t level, slot;

	if (!wheel_armed(node))
		return;
	unlink_node(w, node);
	w->nb_armed--;
	if (tick <= w->tick)
		return;
	/* As long as the wheel has not reached a node's slot, the highest digit
	 * in which they differ stays the one it was placed by. A node on the way
	 * down finds another slot here; then this says what is true of that one. */
	level = level_of(w, tick);
	slot = slot_of(tick, level);
	if (w->slots[level][slot] == NULL)
		w->occupied[level] &= ~(UINT64_C(1) << slot);
}

void
wheel_arm(struct wheel *w, struct wheel_node *node, uint64_t at_us)
{
	wheel_cancel(w, node);
	/* Its tick would begin behind the end of time, and have 55 bits. */
	if (at_us > UINT64_MAX - WHEEL_TICK_US + 1)
		return;
	node->at_us = at_us;
	place(w, node);
	w->nb_armed++;
}

/*
 * The lowest level in use, WHEEL_LEVELS for none. Its first slot is the next to
 * be reached: a higher level begins where a lower one ends.
 */
static uint32_t
lowest_level(const struct wheel *w)
{
	uint32_t level;

	for (level = 0; level < WHEEL_LEVELS; level++)
		if (w->occupied[level] != 0)
			break;
	return level;
}

/* The tick at which the first slot of a level in use is reached. */
static uint64_t
first_tick(const struct wheel *w, uint32_t level)
{
	uint32_t shift = level * WHEEL_SLOT_BITS;
	uint64_t slot = (uint64_t)__builtin_ctzll(w->occupied[level]);

	/* The digits above are the wheel's own, the digits below are 0. */
	return (w->tick >> shift & ~(uint64_t)WHEEL_DIGIT_MASK) << shift | slot << shift;
}

/* Goes to the next slot in use at or before now_tick and takes it out; false: there is none. */
static bool
advance(struct wheel *w, uint64_t now_tick)
{
	uint32_t level = lowest_level(w);
	struct wheel_node **slot;
	uint64_t tick;

	if (level == WHEEL_LEVELS || (tick = first_tick(w, level)) > now_tick) {
		if (w->tick < now_tick)
			w->tick = now_tick;
		return false;
	}
	w->tick = tick;
	slot = &w->slots[level][slot_of(tick, level)];
	w->occupied[level] &= ~(UINT64_C(1) << slot_of(tick, level));
	w->moving = *slot; /* which was empty: see wheel_expire */
	w->moving->pprev = &w->moving;
	*slot = NULL;
	return true;
}

struct wheel_node *
wheel_expire(struct wheel *w, uint64_t now_us, uint32_t *budget)
{
	struct wheel_node *node;

	while (*budget > 0) {
		if (w->moving != NULL) {
			node = w->moving;
			unlink_node(w, node);
			place(w, node);
			(*budget)--;
		} else if (w->due != NULL) {
			node = w->due;
			unlink_node(w, node);
			w->nb_armed--;
			(*budget)--;
			return node;
		} else if (!advance(w, now_us >> WHEEL_TICK_BITS)) {
			break;
		}
	}
	return NULL;
}

uint64_t
wheel_next(const struct wheel *w)
{
	uint32_t level = lowest_level(w);

	if (w->due != NULL || w->moving != NULL)
		return w->tick << WHEEL_TICK_BITS;
	return level != WHEEL_LEVELS ? first_tick(w, level) << WHEEL_TICK_BITS : UINT64_MAX;
}
