/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/wipe_ops.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_spinlock.h>
#include <rte_stack.h>

#include "buf/wipe.h"

/* The buffer that was wiped last is in the CPU's cache, and goes out first. */
static int
wipe_alloc(struct rte_mempool *mp)
{
	struct rte_stack *s;

	static_assert((int)RTE_MEMPOOL_NAMESIZE <= (int)RTE_STACK_NAMESIZE, "it can have its name");
	s = rte_stack_create(mp->name, mp->size, mp->socket_id, 0);
	if (s == NULL)
		return -rte_errno;
	mp->pool_data = s;
	return 0;
}

static void
wipe_free(struct rte_mempool *mp)
{
	rte_stack_free(mp->pool_data);
}

/*
 * Where the data lies is the pool's word, not the buffer's: when a pool is filled its objects are
 * no mbufs yet.
 */
static void
wipe(void *obj, uint32_t data_off, uint32_t room)
{
	const struct rte_mbuf *m = obj;

	buf_wipe((uint8_t *)obj + data_off, RTE_MIN((uint32_t)m->data_off + m->data_len, room));
}

static int
wipe_enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
	uint32_t data_off = sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(mp);
	uint32_t room = rte_pktmbuf_data_room_size(mp);

	for (unsigned int i = 0; i < n; i++)
		wipe(objs[i], data_off, room);
	return rte_stack_push(mp->pool_data, objs, n) < n ? -ENOBUFS : 0;
}

static int
wipe_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
	return rte_stack_pop(mp->pool_data, objs, n) < n ? -ENOBUFS : 0;
}

static unsigned int
wipe_count(const struct rte_mempool *mp)
{
	return rte_stack_count(mp->pool_data);
}

static bool
is_known(void)
{
	for (uint32_t i = 0; i < rte_mempool_ops_table.num_ops; i++)
		if (strcmp(rte_mempool_ops_table.ops[i].name, WIPE_OPS_NAME) == 0)
			return true;
	return false;
}

int
wipe_ops_register(void)
{
	static rte_spinlock_t lock = RTE_SPINLOCK_INITIALIZER;
	static const struct rte_mempool_ops ops = {
		.name = WIPE_OPS_NAME,
		.alloc = wipe_alloc,
		.free = wipe_free,
		.enqueue = wipe_enqueue,
		.dequeue = wipe_dequeue,
		.get_count = wipe_count,
	};
	int rc = 0;

	rte_spinlock_lock(&lock);
	if (!is_known())
		rc = rte_mempool_register_ops(&ops);
	rte_spinlock_unlock(&lock);
	return rc < 0 ? -ENOSPC : 0;
}
