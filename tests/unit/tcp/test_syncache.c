/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tcp/syncache.h"

enum { CAPACITY = 64, PORTS = 300 };

static const uint8_t key[16] = { 3, 1, 4, 1, 5, 9 };

static struct net_tuple
tuple_of(uint32_t n)
{
	struct net_tuple t;

	memset(&t, 0, sizeof(t));
	t.local = net_addr_v4(0x0a000001);
	t.remote = net_addr_v4(0x0a010000 + (n >> 16));
	t.local_port = 443;
	t.remote_port = (uint16_t)n;
	return t;
}

static struct tcp_syncache *
make(uint32_t capacity)
{
	size_t size = tcp_syncache_size(capacity);
	struct tcp_syncache *sc = tcp_syncache_init(malloc(size), size, capacity, key);

	CU_ASSERT_PTR_NOT_NULL_FATAL(sc);
	return sc;
}

static void
test_add_find_remove(void)
{
	struct tcp_syncache *sc = make(CAPACITY);
	struct net_tuple a = tuple_of(1);
	struct net_tuple b = tuple_of(2);
	struct tcp_syncache_entry *e;
	bool evicted = true;

	CU_ASSERT_PTR_NULL(tcp_syncache_find(sc, &a));
	CU_ASSERT_EQUAL(tcp_syncache_deadline(sc), UINT64_MAX);
	e = tcp_syncache_add(sc, &a, 7, 1000, &evicted);
	CU_ASSERT_FALSE(evicted);
	CU_ASSERT_PTR_EQUAL(tcp_syncache_find(sc, &a), e);
	CU_ASSERT_PTR_NULL(tcp_syncache_find(sc, &b));
	CU_ASSERT_EQUAL(e->listener, 7);
	CU_ASSERT_EQUAL(e->syn.resent, 0);
	CU_ASSERT_EQUAL(tcp_syncache_count(sc), 1);
	tcp_syncache_remove(sc, e);
	CU_ASSERT_PTR_NULL(tcp_syncache_find(sc, &a));
	CU_ASSERT_EQUAL(tcp_syncache_count(sc), 0);
	CU_ASSERT_EQUAL(tcp_syncache_deadline(sc), UINT64_MAX);
	free(sc);
}

static void
test_memory(void)
{
	uint8_t small[64];

	CU_ASSERT_PTR_NULL(tcp_syncache_init(small, sizeof(small), CAPACITY, key));
	CU_ASSERT(tcp_syncache_size(1) > sizeof(struct tcp_syncache_entry));
	CU_ASSERT(tcp_syncache_size(1000) >= 1000 * sizeof(struct tcp_syncache_entry));
	CU_ASSERT(sizeof(struct tcp_syncache_entry) <= 192);
}

/* SYN-ACKs again at 1, 3, 7, 15 and 31 s, gone at 63 s (row 8). */
static void
test_schedule(void)
{
	static const uint64_t at_s[] = { 1, 3, 7, 15, 31 };
	struct tcp_syncache *sc = make(CAPACITY);
	struct net_tuple a = tuple_of(1);
	uint64_t t0 = 5000;
	uint32_t budget = 6;
	bool evicted;
	struct tcp_syncache_entry *e = tcp_syncache_add(sc, &a, 0, t0, &evicted);

	for (size_t i = 0; i < HARNESS_COUNT(at_s); i++) {
		uint64_t at = t0 + at_s[i] * 1000000;

		CU_ASSERT_EQUAL(tcp_syncache_deadline(sc), at);
		CU_ASSERT_PTR_NULL(tcp_syncache_due(sc, at - 1, &budget));
		CU_ASSERT_PTR_EQUAL(tcp_syncache_due(sc, at, &budget), e);
		CU_ASSERT_EQUAL(e->syn.resent, i + 1);
		CU_ASSERT_PTR_NULL(tcp_syncache_due(sc, at, &budget));
	}
	CU_ASSERT_EQUAL(tcp_syncache_deadline(sc), t0 + 63000000);
	CU_ASSERT_PTR_NULL(tcp_syncache_due(sc, t0 + 62999999, &budget));
	CU_ASSERT_EQUAL(budget, 1);
	CU_ASSERT_PTR_NULL(tcp_syncache_due(sc, t0 + 63000000, &budget));
	CU_ASSERT_EQUAL(budget, 0);
	CU_ASSERT_EQUAL(tcp_syncache_count(sc), 0);
	free(sc);
}

/* A flood: memory is what it was, the newest are in, each bucket lost its oldest. */
static void
test_flood(void)
{
	struct tcp_syncache *sc = make(CAPACITY);
	struct net_tuple fresh;
	uint32_t evictions = 0;
	uint64_t oldest_found = UINT64_MAX;

	for (uint32_t n = 0; n < 100000; n++) {
		struct net_tuple t = tuple_of(n);
		bool evicted;
		struct tcp_syncache_entry *e = tcp_syncache_add(sc, &t, 0, n, &evicted);

		CU_ASSERT_PTR_EQUAL_FATAL(tcp_syncache_find(sc, &t), e);
		evictions += evicted;
		CU_ASSERT(tcp_syncache_count(sc) <= CAPACITY);
	}
	CU_ASSERT_EQUAL(evictions, 100000 - tcp_syncache_count(sc));
	CU_ASSERT_EQUAL(tcp_syncache_count(sc), CAPACITY);
	/* A record lives until its bucket was hit TCP_SYNCACHE_WAYS times more. */
	for (uint32_t n = 0; n < 100000; n++) {
		fresh = tuple_of(n);
		if (tcp_syncache_find(sc, &fresh) != NULL && n < oldest_found)
			oldest_found = n;
	}
	CU_ASSERT(oldest_found > 100000 - 40 * CAPACITY);
	free(sc);
}

static void
test_listener(void)
{
	struct tcp_syncache *sc = make(1000);
	uint32_t budget = 10;
	bool evicted;

	for (uint32_t n = 0; n < 90; n++) {
		struct net_tuple t = tuple_of(n);

		tcp_syncache_add(sc, &t, n % 3, n < 45 ? 0 : 900000, &evicted);
	}
	/* Half of them one level on. */
	for (uint32_t n = 0; n < 10; n++)
		CU_ASSERT_PTR_NOT_NULL(tcp_syncache_due(sc, 1000000, &budget));
	/* A jump of the clock: no more at once than the caller has time for; the others are due still. */
	CU_ASSERT_PTR_NULL(tcp_syncache_due(sc, 1000000, &budget));
	CU_ASSERT(tcp_syncache_deadline(sc) <= 1000000);
	budget = UINT32_MAX;
	while (tcp_syncache_due(sc, 1000000, &budget) != NULL)
		;
	CU_ASSERT_EQUAL(UINT32_MAX - budget, 45 - 10);
	CU_ASSERT_EQUAL(tcp_syncache_remove_listener(sc, 1), 30);
	CU_ASSERT_EQUAL(tcp_syncache_remove_listener(sc, 1), 0);
	CU_ASSERT_EQUAL(tcp_syncache_count(sc), 60);
	for (uint32_t n = 0; n < 90; n++) {
		struct net_tuple t = tuple_of(n);

		CU_ASSERT_EQUAL(tcp_syncache_find(sc, &t) == NULL, n % 3 == 1);
	}
	free(sc);
}

struct model {
	bool used;
	uint32_t sent;
	uint64_t at_us;
};

/* Random adds, removals and time against an array without hash and lists. */
static void
test_random(void)
{
	struct tcp_syncache *sc = make(4 * PORTS);
	struct model m[PORTS] = { { 0 } };
	uint64_t rng = harness_seed();
	uint64_t now = 0;

	for (int n = 0; n < 50000; n++) {
		uint32_t i = (uint32_t)(harness_rand(&rng) % PORTS);
		struct net_tuple t = tuple_of(i);
		struct tcp_syncache_entry *e = tcp_syncache_find(sc, &t);
		uint32_t budget = UINT32_MAX;
		uint32_t model_expired = 0;
		uint32_t due = 0;
		uint32_t model_due = 0;
		uint64_t next = UINT64_MAX;
		uint32_t count = 0;
		bool evicted;

		CU_ASSERT_EQUAL_FATAL(e != NULL, m[i].used);
		if (e != NULL) {
			tcp_syncache_remove(sc, e);
			m[i].used = false;
		} else {
			tcp_syncache_add(sc, &t, 0, now, &evicted);
			if (evicted) /* possible, if rare: the model does not know whom */
				break;
			m[i] = (struct model){ true, 0, now + 1000000 };
		}
		now += harness_rand(&rng) % 200000;
		while ((e = tcp_syncache_due(sc, now, &budget)) != NULL)
			due++;
		for (uint32_t k = 0; k < PORTS; k++) {
			if (m[k].used && m[k].at_us <= now) {
				if (m[k].sent == 5) {
					m[k].used = false;
					model_expired++;
				} else {
					m[k].sent++;
					m[k].at_us = now + (UINT64_C(1000000) << m[k].sent);
					model_due++;
				}
			}
			count += m[k].used;
			if (m[k].used && m[k].at_us < next)
				next = m[k].at_us;
		}
		CU_ASSERT_EQUAL_FATAL(due, model_due);
		CU_ASSERT_EQUAL_FATAL(UINT32_MAX - budget - due, model_expired);
		CU_ASSERT_EQUAL_FATAL(tcp_syncache_count(sc), count);
		CU_ASSERT_EQUAL_FATAL(tcp_syncache_deadline(sc), next);
	}
	free(sc);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "add, find, remove", test_add_find_remove },
		{ "memory", test_memory },
		{ "when SYN-ACKs go out again", test_schedule },
		{ "flood", test_flood },
		{ "a listener goes", test_listener },
		{ "random operations against an array", test_random },
	};

	return harness_run("tcp/syncache", cases, HARNESS_COUNT(cases));
}
