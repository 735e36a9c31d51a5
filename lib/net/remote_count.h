/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How many connections each remote address has: a flow table from address to count, so that
 * a peer cannot choose addresses that collide. Exact, as each connection has its place in it.
 */
#ifndef RTLS_NET_REMOTE_COUNT_H
#define RTLS_NET_REMOTE_COUNT_H

#include <stdbool.h>

#include "net/flow.h"

/* How many it has. */
uint32_t remote_count_of(const struct flow_table *t, const struct net_addr *remote);

/* One more, unless it has limit; false: nothing changed. The table is made for all connections. */
bool remote_count_take(struct flow_table *t, const struct net_addr *remote, uint32_t limit);

/* One that was taken is over. */
void remote_count_give(struct flow_table *t, const struct net_addr *remote);

#endif
