/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fileserver/due.h"

#include <assert.h>
#include <stdio.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

enum {
	NODES = 50,
	TURNS = 20000,
};

/* How long a wait of each kind lasts. */
static const uint64_t waits[] = { 50000, 60000000, 1000000, 10000000, 30000000 };

static_assert(HARNESS_COUNT(waits) == DUE_KINDS, "one of each kind");

static void
test_one(void)
{
	struct due_node n = { .at_us = 0 };
	struct due d;

	due_init(&d);
	CU_ASSERT_PTR_NULL(due_first(&d, UINT64_MAX));
	due_clear(&d, &n);
	due_set(&d, &n, 1, 1000000);
	CU_ASSERT_PTR_NULL(due_first(&d, 999999));
	CU_ASSERT_PTR_EQUAL(due_first(&d, 1000000 + DUE_SLACK_US), &n);
	CU_ASSERT_PTR_EQUAL(due_first(&d, UINT64_MAX), &n);
	/* Earlier than it stands there, and another kind. */
	due_set(&d, &n, 1, 500000);
	CU_ASSERT_PTR_EQUAL(due_first(&d, 500000 + DUE_SLACK_US), &n);
	due_set(&d, &n, 2, 500000);
	CU_ASSERT_PTR_EQUAL(due_first(&d, 500000 + DUE_SLACK_US), &n);
	due_clear(&d, &n);
	CU_ASSERT_PTR_NULL(due_first(&d, UINT64_MAX));
	due_clear(&d, &n);
}

/* Whoever is busy keeps its place for a while, and is never looked at too early. */
static void
test_slack(void)
{
	struct due_node busy = { .at_us = 0 }, idle = { .at_us = 0 };
	struct due d;

	due_init(&d);
	due_set(&d, &busy, 1, 1000000);
	due_set(&d, &idle, 1, 1000000);
	for (uint64_t us = 1000000; us <= 1000000 + DUE_SLACK_US; us += 10000) {
		due_set(&d, &busy, 1, us);
		CU_ASSERT_PTR_EQUAL(TAILQ_FIRST(&d.queues[1]), &busy);
		CU_ASSERT(busy.at_us >= us);
	}
	due_set(&d, &busy, 1, 1000001 + DUE_SLACK_US);
	CU_ASSERT_PTR_EQUAL(TAILQ_FIRST(&d.queues[1]), &idle);
	CU_ASSERT_PTR_EQUAL(due_first(&d, 1000000 + DUE_SLACK_US), &idle);
}

/* Who has a time is handed out at it or soon behind it, and nobody else. */
static void
test_random(void)
{
	uint64_t seed = harness_seed(), now_us = 1000000, wanted[NODES] = { 0 };
	struct due_node nodes[NODES] = { 0 };
	struct due d;

	due_init(&d);
	for (int turn = 0; turn < TURNS; turn++) {
		uint32_t i = harness_below(&seed, NODES), kind = harness_below(&seed, DUE_KINDS);
		struct due_node *n;
		int bad = 0;

		now_us += harness_below(&seed, 30000);
		while ((n = due_first(&d, now_us)) != NULL) {
			i = (uint32_t)(n - nodes);
			bad += wanted[i] == 0 || wanted[i] > now_us;
			due_clear(&d, n);
			wanted[i] = 0;
		}
		for (i = 0; i < NODES; i++)
			bad += wanted[i] != 0 && wanted[i] + DUE_SLACK_US < now_us;
		CU_ASSERT_EQUAL(bad, 0);
		i = harness_below(&seed, NODES);
		if (harness_below(&seed, 8) == 0) {
			due_clear(&d, &nodes[i]);
			wanted[i] = 0;
			continue;
		}
		/* Now and then one that comes back to a wait which began earlier. */
		wanted[i] = now_us + waits[kind];
		if (harness_below(&seed, 8) == 0)
			wanted[i] = now_us + 1 + harness_below(&seed, (uint32_t)waits[kind]);
		due_set(&d, &nodes[i], kind, wanted[i]);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "in a queue, in another, in none", test_one },
		{ "who is busy is seldom moved", test_slack },
		{ "each at its time, against the times themselves", test_random },
	};
	return harness_run("fileserver/due", cases, HARNESS_COUNT(cases));
}
