/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "idle.h"

#include <malloc.h>
#include <string.h>

#include <rte_mempool.h>

#include "stack/sock.h"

struct count {
	const char *name;
	uint64_t bytes;
};

static void
add_pool(struct rte_mempool *pool, void *arg)
{
	struct count *c = arg;
	size_t len = strlen(c->name);

	if (strncmp(pool->name, c->name, len) == 0 && pool->name[len] == '_')
		c->bytes += (uint64_t)rte_mempool_in_use_count(pool) *
			    (pool->header_size + pool->elt_size + pool->trailer_size);
}

struct idle
idle_count(const struct rtls_stack *s, const char *name)
{
	struct rtls_stack_info info = { .size = sizeof(info) };
	struct count pools = { .name = name };

	rtls_stack_info(s, &info);
	rte_mempool_walk(add_pool, &pools);
	return (struct idle){
		.sockets = (uint64_t)info.socks_in_use * sizeof(struct rtls_sock),
		.pools = pools.bytes,
		.heap = mallinfo2().uordblks,
	};
}
