/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "net/remote_count.h"
#include "support/harness.h"

enum { CAPACITY = 64 };

static const uint8_t key[SIPHASH_KEY_LEN] = "remote count key";

static struct flow_table *
make(void **mem)
{
	size_t size = flow_table_size(CAPACITY);
	struct flow_table *t;

	*mem = aligned_alloc(FLOW_ALIGN, (size + FLOW_ALIGN - 1) / FLOW_ALIGN * FLOW_ALIGN);
	CU_ASSERT_PTR_NOT_NULL_FATAL(*mem);
	t = flow_table_init(*mem, size, CAPACITY, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	return t;
}

static void
test_limit(void)
{
	struct net_addr a = net_addr_v4(0x0a000001), b = net_addr_v4(0x0a000002);
	struct flow_table *t;
	void *mem;

	t = make(&mem);
	CU_ASSERT_EQUAL(remote_count_of(t, &a), 0);
	remote_count_give(t, &a); /* more than was taken is nothing */
	CU_ASSERT_EQUAL(remote_count_of(t, &a), 0);
	for (uint32_t i = 1; i <= 3; i++) {
		CU_ASSERT_TRUE(remote_count_take(t, &a, 3));
		CU_ASSERT_EQUAL(remote_count_of(t, &a), i);
	}
	CU_ASSERT_FALSE(remote_count_take(t, &a, 3));
	CU_ASSERT_EQUAL(remote_count_of(t, &a), 3);
	/* Each for itself. */
	CU_ASSERT_TRUE(remote_count_take(t, &b, 1));
	CU_ASSERT_FALSE(remote_count_take(t, &b, 1));
	CU_ASSERT_FALSE(remote_count_take(t, &b, 0));
	remote_count_give(t, &a);
	CU_ASSERT_EQUAL(remote_count_of(t, &b), 1);
	CU_ASSERT_TRUE(remote_count_take(t, &a, 3));
	CU_ASSERT_FALSE(remote_count_take(t, &a, 3));
	free(mem);
}

/* One connection each: the table has a place for all of them, and gets all back. */
static void
test_places(void)
{
	struct flow_table *t;
	void *mem;

	t = make(&mem);
	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < CAPACITY; i++) {
			struct net_addr a = net_addr_v4(0x0a000000 + i);

			CU_ASSERT_TRUE(remote_count_take(t, &a, 1));
		}
		CU_ASSERT_EQUAL(t->count, CAPACITY);
		for (uint32_t i = 0; i < CAPACITY; i++) {
			struct net_addr a = net_addr_v4(0x0a000000 + i);

			CU_ASSERT_EQUAL(remote_count_of(t, &a), 1);
			remote_count_give(t, &a);
			CU_ASSERT_EQUAL(remote_count_of(t, &a), 0);
		}
		CU_ASSERT_EQUAL(t->count, 0);
	}
	free(mem);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a limit", test_limit },
		{ "a place for each", test_places },
	};

	return harness_run("net/remote_count", cases, HARNESS_COUNT(cases));
}
