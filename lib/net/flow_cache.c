/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/flow_cache.h"

void
flow_cache_init(struct flow_cache *c)
{
	memset(c, 0, sizeof(*c));
	for (uint32_t i = 0; i < FLOW_CACHE_PLACES; i++)
		c->at[i].value = FLOW_NONE;
}

void
flow_cache_put(struct flow_cache *c, const struct net_tuple *tuple, uint32_t value)
{
	uint32_t i = flow_cache_place(tuple);

	c->at[i].tuple = *tuple;
	c->at[i].value = value;
}

void
flow_cache_forget(struct flow_cache *c, const struct net_tuple *tuple)
{
	uint32_t i = flow_cache_place(tuple);

	if (net_tuple_equal(&c->at[i].tuple, tuple))
		c->at[i].value = FLOW_NONE;
}
