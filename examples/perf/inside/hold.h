/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Packets that a port has been given to send and that wait, as in the descriptors of a NIC and
 * on a long cable: so many at least, while others are sent behind them. One thread runs the port.
 */
#ifndef PERF_HOLD_H
#define PERF_HOLD_H

#include <stdint.h>

struct rtls_port;
struct hold;

enum {
	HOLD_MAX = 4096, /* packets that can be asked for */
};

/* Stands in place of the port's tx_burst. NULL: no memory. */
struct hold *hold_create(struct rtls_port *p);

/* All of these do nothing with NULL. So many wait from now on; 0: none. */
void hold_keep(struct hold *h, uint32_t n);

/* Once per turn: hands on what is too many. Some go, too, when nothing was sent since the last
 * time: whoever sends waits for them. */
void hold_move(struct hold *h);

/* Frees what waits, and leaves the port as it was. */
void hold_destroy(struct hold *h);

#endif
