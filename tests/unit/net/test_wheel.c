/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/wheel.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

#define HOUR_US UINT64_C(3600000000)

static struct wheel_node *
expire(struct wheel *w, uint64_t now_us)
{
	uint32_t budget = UINT32_MAX;

	return wheel_expire(w, now_us, &budget);
}

static void
test_empty(void)
{
	struct wheel w;
	uint32_t budget = 10;

	wheel_init(&w, 12345678);
	CU_ASSERT_EQUAL(wheel_next(&w), UINT64_MAX);
	CU_ASSERT_PTR_NULL(wheel_expire(&w, 12345678, &budget));
	CU_ASSERT_PTR_NULL(wheel_expire(&w, UINT64_MAX, &budget));
	CU_ASSERT_EQUAL(budget, 10);
	CU_ASSERT_EQUAL(wheel_next(&w), UINT64_MAX);
}

/* One node for each distance and start: not before its time, within a tick after it. */
static void
test_one_node(void)
{
	static const uint64_t starts[] = {
		0,
		1,
		1023,
		1024,
		65535,
		65536,
		(UINT64_C(1) << 22) - 1,
		(UINT64_C(1) << 40) - 1,
		UINT64_C(1700000000000000),
		UINT64_C(1) << 62,
		(UINT64_C(1) << 63) - 1,
	};
	static const uint64_t delays[] = {
		0,
		1,
		1023,
		1024,
		1025,
		40000,
		65535,
		65536,
		65537,
		200000,
		1000000,
		4194304,
		60000000,
		HOUR_US,
		24 * HOUR_US,
		1000 * HOUR_US,
		UINT64_C(1) << 50,
		UINT64_C(1) << 60,
		UINT64_C(1) << 62,
	};

	for (size_t i = 0; i < HARNESS_COUNT(starts); i++) {
		for (size_t j = 0; j < HARNESS_COUNT(delays); j++) {
			struct wheel w;
			struct wheel_node node = { 0 };
			uint64_t at_us = starts[i] + delays[j];
			uint64_t polls = 0;

			wheel_init(&w, starts[i]);
			wheel_arm(&w, &node, at_us);
			CU_ASSERT_TRUE(wheel_armed(&node));
			CU_ASSERT(wheel_next(&w) <= at_us + 1023);
			if (at_us > starts[i])
				CU_ASSERT_PTR_NULL(expire(&w, at_us - 1));
			/* A program that sleeps until wheel_next gets there in few steps. */
			while (wheel_next(&w) < at_us && polls < 20) {
				CU_ASSERT_PTR_NULL_FATAL(expire(&w, wheel_next(&w)));
				polls++;
			}
			CU_ASSERT(polls <= WHEEL_LEVELS);
			CU_ASSERT_PTR_EQUAL(expire(&w, at_us + 1023), &node);
			CU_ASSERT_FALSE(wheel_armed(&node));
			CU_ASSERT_PTR_NULL(expire(&w, at_us + 1023));
			CU_ASSERT_EQUAL(wheel_next(&w), UINT64_MAX);
		}
	}
}

static void
test_cancel(void)
{
	struct wheel w;
	struct wheel_node nodes[3] = { 0 };

	wheel_init(&w, 0);
	wheel_cancel(&w, &nodes[0]); /* not armed: nothing */
	CU_ASSERT_FALSE(wheel_armed(&nodes[0]));
	/* Three in one slot; the middle, the head, the last. */
	for (size_t i = 0; i < 3; i++)
		wheel_arm(&w, &nodes[i], 500000);
	wheel_cancel(&w, &nodes[1]);
	wheel_cancel(&w, &nodes[2]);
	CU_ASSERT_FALSE(wheel_armed(&nodes[1]));
	CU_ASSERT(wheel_next(&w) <= 500000 + 1023);
	CU_ASSERT_EQUAL(w.nb_armed, 1);
	wheel_cancel(&w, &nodes[0]);
	wheel_cancel(&w, &nodes[0]);
	CU_ASSERT_EQUAL(w.nb_armed, 0);
	CU_ASSERT_EQUAL(wheel_next(&w), UINT64_MAX);
	CU_ASSERT_PTR_NULL(expire(&w, HOUR_US));

	/* The last tick of time never comes. */
	wheel_arm(&w, &nodes[0], HOUR_US + 5000);
	wheel_arm(&w, &nodes[0], UINT64_MAX);
	CU_ASSERT_FALSE(wheel_armed(&nodes[0]));
	wheel_arm(&w, &nodes[0], UINT64_MAX - 1022);
	CU_ASSERT_FALSE(wheel_armed(&nodes[0]));
	wheel_arm(&w, &nodes[0], UINT64_MAX - 1023);
	CU_ASSERT_TRUE(wheel_armed(&nodes[0]));
	CU_ASSERT_PTR_NULL(expire(&w, UINT64_MAX - 1024));
	CU_ASSERT_PTR_EQUAL(expire(&w, UINT64_MAX - 1023), &nodes[0]);
}

static void
test_rearm(void)
{
	struct wheel w;
	struct wheel_node node = { 0 };

	wheel_init(&w, 0);
	wheel_arm(&w, &node, 100000);
	wheel_arm(&w, &node, 100000);
	wheel_arm(&w, &node, 300000); /* later: as on each ACK */
	CU_ASSERT_PTR_NULL(expire(&w, 299999));
	wheel_arm(&w, &node, 2 * HOUR_US);
	wheel_arm(&w, &node, 400000); /* earlier */
	CU_ASSERT_EQUAL(w.nb_armed, 1);
	CU_ASSERT_PTR_EQUAL(expire(&w, 401023), &node);
	wheel_arm(&w, &node, 3); /* past: at once */
	CU_ASSERT(wheel_next(&w) <= 401023);
	CU_ASSERT_PTR_EQUAL(expire(&w, 401023), &node);
	CU_ASSERT_PTR_NULL(expire(&w, 401023));
}

static void
test_backwards(void)
{
	struct wheel w;
	struct wheel_node node = { 0 }, late = { 0 };

	wheel_init(&w, HOUR_US);
	CU_ASSERT_PTR_NULL(expire(&w, HOUR_US + 500000));
	wheel_arm(&w, &node, HOUR_US + 600000);
	CU_ASSERT_PTR_NULL(expire(&w, 0));
	/* The time that was reached stays reached. */
	CU_ASSERT(wheel_next(&w) > HOUR_US + 500000);
	wheel_arm(&w, &late, HOUR_US + 400000);
	CU_ASSERT_PTR_EQUAL(expire(&w, HOUR_US + 500000), &late);
	CU_ASSERT_PTR_NULL(expire(&w, HOUR_US));
	CU_ASSERT_PTR_NULL(expire(&w, HOUR_US + 599999));
	CU_ASSERT_PTR_EQUAL(expire(&w, HOUR_US + 601023), &node);
}

/* A thousand nodes in one slot, a budget of 10: each call does 10 steps, none is lost. */
static void
test_budget(void)
{
	static struct wheel_node nodes[1000];
	struct wheel w;
	size_t fired = 0, calls = 0;

	wheel_init(&w, 0);
	for (size_t i = 0; i < HARNESS_COUNT(nodes); i++)
		wheel_arm(&w, &nodes[i], 10 * HOUR_US + i * 7000);
	while (fired < HARNESS_COUNT(nodes) && calls < 10000) {
		struct wheel_node *node;
		uint32_t budget = 10;

		calls++;
		CU_ASSERT(wheel_next(&w) <= 11 * HOUR_US);
		while ((node = wheel_expire(&w, 11 * HOUR_US, &budget)) != NULL)
			/* 7000 us are more than a tick: the order is that of time. */
			CU_ASSERT_PTR_EQUAL(node, &nodes[fired++]);
		CU_ASSERT(budget == 0 || fired == HARNESS_COUNT(nodes));
		CU_ASSERT_EQUAL(w.nb_armed, HARNESS_COUNT(nodes) - fired);
	}
	CU_ASSERT_EQUAL(fired, HARNESS_COUNT(nodes));
	CU_ASSERT(calls <= HARNESS_COUNT(nodes) * (WHEEL_LEVELS + 1) / 10 + 1);
	CU_ASSERT_EQUAL(wheel_next(&w), UINT64_MAX);
	/* No budget, no work. */
	wheel_arm(&w, &nodes[0], 0);
	CU_ASSERT_PTR_NULL(wheel_expire(&w, 12 * HOUR_US, &(uint32_t){ 0 }));
	CU_ASSERT_PTR_EQUAL(expire(&w, 12 * HOUR_US), &nodes[0]);
}

/* A jump over a year takes as many steps as there are nodes and levels, not ticks. */
static void
test_jump(void)
{
	struct wheel_node nodes[4] = { 0 };
	struct wheel w;
	uint32_t budget = 4 * (WHEEL_LEVELS + 1);

	wheel_init(&w, UINT64_C(987654321));
	wheel_arm(&w, &nodes[0], UINT64_C(987654321) + 5);
	wheel_arm(&w, &nodes[1], UINT64_C(987654321) + 2 * HOUR_US);
	wheel_arm(&w, &nodes[2], UINT64_C(987654321) + 700 * HOUR_US);
	wheel_arm(&w, &nodes[3], UINT64_C(987654321) + 9000 * HOUR_US);
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_PTR_EQUAL(wheel_expire(&w, 8766 * HOUR_US, &budget), &nodes[i]);
	CU_ASSERT_PTR_NULL(wheel_expire(&w, 8766 * HOUR_US, &budget));
	CU_ASSERT_TRUE(wheel_armed(&nodes[3]));
}

/* What may be done while nodes fire: arm and cancel others, and the one that fired. */
static void
test_reentry(void)
{
	struct wheel_node nodes[64] = { 0 }, *node;
	struct wheel w;
	uint32_t budget = 200, fired = 0;

	wheel_init(&w, 0);
	for (size_t i = 0; i < HARNESS_COUNT(nodes); i++)
		wheel_arm(&w, &nodes[i], 70000 + i);
	while ((node = wheel_expire(&w, 80000, &budget)) != NULL) {
		size_t i = (size_t)(node - nodes);

		fired++;
		/* Its pair is due as well: cancelled, or moved to later. */
		if (i % 4 < 2)
			wheel_cancel(&w, &nodes[i ^ 1]);
		else
			wheel_arm(&w, &nodes[i ^ 1], 90000);
	}
	CU_ASSERT_EQUAL(fired, 32);
	while ((node = expire(&w, 91023)) != NULL) {
		CU_ASSERT((size_t)(node - nodes) % 4 >= 2);
		fired++;
	}
	CU_ASSERT_EQUAL(fired, 48);
	CU_ASSERT_EQUAL(wheel_next(&w), UINT64_MAX);

	/* A node that arms itself for now ends with the budget, and starves no other. */
	wheel_arm(&w, &nodes[0], 0);
	wheel_arm(&w, &nodes[1], 0);
	budget = 50;
	for (fired = 0; (node = wheel_expire(&w, 100000, &budget)) != NULL; fired++) {
		CU_ASSERT_PTR_EQUAL(node, &nodes[fired % 2]);
		wheel_arm(&w, node, 0);
	}
	CU_ASSERT_EQUAL(fired, 50);
	/* Cancelled from the end of the line and from its middle, the line goes on. */
	wheel_arm(&w, &nodes[2], 0);
	wheel_cancel(&w, &nodes[2]);
	wheel_arm(&w, &nodes[3], 0);
	wheel_cancel(&w, &nodes[1]);
	wheel_arm(&w, &nodes[4], 0);
	CU_ASSERT_PTR_EQUAL(expire(&w, 100000), &nodes[0]);
	CU_ASSERT_PTR_EQUAL(expire(&w, 100000), &nodes[3]);
	CU_ASSERT_PTR_EQUAL(expire(&w, 100000), &nodes[4]);
	CU_ASSERT_PTR_NULL(expire(&w, 100000));
	wheel_arm(&w, &nodes[5], 0);
	CU_ASSERT_PTR_EQUAL(expire(&w, 100000), &nodes[5]);
}

/* The model: an array of deadlines, UINT64_MAX for none. */
#define N_NODES 300

struct model {
	struct wheel w;
	struct wheel_node nodes[N_NODES];
	uint64_t at_us[N_NODES];
	bool ahead[N_NODES]; /* armed for a tick that no poll had reached */
	uint64_t last_tick;  /* the latest that such a node fired in */
	uint64_t now_us;
	uint64_t fired;
};

static uint64_t
random_delay(uint64_t r)
{
	/* All magnitudes alike, from microseconds to years. */
	return (r >> 8) >> (8 + r % 48);
}

static uint64_t
model_earliest(const struct model *m)
{
	uint64_t earliest = UINT64_MAX;

	for (size_t i = 0; i < N_NODES; i++)
		if (m->at_us[i] < earliest)
			earliest = m->at_us[i];
	return earliest;
}

static void
model_poll(struct model *m, uint32_t budget)
{
	bool enough = budget == UINT32_MAX;
	struct wheel_node *node;

	while ((node = wheel_expire(&m->w, m->now_us, &budget)) != NULL) {
		size_t i = (size_t)(node - m->nodes);
		uint64_t tick = (m->at_us[i] + 1023) / 1024;

		CU_ASSERT(i < N_NODES && m->at_us[i] <= m->now_us);
		if (m->ahead[i]) {
			CU_ASSERT(tick >= m->last_tick);
			m->last_tick = tick;
		}
		m->at_us[i] = UINT64_MAX;
		m->fired++;
	}
	if (enough)
		CU_ASSERT(model_earliest(m) > (m->now_us & ~UINT64_C(1023)));
}

static void
model_step(struct model *m, uint64_t *seed)
{
	uint64_t r = harness_rand(seed);
	size_t i = (size_t)(r >> 40) % N_NODES;
	uint64_t earliest;

	switch (r % 8) {
	case 0:
	case 1:
	case 2:
	case 3:
		m->at_us[i] = m->now_us + random_delay(harness_rand(seed));
		/* Sometimes in the past. */
		if (r >> 60 == 0 && m->now_us > 100000)
			m->at_us[i] = m->now_us - (r >> 20 & 0xffff);
		m->ahead[i] = m->at_us[i] > (m->now_us & ~UINT64_C(1023));
		wheel_arm(&m->w, &m->nodes[i], m->at_us[i]);
		break;
	case 4:
		wheel_cancel(&m->w, &m->nodes[i]);
		m->at_us[i] = UINT64_MAX;
		break;
	case 5:
		/* Late polls: a jump, with too small a budget now and then. */
		m->now_us += random_delay(harness_rand(seed)) >> 4;
		model_poll(m, (r >> 32) % 4 == 0 ? 3 : UINT32_MAX);
		break;
	case 6:
		/* Sleep until the wheel's next. */
		if (wheel_next(&m->w) != UINT64_MAX && wheel_next(&m->w) > m->now_us)
			m->now_us = wheel_next(&m->w);
		model_poll(m, UINT32_MAX);
		break;
	case 7:
		m->now_us += r >> 32 & 0x7ff;
		model_poll(m, UINT32_MAX);
		break;
	}
	earliest = model_earliest(m);
	if (earliest == UINT64_MAX) {
		CU_ASSERT_EQUAL(wheel_next(&m->w), UINT64_MAX);
	} else {
		uint64_t bound = earliest + 1023 > m->now_us ? earliest + 1023 : m->now_us;

		CU_ASSERT(wheel_next(&m->w) <= bound);
	}
	CU_ASSERT_EQUAL(wheel_armed(&m->nodes[i]), m->at_us[i] != UINT64_MAX);
}

static void
test_random(void)
{
	struct model *m = malloc(sizeof(*m));
	uint64_t seed = harness_seed();
	uint32_t rounds = harness_full() ? 400 : 20;

	for (uint32_t round = 0; round < rounds; round++) {
		memset(m, 0, sizeof(*m));
		/* Starts of all magnitudes, next to the borders of slots. */
		m->now_us = UINT64_C(1) << (harness_rand(&seed) % 56);
		m->now_us -= harness_rand(&seed) % 3 == 0;
		wheel_init(&m->w, m->now_us);
		for (size_t i = 0; i < N_NODES; i++)
			m->at_us[i] = UINT64_MAX;
		for (int step = 0; step < 5000; step++)
			model_step(m, &seed);
		/* At the end of time all have fired. */
		m->now_us = UINT64_MAX;
		model_poll(m, UINT32_MAX);
		CU_ASSERT_EQUAL(model_earliest(m), UINT64_MAX);
		CU_ASSERT_EQUAL(wheel_next(&m->w), UINT64_MAX);
		CU_ASSERT(m->fired > 500);
	}
	free(m);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "empty", test_empty },
		{ "one node at every distance", test_one_node },
		{ "cancel", test_cancel },
		{ "arm again", test_rearm },
		{ "time backwards", test_backwards },
		{ "budget", test_budget },
		{ "a jump over a year", test_jump },
		{ "arm and cancel while nodes fire", test_reentry },
		{ "random operations against a model", test_random },
	};

	return harness_run("net/wheel", cases, HARNESS_COUNT(cases));
}
