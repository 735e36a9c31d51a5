/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where a connection's packets go: netif, next hop and the next hop's MAC, which
 * is copied from the neighbour table and checked against its change counter. stack/nexthop fills it.
 */
#ifndef RTLS_STACK_PATH_H
#define RTLS_STACK_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "net/addr.h"

struct path {
	uint32_t next_hop; /* IPv4, host order */
	uint32_t own_ip;
	uint32_t arp_changes; /* of the table when mac was copied */
	uint8_t mac[NET_MAC_LEN];
	uint8_t netif;       /* index of the stack's netif */
	bool known;          /* mac is the next hop's */
	bool listed;         /* on stack->path_list */
	uint64_t again_us;   /* look the neighbour up again then */
	uint64_t confirm_us; /* progress before this need not be told to the table */
	uint64_t since_us;   /* there is no MAC since then; 0: there is one */
};

/* When who waits for the neighbour looks again; UINT64_MAX: not waiting. */
static inline uint64_t
path_retry_us(const struct path *p)
{
	return p->known ? UINT64_MAX : p->again_us;
}

#endif
