/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who gives way when memory is short: bytes out of order first; then, for somebody who has to wait,
 * who makes the least of what it holds (core/hold.h). And who waited is woken. What is held and who
 * waits is stack/memory's and stack/rx_memory's.
 */
#ifndef RTLS_STACK_RECLAIM_H
#define RTLS_STACK_RECLAIM_H

#include "stack/state.h"

/*
 * Bytes out of order are given up where memory is short, or where somebody found no place for his. The
 * receive budget is exceeded: ends the connection whose incomplete record is the oldest.
 */
void reclaim_of_room(struct rtls_stack *s);

/* Who found a pool empty looks again when buffers are back. */
void reclaim_wake(struct rtls_stack *s);

/*
 * A place for a key was refused because all connections together had too many: where there is one
 * again, who waits to set it hears of it.
 */
void reclaim_wake_keys(struct rtls_stack *s);

/* Somebody waits for too long: looks at some sockets, and ends the worst holder of a round. */
void reclaim_of_memory(struct rtls_stack *s);

/* Does a poll have something to look for, though no packet and no timer comes? */
bool reclaim_waits(const struct rtls_stack *s);

#endif
