/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A program that has filled DPDK's table of pool operations itself. */
#include <errno.h>
#include <stdio.h>

#include "buf/lifo.h"
#include "unit/buf/fixture.h"

static int
never(struct rte_mempool *mp)
{
	(void)mp;
	return -ENOTSUP;
}

static int
give(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
	(void)mp, (void)objs, (void)n;
	return -ENOBUFS;
}

static int
take(struct rte_mempool *mp, void **objs, unsigned int n)
{
	(void)mp, (void)objs, (void)n;
	return -ENOBUFS;
}

static unsigned int
none(const struct rte_mempool *mp)
{
	(void)mp;
	return 0;
}

static void
fill_table(void)
{
	struct rte_mempool_ops ops = {
		.alloc = never, .enqueue = give, .dequeue = take, .get_count = none
	};
	int n = 0;

	do
		snprintf(ops.name, sizeof(ops.name), "full_%d", n++);
	while (rte_mempool_register_ops(&ops) >= 0);
}

static void
test_pools(void)
{
	const struct buf_pools_conf conf = { "wiping", SOCKET_ID_ANY, 31, 31, 31, 15, true };
	struct buf_pools p;

	CU_ASSERT_EQUAL(lifo_register(), -ENOSPC);
	/* Never one that does not wipe in place of one that does. */
	CU_ASSERT_EQUAL(buf_pools_create(&p, &conf), -ENOSPC);
	CU_ASSERT_PTR_NULL(p.header);
	CU_ASSERT_PTR_NULL(rte_mempool_lookup("wiping_header"));
	CU_ASSERT_PTR_NULL(lifo_pool_create_wiping("one", 31, 0, 256, SOCKET_ID_ANY));
	CU_ASSERT_PTR_NULL(rte_mempool_lookup("one"));
}

/* What need not wipe is there all the same, if slower. */
static void
test_others(void)
{
	const struct buf_pools_conf conf = { "others", SOCKET_ID_ANY, 31, 31, 31, 15, false };
	struct buf_pools p;
	struct starved s;

	CU_ASSERT_EQUAL_FATAL(buf_pools_create(&p, &conf), 0);
	starve(&s, p.record[0], 0);
	CU_ASSERT_EQUAL(s.n, 31);
	starve_end(&s);
	CU_ASSERT_EQUAL(buf_pools_in_use(&p), 0);
	CU_ASSERT_EQUAL(buf_pools_destroy(&p), 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "pools that wipe are refused", test_pools },
		{ "others are like any", test_others },
	};

	if (eal_start("buf-lifo-refused") != 0)
		return 1;
	fill_table();
	return harness_run("buf/lifo_refused", cases, HARNESS_COUNT(cases));
}
