/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/flow_cache.h"

#include <CUnit/CUnit.h>

#include "support/harness.h"

enum { TUPLES = 300 };

static struct net_tuple
tuple_of(uint32_t n)
{
	return (struct net_tuple){
		.local = net_addr_v4(0x0a000001),
		.remote = net_addr_v4(0x0b000000 + n / 100),
		.local_port = 443,
		.remote_port = (uint16_t)(1024 + n),
	};
}

static void
test_empty(void)
{
	static const struct net_tuple zero;
	struct net_tuple t = tuple_of(0);
	struct flow_cache c;

	memset(&c, 0xa5, sizeof(c));
	flow_cache_init(&c);
	CU_ASSERT_EQUAL(flow_cache_find(&c, &t), FLOW_NONE);
	CU_ASSERT_EQUAL(flow_cache_find(&c, &zero), FLOW_NONE);
	flow_cache_forget(&c, &t);
	CU_ASSERT_EQUAL(flow_cache_find(&c, &t), FLOW_NONE);
}

/* Each byte of a tuple counts, those too that do not choose its place. */
static void
test_other_tuple(void)
{
	struct net_tuple t = tuple_of(7), other;
	struct flow_cache c;

	flow_cache_init(&c);
	flow_cache_put(&c, &t, 7);
	CU_ASSERT_EQUAL(flow_cache_find(&c, &t), 7);
	for (size_t i = 0; i < sizeof(t); i++)
		for (int bit = 0; bit < 8; bit++) {
			other = t;
			((uint8_t *)&other)[i] ^= (uint8_t)(1 << bit);
			CU_ASSERT_FALSE(net_tuple_equal(&t, &other));
			CU_ASSERT_EQUAL(flow_cache_find(&c, &other), FLOW_NONE);
			flow_cache_forget(&c, &other);
			CU_ASSERT_EQUAL(flow_cache_find(&c, &t), 7);
		}
	flow_cache_forget(&c, &t);
	CU_ASSERT_EQUAL(flow_cache_find(&c, &t), FLOW_NONE);
}

/* What it says is what was put there and not forgotten, or nothing; last put, it is there. */
static void
test_random(void)
{
	uint64_t rng = harness_seed();
	uint32_t values[TUPLES], n;
	struct flow_cache c;
	struct net_tuple t;

	flow_cache_init(&c);
	for (uint32_t i = 0; i < TUPLES; i++)
		values[i] = FLOW_NONE;
	for (uint32_t i = 0; i < 100000; i++) {
		n = harness_below(&rng, TUPLES);
		t = tuple_of(n);
		if (harness_below(&rng, 3) == 0) {
			flow_cache_forget(&c, &t);
			values[n] = FLOW_NONE;
			CU_ASSERT_EQUAL(flow_cache_find(&c, &t), FLOW_NONE);
		} else {
			flow_cache_put(&c, &t, i);
			values[n] = i;
			CU_ASSERT_EQUAL(flow_cache_find(&c, &t), i);
		}
		n = harness_below(&rng, TUPLES);
		t = tuple_of(n);
		if (flow_cache_find(&c, &t) != FLOW_NONE)
			CU_ASSERT_EQUAL(flow_cache_find(&c, &t), values[n]);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "an empty one", test_empty },
		{ "another tuple", test_other_tuple },
		{ "random puts and removals", test_random },
	};

	return harness_run("net/flow-cache", cases, HARNESS_COUNT(cases));
}
