/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Connections that were found last, in front of the flow table and without its hash: packets come in
 * bursts. Who chooses ports that share a place here has the hash computed for each packet, and gets no
 * further. Its owner says when a connection is there no more.
 */
#ifndef RTLS_NET_FLOW_CACHE_H
#define RTLS_NET_FLOW_CACHE_H

#include "net/flow.h"

enum { FLOW_CACHE_PLACES = 64 };

struct flow_cache {
	struct {
		struct net_tuple tuple;
		uint32_t value; /* FLOW_NONE: the place is free */
	} at[FLOW_CACHE_PLACES];
};

void flow_cache_init(struct flow_cache *c);

static inline uint32_t
flow_cache_place(const struct net_tuple *tuple)
{
	return (uint32_t)(tuple->remote_port + tuple->local_port + tuple->remote.b[15]) %
	       FLOW_CACHE_PLACES;
}

/* Its value; FLOW_NONE: the flow table knows. */
static inline uint32_t
flow_cache_find(const struct flow_cache *c, const struct net_tuple *tuple)
{
	uint32_t i = flow_cache_place(tuple);

	return net_tuple_equal(&c->at[i].tuple, tuple) ? c->at[i].value : FLOW_NONE;
}

/* Event: it was found. */
void flow_cache_put(struct flow_cache *c, const struct net_tuple *tuple, uint32_t value);

/* Event: it is in the table no more. */
void flow_cache_forget(struct flow_cache *c, const struct net_tuple *tuple);

#endif
