/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Memory pressure of received data, in three steps: bytes out of order are given
 * up first (their senders repeat them), then new connections are refused, then the
 * connection whose incomplete record is the oldest is ended. Each is counted.
 */
#ifndef RTLS_STACK_PRESSURE_H
#define RTLS_STACK_PRESSURE_H

#include "stack/stack.h"

/* Three quarters of the budget: out-of-order data goes. */
static inline bool
pressure_is_high(const struct rtls_stack *s)
{
	return s->rx_room_used > s->rx_room_max - s->rx_room_max / 4;
}

/* Seven eighths: no new connections. */
static inline bool
pressure_is_severe(const struct rtls_stack *s)
{
	return s->rx_room_used > s->rx_room_max - s->rx_room_max / 8;
}

/* Event: the queue's room changed; keeps the stack's sum. */
void pressure_account(struct rtls_sock *k);

/* Gives up what this connection holds out of order. */
void pressure_drop_held(struct rtls_sock *k);

/* The budget is exceeded: ends the connection whose incomplete record is the oldest. */
void pressure_relieve(struct rtls_stack *s);

#endif
