/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Which local port a connection to somewhere has (RFC 6056 3.3.4, double-hash): per destination the ports
 * follow one another from a place that only the key knows, so that they come again as late as can be; and
 * destinations that share a counter are as good as random, so that who sees one's ports learns little of
 * another's.
 */
#ifndef RTLS_NET_LOCAL_PORT_H
#define RTLS_NET_LOCAL_PORT_H

#include <stdint.h>

#include "net/addr.h"

enum {
	LOCAL_PORT_FIRST =
		32768, /* below it services are at home, ours and those that filters know */
	LOCAL_PORT_COUNT = 65536 - LOCAL_PORT_FIRST,
	LOCAL_PORT_COUNTERS = 64,
};

struct local_ports {
	uint8_t key[16];
	uint16_t next[LOCAL_PORT_COUNTERS];
};

void local_ports_init(struct local_ports *p, const uint8_t key[16]);

/*
 * Where the ports to a destination begin; t's local_port does not count. Then local_port_next()
 * gives one after the other, each of them once in LOCAL_PORT_COUNT calls.
 */
struct local_port_choice {
	uint32_t offset;
	uint16_t *next;
};

struct local_port_choice local_port_begin(struct local_ports *p, const struct net_tuple *t);

uint16_t local_port_next(struct local_port_choice *c);

#endif
