/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/spare.h"
#include "unit/buf/fixture.h"

/* No two are the same, and none is in the pool. */
static void
test_take(void)
{
	struct rte_mbuf *taken[FIXTURE_PACKETS];
	struct buf_spare spare;

	for (unsigned int n = 0; n <= FIXTURE_PACKETS; n++) {
		buf_spare_init(&spare, pools.header);
		CU_ASSERT_EQUAL(fixture_in_use(), 0);
		for (unsigned int i = 0; i < n; i++) {
			taken[i] = buf_spare_take(&spare);
			CU_ASSERT_FATAL(taken[i] != NULL);
			taken[i]->data_len = (uint16_t)i;
		}
		CU_ASSERT(fixture_in_use() >= n && fixture_in_use() <= n + BUF_SPARE_MAX);
		buf_spare_end(&spare);
		CU_ASSERT_EQUAL(fixture_in_use(), n);
		for (unsigned int i = 0; i < n; i++)
			CU_ASSERT_EQUAL(taken[i]->data_len, i);
		for (unsigned int i = 0; i < n; i++)
			rte_pktmbuf_free(taken[i]);
		CU_ASSERT_EQUAL(fixture_in_use(), 0);
	}
}

/* With so many left so many are found, and then none, until one is back. */
static void
test_nearly_empty(void)
{
	struct rte_mbuf *taken[3 * BUF_SPARE_MAX];
	struct buf_spare spare;
	struct starved s;

	for (unsigned int left = 0; left < 3 * BUF_SPARE_MAX; left++) {
		starve(&s, pools.header, left);
		buf_spare_init(&spare, pools.header);
		for (unsigned int i = 0; i < left; i++) {
			taken[i] = buf_spare_take(&spare);
			CU_ASSERT_FATAL(taken[i] != NULL);
		}
		CU_ASSERT_PTR_NULL(buf_spare_take(&spare));
		CU_ASSERT_PTR_NULL(buf_spare_take(&spare));
		if (left > 0) {
			rte_pktmbuf_free(taken[0]);
			taken[0] = buf_spare_take(&spare);
			CU_ASSERT_FATAL(taken[0] != NULL);
		}
		buf_spare_end(&spare);
		CU_ASSERT_EQUAL(rte_mempool_avail_count(pools.header), 0);
		for (unsigned int i = 0; i < left; i++)
			rte_pktmbuf_free(taken[i]);
		starve_end(&s);
		CU_ASSERT_EQUAL(fixture_in_use(), 0);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each is taken once, and the rest goes back", test_take },
		{ "the last ones of a pool are found", test_nearly_empty },
	};

	return fixture_start("buf-spare") ? harness_run("buf/spare", cases, HARNESS_COUNT(cases)) :
					    1;
}
