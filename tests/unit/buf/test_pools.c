/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <stdio.h>

#include "unit/buf/fixture.h"

/* Behind the plaintext: inner type and tag. In front: header and explicit nonce. */
static const struct {
	uint32_t plain_len;
	uint32_t buf_len; /* 0: refused */
} classes[] = {
	{ 0, 256 },
	{ 1, 256 },
	{ 256 - 16 - 17, 256 },
	{ 256 - 16 - 17 + 1, 2048 },
	{ 2048 - 16 - 17, 2048 },
	{ 2048 - 16 - 17 + 1, 17 * 1024 },
	{ 16384, 17 * 1024 },
	{ 17 * 1024 - 16 - 17, 17 * 1024 },
	{ 17 * 1024 - 16 - 17 + 1, 0 },
	{ 65536, 0 },
	{ UINT32_MAX, 0 },
};

static void
test_classes(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(classes); i++) {
		struct rte_mbuf *m = buf_record_alloc(&pools, classes[i].plain_len);

		CU_ASSERT_EQUAL_FATAL(m == NULL, classes[i].buf_len == 0);
		if (m == NULL)
			continue;
		CU_ASSERT_EQUAL(m->buf_len, classes[i].buf_len);
		CU_ASSERT(buf_record_room(m) >= classes[i].plain_len);
		CU_ASSERT_EQUAL(buf_record_room(m), classes[i].buf_len - 16 - 17);
		CU_ASSERT_EQUAL(m->data_len, 0);
		CU_ASSERT_EQUAL((uintptr_t)rte_pktmbuf_mtod(m, void *) % 16, 0);
		CU_ASSERT_EQUAL(rte_pktmbuf_mtod(m, uint8_t *) - (uint8_t *)m->buf_addr, 16);
		CU_ASSERT_EQUAL(buf_pools_in_use(&pools), 1);
		rte_pktmbuf_free(m);
	}
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* A buffer that comes back is as new. */
static void
test_zeroed_descriptor(void)
{
	static const struct txmap_rec zero;

	for (int i = 0; i < 2 * FIXTURE_SMALL; i++) {
		struct rte_mbuf *m = buf_record_alloc(&pools, 1);

		CU_ASSERT_FATAL(m != NULL);
		CU_ASSERT_EQUAL(memcmp(sendq_rec(m), &zero, sizeof(zero)), 0);
		CU_ASSERT_EQUAL(m->data_off, BUF_PLAIN_OFF);
		memset(sendq_rec(m), 0xff, sizeof(zero));
		m->data_off = 3;
		rte_pktmbuf_free(m);
	}
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

static void
test_larger_when_empty(void)
{
	struct starved small, medium, large;
	struct rte_mbuf *m;

	starve(&small, pools.record[0], 0);
	m = buf_record_alloc(&pools, 10);
	CU_ASSERT_FATAL(m != NULL);
	CU_ASSERT_EQUAL(m->buf_len, BUF_MEDIUM_ROOM);
	rte_pktmbuf_free(m);
	starve(&medium, pools.record[1], 0);
	m = buf_record_alloc(&pools, 10);
	CU_ASSERT_FATAL(m != NULL);
	CU_ASSERT_EQUAL(m->buf_len, BUF_LARGE_ROOM);
	rte_pktmbuf_free(m);
	starve(&large, pools.record[2], 0);
	CU_ASSERT_PTR_NULL(buf_record_alloc(&pools, 10));
	CU_ASSERT_EQUAL(buf_pools_in_use(&pools), FIXTURE_SMALL + FIXTURE_MEDIUM + FIXTURE_LARGE);
	starve_end(&small);
	/* Never a smaller one. */
	CU_ASSERT_PTR_NULL(buf_record_alloc(&pools, 1000));
	starve_end(&medium);
	starve_end(&large);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

static void
test_discard_wipes(void)
{
	static const uint32_t taken[] = { 0, 1, 100, 1999, 2000 };

	for (size_t i = 0; i < HARNESS_COUNT(taken); i++) {
		struct rte_mbuf *m = buf_record_alloc(&pools, 2000);
		uint8_t *plain;
		uint32_t left = 0;

		CU_ASSERT_FATAL(m != NULL);
		plain = rte_pktmbuf_mtod(m, uint8_t *);
		memset(plain, 0xa5, 2000);
		/* The front was delivered already; it is wiped all the same. */
		m->data_off = (uint16_t)(m->data_off + taken[i]);
		m->data_len = (uint16_t)(2000 - taken[i]);
		buf_record_discard(m);
		CU_ASSERT_EQUAL(fixture_in_use(), 0);
		/* Its memory stays the pool's: nothing of the plaintext is there. */
		for (uint32_t b = 0; b < 2000; b++)
			left += plain[b] == 0xa5;
		CU_ASSERT_EQUAL(left, 0);
	}
	buf_record_discard(NULL);
}

static void
test_destroy(void)
{
	const struct buf_pools_conf conf = { "again", SOCKET_ID_ANY, 31, 31, 31, 15, false };
	struct buf_pools p = { 0 };
	struct rte_mbuf *m;

	CU_ASSERT_EQUAL(buf_pools_destroy(&p), 0);
	CU_ASSERT_EQUAL(buf_pools_in_use(&p), 0);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL_FATAL(buf_pools_create(&p, &conf), 0);
		m = i == 0 ? buf_record_alloc(&p, 1000) :
			     rte_pktmbuf_alloc(i == 1 ? p.header : p.indirect);
		CU_ASSERT_FATAL(m != NULL);
		CU_ASSERT_EQUAL(buf_pools_destroy(&p), -EAGAIN);
		CU_ASSERT_EQUAL(buf_pools_in_use(&p), 1);
		rte_pktmbuf_free(m);
		CU_ASSERT_EQUAL(buf_pools_destroy(&p), 0);
		CU_ASSERT_EQUAL(buf_pools_destroy(&p), 0);
	}
}

/* Refusals leave nothing: the same names can be used right after. */
static void
test_create_refused(void)
{
	static const struct {
		struct buf_pools_conf conf;
		int rc;
	} rows[] = {
		{ { "fx", SOCKET_ID_ANY, 31, 31, 31, 15, false }, -EEXIST },
		{ { "nopkt", SOCKET_ID_ANY, 0, 31, 31, 15, false }, -EINVAL },
		{ { "nosmall", SOCKET_ID_ANY, 31, 0, 31, 15, false }, -EINVAL },
		{ { "nomedium", SOCKET_ID_ANY, 31, 31, 0, 15, false }, -EINVAL },
		{ { "nolarge", SOCKET_ID_ANY, 31, 31, 31, 0, false }, -EINVAL },
		{ { "huge", SOCKET_ID_ANY, 31, 31, 31, 1 << 20, false }, -ENOMEM },
		{ { "a-name-much-too-long-for-a-pool", SOCKET_ID_ANY, 31, 31, 31, 15, false },
		  -ENAMETOOLONG },
	};
	static const char *const suffix[] = { "header", "indirect", "small", "medium", "large" };

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		static const struct buf_pools zero;
		struct buf_pools p;

		memset(&p, 0xff, sizeof(p));
		CU_ASSERT_EQUAL(buf_pools_create(&p, &rows[i].conf), rows[i].rc);
		CU_ASSERT_EQUAL(memcmp(&p, &zero, sizeof(p)), 0);
		for (size_t k = 0; k < HARNESS_COUNT(suffix); k++) {
			char name[64];

			snprintf(name, sizeof(name), "%s_%s", rows[i].conf.name, suffix[k]);
			if (rows[i].rc != -EEXIST)
				CU_ASSERT_PTR_NULL(rte_mempool_lookup(name));
		}
	}
	/* Those that were there are still there. */
	CU_ASSERT_PTR_EQUAL(rte_mempool_lookup("fx_large"), pools.record[2]);
}

/* All that was asked for can be out at the same time. */
static void
test_sizes(void)
{
	struct starved s[2];

	starve(&s[0], pools.header, 0);
	CU_ASSERT_EQUAL(s[0].n, FIXTURE_PACKETS);
	starve(&s[1], pools.indirect, 0);
	CU_ASSERT(s[1].n >= FIXTURE_PACKETS);
	CU_ASSERT_EQUAL(buf_pools_in_use(&pools), s[0].n + s[1].n);
	CU_ASSERT(rte_pktmbuf_tailroom(s[0].m[0]) >= BUF_HEADER_ROOM);
	CU_ASSERT_EQUAL(rte_pktmbuf_tailroom(s[1].m[0]), 0);
	starve_end(&s[0]);
	starve_end(&s[1]);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the smallest class that holds the record", test_classes },
		{ "a descriptor starts as zeros", test_zeroed_descriptor },
		{ "a larger class when one is empty", test_larger_when_empty },
		{ "discard wipes all plaintext", test_discard_wipes },
		{ "destroy waits for every buffer", test_destroy },
		{ "a refused creation leaves nothing", test_create_refused },
		{ "pools are as large as asked", test_sizes },
	};

	return fixture_start("buf-pools") ? harness_run("buf/pools", cases, HARNESS_COUNT(cases)) :
					    1;
}
