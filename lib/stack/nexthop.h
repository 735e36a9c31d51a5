/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The way to a destination: netif and next hop by the routes, the next hop's MAC by the neighbour
 * table. Knows paths, and no socket.
 */
#ifndef RTLS_STACK_NEXTHOP_H
#define RTLS_STACK_NEXTHOP_H

#include "stack/path.h"

struct rtls_stack;
struct netif;

enum nexthop_verdict {
	NEXTHOP_READY,  /* the path's mac is good */
	NEXTHOP_WAIT,   /* a request is out */
	NEXTHOP_FAILED, /* nobody answers */
};

/* Fills netif, next hop and own address for a destination. 0 or -EHOSTUNREACH. */
int nexthop_find(struct rtls_stack *s, const struct net_addr *remote, struct path *out);

/* Makes sure that the MAC is known; sends requests as needed. */
enum nexthop_verdict nexthop_resolve(struct rtls_stack *s, struct path *p);

/* Event: somebody claims ip for another MAC (ARP_DOUBTED): everybody is asked for it. */
void nexthop_doubted(struct rtls_stack *s, struct netif *nif, uint32_t ip);

/* Event: the peer acknowledged something new, so the next hop is there. */
void nexthop_progress(struct rtls_stack *s, struct path *p);

#endif
