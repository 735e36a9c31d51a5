/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/remote_count.h"

static struct net_tuple
key_of(const struct net_addr *remote)
{
	return (struct net_tuple){ .remote = *remote };
}

uint32_t
remote_count_of(const struct flow_table *t, const struct net_addr *remote)
{
	struct net_tuple key = key_of(remote);
	uint32_t n = flow_find(t, &key, flow_hash(t, &key));

	return n == FLOW_NONE ? 0 : n;
}

/* The count is the value; a table has no call that changes one in place. */
static bool
set(struct flow_table *t, const struct net_addr *remote, uint32_t n)
{
	struct net_tuple key = key_of(remote);
	uint64_t hash = flow_hash(t, &key);

	flow_remove(t, &key, hash);
	return n == 0 || flow_insert(t, &key, hash, n) == 0;
}

bool
remote_count_take(struct flow_table *t, const struct net_addr *remote, uint32_t limit)
{
	uint32_t n = remote_count_of(t, remote);

	return n < limit && set(t, remote, n + 1);
}

void
remote_count_give(struct flow_table *t, const struct net_addr *remote)
{
	uint32_t n = remote_count_of(t, remote);

	if (n > 0)
		set(t, remote, n - 1);
}
