/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Packets that go, or come, by another port than the one whose device has the context: software does
 * their records. When they have done so for a while, and the other port has a device that could have the
 * context, it is given up here and asked for there. A while is longer with each time: a route that flaps
 * costs no context each time, and starts no timer.
 */
#ifndef RTLS_STACK_MODE_MOVE_H
#define RTLS_STACK_MODE_MOVE_H

#include "stack/sock.h"

struct netif;

/* Event: the path is through another netif than before. */
void mode_move_path(struct rtls_sock *sock);

/*
 * Event: a packet with bytes at off, which are to be sealed under e, leaves by another port. far: a device
 * that had left so much to software could not go on. Afterwards the context may be gone.
 */
void mode_move_sent(struct rtls_sock *sock, const struct session_epoch *e, bool far);

/* What of a run of packets was kept. */
struct mode_move_run {
	const struct netif *nif; /* that it came by */
	uint64_t end_off;
	uint32_t len;
	uint32_t nb_packets;
};

/* Event: it came by another port than that of the contexts, and is stored; there are keys. */
void mode_move_received(struct rtls_sock *sock, const struct mode_move_run *r);

#endif
