/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <pthread.h>
#include <stdio.h>

#include <rte_errno.h>

#include "buf/lifo.h"
#include "unit/buf/fixture.h"

enum {
	SIZE = 4095,
	CACHE = 256,
	PRIV = 64,
	ROOM = 192,
	THREADS = 3,
	TURNS = 3000,
	BURST = 300, /* more than a cache takes back in one piece */
};

static struct rte_mempool *
pool_create(uint32_t cache)
{
	struct rte_mempool *pool = lifo_pool_create("lifo", SIZE, cache, PRIV, ROOM, SOCKET_ID_ANY);

	CU_ASSERT_FATAL(pool != NULL);
	return pool;
}

/* What it is asked for is what it is. */
static void
test_made(void)
{
	struct rte_mempool *pool = pool_create(CACHE), *wiping;
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	CU_ASSERT_FATAL(m != NULL);
	CU_ASSERT_EQUAL(rte_pktmbuf_data_room_size(pool), ROOM);
	CU_ASSERT_EQUAL(rte_pktmbuf_priv_size(pool), PRIV);
	CU_ASSERT_EQUAL(m->buf_len, ROOM);
	CU_ASSERT_EQUAL(m->priv_size, PRIV);
	CU_ASSERT_PTR_EQUAL(m->buf_addr, (uint8_t *)m + sizeof(*m) + PRIV);
	CU_ASSERT_PTR_EQUAL(m->pool, pool);
	CU_ASSERT_EQUAL(pool->cache_size, CACHE);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 1);
	rte_pktmbuf_free(m);
	wiping = lifo_pool_create_wiping("lifo2", SIZE, PRIV, ROOM, SOCKET_ID_ANY);
	CU_ASSERT_FATAL(wiping != NULL);
	CU_ASSERT_EQUAL(wiping->cache_size, 0);
	rte_mempool_free(wiping);
	rte_mempool_free(pool);
}

static void
test_refused(void)
{
	struct rte_mempool *pool = pool_create(0);

	CU_ASSERT_PTR_NULL(lifo_pool_create("lifo", SIZE, 0, PRIV, ROOM, SOCKET_ID_ANY));
	CU_ASSERT_EQUAL(rte_errno, EEXIST);
	CU_ASSERT_PTR_NULL(lifo_pool_create_wiping("lifo", SIZE, PRIV, ROOM, SOCKET_ID_ANY));
	CU_ASSERT_EQUAL(rte_errno, EEXIST);
	CU_ASSERT_PTR_NULL(lifo_pool_create("none", 0, 0, PRIV, ROOM, SOCKET_ID_ANY));
	CU_ASSERT_PTR_NULL(lifo_pool_create("large", 1 << 20, 0, PRIV, 1 << 14, SOCKET_ID_ANY));
	/* Nothing is left of it. */
	CU_ASSERT_PTR_NULL(rte_mempool_lookup("large"));
	CU_ASSERT_PTR_EQUAL(rte_mempool_lookup("lifo"), pool);
	rte_mempool_free(pool);
}

/*
 * However many there are, no more of them are ever touched than are out at the same time: with
 * n out and back, again and again, there are n. The cache takes its share of the rest.
 */
static uint32_t
touched(struct rte_mempool *pool, uint32_t n)
{
	static struct rte_mbuf *m[SIZE];
	uint32_t marked = 0;

	for (int turn = 0; turn < 100; turn++) {
		for (uint32_t i = 0; i < n; i++) {
			m[i] = rte_pktmbuf_alloc(pool);
			CU_ASSERT_FATAL(m[i] != NULL);
			marked += *(uint32_t *)rte_mbuf_to_priv(m[i]) == 0;
			*(uint32_t *)rte_mbuf_to_priv(m[i]) = 1;
		}
		for (uint32_t i = 0; i < n; i++)
			rte_pktmbuf_free(m[i]);
	}
	for (uint32_t i = 0; i < SIZE; i++) {
		m[i] = rte_pktmbuf_alloc(pool);
		CU_ASSERT_FATAL(m[i] != NULL);
		*(uint32_t *)rte_mbuf_to_priv(m[i]) = 0;
	}
	CU_ASSERT_PTR_NULL(rte_pktmbuf_alloc(pool));
	rte_pktmbuf_free_bulk(m, SIZE);
	return marked;
}

static void
test_last_first(void)
{
	struct rte_mempool *pool = pool_create(0);
	struct rte_mbuf *m[3], *again;

	for (int i = 0; i < 3; i++)
		m[i] = rte_pktmbuf_alloc(pool);
	for (int i = 0; i < 3; i++)
		rte_pktmbuf_free(m[i]);
	for (int i = 3; i-- > 0;) {
		again = rte_pktmbuf_alloc(pool);
		CU_ASSERT_PTR_EQUAL(again, m[i]);
	}
	for (int i = 0; i < 3; i++)
		rte_pktmbuf_free(m[i]);
	rte_mempool_free(pool);
}

static void
test_few_touched(void)
{
	static const uint32_t caches[] = { 0, CACHE }, out[] = { 1, 64, 385, 1000, SIZE };

	for (size_t c = 0; c < HARNESS_COUNT(caches); c++) {
		struct rte_mempool *pool = pool_create(caches[c]);

		for (size_t i = 0; i < HARNESS_COUNT(out); i++) {
			uint32_t n = touched(pool, out[i]);

			CU_ASSERT(n >= out[i] && n <= out[i] + 3 * caches[c] / 2);
		}
		rte_mempool_free(pool);
	}
}

/* DPDK's own pools are not like that: what is above can fail. */
static void
test_ring(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("ring", SIZE, CACHE, PRIV, ROOM,
							   SOCKET_ID_ANY);

	CU_ASSERT_FATAL(pool != NULL);
	CU_ASSERT_EQUAL(touched(pool, 1000), SIZE);
	rte_mempool_free(pool);
}

/* Who has a buffer has it alone. */
static void *
churn(void *arg)
{
	struct rte_mempool *pool = arg;
	struct rte_mbuf *m[BURST];
	uintptr_t seed = (uintptr_t)&m, wrong = 0;

	for (int turn = 0; turn < TURNS; turn++) {
		unsigned int n = 1 +
				 (unsigned int)((seed = seed * 6364136223846793005u + 1) >> 33) %
					 BURST;

		if (rte_pktmbuf_alloc_bulk(pool, m, n) != 0)
			continue;
		for (unsigned int i = 0; i < n; i++)
			wrong += __atomic_exchange_n((uintptr_t *)rte_mbuf_to_priv(m[i]),
						     (uintptr_t)&m, __ATOMIC_RELAXED) != 0;
		for (unsigned int i = 0; i < n; i++)
			wrong += __atomic_exchange_n((uintptr_t *)rte_mbuf_to_priv(m[i]), 0,
						     __ATOMIC_RELAXED) != (uintptr_t)&m;
		rte_pktmbuf_free_bulk(m, n);
	}
	return (void *)wrong;
}

static void
test_threads(void)
{
	struct rte_mempool *pool = pool_create(CACHE);
	pthread_t threads[THREADS];
	void *wrong;

	/* One of them has a cache, as an lcore; the others have none. */
	for (int i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, churn, pool), 0);
	CU_ASSERT_PTR_NULL(churn(pool));
	for (int i = 0; i < THREADS; i++) {
		CU_ASSERT_EQUAL(pthread_join(threads[i], &wrong), 0);
		CU_ASSERT_PTR_NULL(wrong);
	}
	CU_ASSERT_EQUAL(rte_mempool_avail_count(pool), SIZE);
	CU_ASSERT_EQUAL(touched(pool, SIZE), SIZE);
	rte_mempool_free(pool);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "as it was asked for", test_made },
		{ "refused, and nothing left", test_refused },
		{ "the last one comes first", test_last_first },
		{ "as few are touched as are out", test_few_touched },
		{ "pools that are rings touch all", test_ring },
		{ "many threads, every buffer once", test_threads },
	};

	return fixture_start("buf-lifo") ? harness_run("buf/lifo", cases, HARNESS_COUNT(cases)) : 1;
}
