/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/lifo.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_spinlock.h>

#include "buf/wipe.h"

#define OPS_NAME "rtls_lifo"

/* What comes back is wiped where this is the pool's configuration. */
static const char wiping;

struct lifo {
	rte_spinlock_t lock;
	uint32_t len, size;
	void *objs[]; /* the last one comes first */
};

static int
lifo_alloc(struct rte_mempool *mp)
{
	struct lifo *l = rte_malloc_socket(mp->name, sizeof(*l) + mp->size * sizeof(l->objs[0]),
					   RTE_CACHE_LINE_SIZE, mp->socket_id);

	if (l == NULL)
		return -ENOMEM;
	rte_spinlock_init(&l->lock);
	l->len = 0;
	l->size = mp->size;
	mp->pool_data = l;
	return 0;
}

static void
lifo_free(struct rte_mempool *mp)
{
	rte_free(mp->pool_data);
}

static int
push(struct lifo *l, void *const *objs, unsigned int n)
{
	int rc = -ENOBUFS;

	rte_spinlock_lock(&l->lock);
	if (n <= l->size - l->len) {
		memcpy(&l->objs[l->len], objs, n * sizeof(objs[0]));
		__atomic_store_n(&l->len, l->len + n, __ATOMIC_RELAXED);
		rc = 0;
	}
	rte_spinlock_unlock(&l->lock);
	return rc;
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

static void
wipe_all(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
	uint32_t data_off = sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(mp);
	uint32_t room = rte_pktmbuf_data_room_size(mp);

	for (unsigned int i = 0; i < n; i++)
		wipe(objs[i], data_off, room);
}

static int
lifo_enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
	if (mp->pool_config == &wiping)
		wipe_all(mp, objs, n);
	return push(mp->pool_data, objs, n);
}

/* In the order in which they came: a per-lcore cache hands out the last of them first. */
static int
lifo_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
	struct lifo *l = mp->pool_data;
	int rc = -ENOBUFS;

	rte_spinlock_lock(&l->lock);
	if (n <= l->len) {
		__atomic_store_n(&l->len, l->len - n, __ATOMIC_RELAXED);
		memcpy(objs, &l->objs[l->len], n * sizeof(objs[0]));
		rc = 0;
	}
	rte_spinlock_unlock(&l->lock);
	return rc;
}

static unsigned int
lifo_count(const struct rte_mempool *mp)
{
	const struct lifo *l = mp->pool_data;

	return __atomic_load_n(&l->len, __ATOMIC_RELAXED);
}

static bool
is_known(void)
{
	for (uint32_t i = 0; i < rte_mempool_ops_table.num_ops; i++)
		if (strcmp(rte_mempool_ops_table.ops[i].name, OPS_NAME) == 0)
			return true;
	return false;
}

/* Asked in vain, DPDK logs an error. */
static bool
is_full(void)
{
	return rte_mempool_ops_table.num_ops >= RTE_MEMPOOL_MAX_OPS_IDX;
}

int
lifo_register(void)
{
	static rte_spinlock_t lock = RTE_SPINLOCK_INITIALIZER;
	static const struct rte_mempool_ops ops = {
		.name = OPS_NAME,
		.alloc = lifo_alloc,
		.free = lifo_free,
		.enqueue = lifo_enqueue,
		.dequeue = lifo_dequeue,
		.get_count = lifo_count,
	};
	int rc = 0;

	rte_spinlock_lock(&lock);
	if (!is_known())
		rc = is_full() ? -ENOSPC : rte_mempool_register_ops(&ops);
	rte_spinlock_unlock(&lock);
	return rc < 0 ? -ENOSPC : 0;
}

/* As rte_pktmbuf_pool_create() does it, but that it has no room for a pool's configuration. */
static struct rte_mempool *
create(const char *name, uint32_t n, uint32_t cache, uint16_t priv_size, uint16_t room,
       int socket_id, const char *config)
{
	struct rte_pktmbuf_pool_private priv = { .mbuf_data_room_size = room,
						 .mbuf_priv_size = priv_size };
	struct rte_mempool *mp = rte_mempool_create_empty(
		name, n, sizeof(struct rte_mbuf) + priv_size + room, cache, sizeof(priv), socket_id,
		0);
	int rc;

	if (mp == NULL)
		return NULL;
	rc = rte_mempool_set_ops_byname(mp, OPS_NAME, (void *)(uintptr_t)config);
	rte_pktmbuf_pool_init(mp, &priv);
	if (rc == 0)
		rc = rte_mempool_populate_default(mp);
	if (rc < 0) {
		rte_mempool_free(mp);
		rte_errno = -rc;
		return NULL;
	}
	rte_mempool_obj_iter(mp, rte_pktmbuf_init, NULL);
	return mp;
}

struct rte_mempool *
lifo_pool_create(const char *name, uint32_t n, uint32_t cache, uint16_t priv_size, uint16_t room,
		 int socket_id)
{
	/* A pool that is slower is better than none. */
	if (lifo_register() != 0)
		return rte_pktmbuf_pool_create(name, n, cache, priv_size, room, socket_id);
	return create(name, n, cache, priv_size, room, socket_id, NULL);
}

struct rte_mempool *
lifo_pool_create_wiping(const char *name, uint32_t n, uint16_t priv_size, uint16_t room,
			int socket_id)
{
	int rc = lifo_register();

	if (rc == 0)
		return create(name, n, 0, priv_size, room, socket_id, &wiping);
	rte_errno = -rc;
	return NULL;
}
