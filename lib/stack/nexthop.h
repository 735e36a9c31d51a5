/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The way to a destination: netif and next hop by the routes, the next hop's MAC by the neighbour
 * table. Knows paths, and no socket. A path remembers the state of its netif's neighbour table, which a
 * change of routes moves as well: one comparison says that both are as they were.
 */
#ifndef RTLS_STACK_NEXTHOP_H
#define RTLS_STACK_NEXTHOP_H

#include "stack/path.h"

struct rtls_stack;
struct netif;

enum nexthop_verdict {
	NEXTHOP_READY,  /* the path's mac is good */
	NEXTHOP_WAIT,   /* a request is out */
	NEXTHOP_FAILED, /* nobody answers, or there is no route */
};

/* Fills netif, next hop and own address for a destination. 0 or -EHOSTUNREACH. */
int nexthop_find(struct rtls_stack *s, const struct net_addr *remote, struct path *out);

/*
 * Makes sure that the way is the one that the routes say, and that its MAC is known; sends requests as
 * needed. The path may be through another netif then. Without a route it is FAILED, and stays what it was.
 */
enum nexthop_verdict nexthop_resolve(struct rtls_stack *s, const struct net_addr *remote,
				     struct path *p);

/* Event: addresses or routes are others: each path is looked at before its next packet. */
void nexthop_routes_changed(struct rtls_stack *s);

/* Event: somebody claims ip for another MAC (ARP_DOUBTED): everybody is asked for it. */
void nexthop_doubted(struct rtls_stack *s, struct netif *nif, uint32_t ip);

/* Event: the peer acknowledged something new, so the next hop is there. */
void nexthop_progress(struct rtls_stack *s, struct path *p);

#endif
