/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A port over another port that loses packets, in both directions, by a seed.
 * What it loses on transmit it has taken, as a network would.
 */
#ifndef RTLS_SUPPORT_LOSSY_PORT_H
#define RTLS_SUPPORT_LOSSY_PORT_H

#include <stdint.h>

#include "port/port.h"

enum { LOSSY_ALL = 10000 };

struct lossy_conf {
	uint64_t seed;
	uint32_t rx_lost; /* packets out of LOSSY_ALL */
	uint32_t tx_lost;
};

struct lossy_counts {
	uint64_t rx_packets; /* those lost included */
	uint64_t rx_lost;
	uint64_t tx_packets;
	uint64_t tx_lost;
};

/*
 * Takes the port below, whose queue 0 alone is passed on; closing the new port
 * closes it. Works on one lcore. NULL: no memory, the port below stays the
 * caller's.
 */
struct rtls_port *lossy_port_create(struct rtls_port *under, const struct lossy_conf *conf);

void lossy_port_counts(const struct rtls_port *p, struct lossy_counts *out);

#endif
