/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The mailbox between threads that ask and the one that polls. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "stack/visit.h"
#include "support/harness.h"

enum {
	LONG_US = 60000000, /* longer than any test */
	VISITORS = 4,
	VISITS = 3000,
};

/* What a poll changes in two steps; a visit finds both alike. */
struct rtls_stack {
	uint64_t a, b;
	uint64_t ran; /* visits */
};

struct view {
	uint64_t a, b;
	uint32_t turns_left;
	uint32_t turns;
};

static bool
look(struct rtls_stack *s, void *arg)
{
	struct view *v = arg;

	s->ran++;
	v->a = s->a;
	v->b = s->b;
	v->turns++;
	return v->turns_left-- > 1;
}

struct visitor {
	pthread_t thread;
	struct visit_box *box;
	struct view view;
	uint64_t patience_us;
	int rc;
};

static void *
visit(void *arg)
{
	struct visitor *v = arg;

	v->rc = visit_make(v->box, look, &v->view, v->patience_us);
	return NULL;
}

static void
visitor_start(struct visitor *v, struct visit_box *box, uint32_t turns)
{
	*v = (struct visitor){ .box = box, .patience_us = LONG_US };
	v->view.turns_left = turns;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&v->thread, NULL, visit, v), 0);
}

static void
await(const struct visit_box *box, enum visit_state state)
{
	while (atomic_load(&box->state) != state)
		;
}

static void
test_turns(void)
{
	static const uint32_t rows[] = { 1, 2, 100 };
	struct visit_box box = { 0 };
	struct rtls_stack s = { .a = 7, .b = 8 };
	struct visitor v;

	CU_ASSERT_FALSE(visit_poll(&box, &s));
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		s.ran = 0;
		visitor_start(&v, &box, rows[i]);
		await(&box, VISIT_POSTED);
		for (uint32_t turn = 1; turn <= rows[i]; turn++) {
			CU_ASSERT_TRUE(visit_posted(&box));
			CU_ASSERT_EQUAL(visit_poll(&box, &s), turn < rows[i]);
			CU_ASSERT_EQUAL(s.ran, turn);
		}
		CU_ASSERT_FALSE(visit_posted(&box));
		CU_ASSERT_FALSE(visit_poll(&box, &s));
		pthread_join(v.thread, NULL);
		CU_ASSERT_EQUAL(v.rc, 0);
		CU_ASSERT_EQUAL(v.view.turns, rows[i]);
		CU_ASSERT_EQUAL(v.view.a, 7);
		CU_ASSERT_EQUAL(v.view.b, 8);
	}
}

/* Nobody polls: the visit is taken back, and never runs. */
static void
test_nobody_polls(void)
{
	struct visit_box box = { 0 };
	struct rtls_stack s = { 0 };
	struct view view = { .turns_left = 1 };

	CU_ASSERT_EQUAL(visit_make(&box, look, &view, 1000), -ETIMEDOUT);
	CU_ASSERT_FALSE(visit_poll(&box, &s));
	CU_ASSERT_EQUAL(s.ran, 0);
	CU_ASSERT_EQUAL(view.turns, 0);
}

/* Polled once and never again: what is left of it does not run. */
static void
test_half_way(void)
{
	struct visit_box box = { 0 };
	struct rtls_stack s = { 0 };
	struct visitor v;

	visitor_start(&v, &box, 1000000);
	await(&box, VISIT_POSTED);
	CU_ASSERT_TRUE(visit_poll(&box, &s));
	visit_close(&box);
	pthread_join(v.thread, NULL);
	CU_ASSERT_EQUAL(v.rc, -ESHUTDOWN);
	CU_ASSERT_FALSE(visit_poll(&box, &s));
	CU_ASSERT_EQUAL(s.ran, 1);
	CU_ASSERT_EQUAL(visit_make(&box, look, &v.view, LONG_US), -ESHUTDOWN);
}

/* One waits, the next one gives up on it, and the first one is served after all. */
static void
test_busy(void)
{
	struct visit_box box = { 0 };
	struct rtls_stack s = { 0 };
	struct view view = { .turns_left = 1 };
	struct visitor v;

	visitor_start(&v, &box, 1);
	await(&box, VISIT_POSTED);
	CU_ASSERT_EQUAL(visit_make(&box, look, &view, 1000), -EBUSY);
	CU_ASSERT_FALSE(visit_poll(&box, &s));
	pthread_join(v.thread, NULL);
	CU_ASSERT_EQUAL(v.rc, 0);
	CU_ASSERT_EQUAL(v.view.turns, 1);
	CU_ASSERT_EQUAL(view.turns, 0);
}

/* --- many at once ------------------------------------------------------------ */

struct crowd {
	struct visit_box box;
	struct rtls_stack s;
	_Atomic uint32_t gone;
};

struct member {
	pthread_t thread;
	struct crowd *crowd;
	uint64_t seed;
	uint64_t served, wrong;
	struct view views[VISITS];
	bool given_up[VISITS];
};

static void *
visit_often(void *arg)
{
	struct member *m = arg;
	struct view *v = m->views;

	for (uint32_t i = 0; i < VISITS; i++, v++) {
		uint64_t patience_us = harness_below(&m->seed, 3) == 0 ? 0 : LONG_US;
		uint32_t turns = 1 + harness_below(&m->seed, 3);

		v->turns_left = turns;
		if (visit_make(&m->crowd->box, look, v, patience_us) == 0) {
			m->served++;
			m->wrong += v->turns != turns || v->a != v->b;
		} else {
			/* Nobody writes to it any more. */
			m->given_up[i] = true;
			memset(v, 0xA5, sizeof(*v));
		}
	}
	atomic_fetch_add(&m->crowd->gone, 1);
	return NULL;
}

static bool
is_filled(const struct view *v)
{
	const uint8_t *at = (const uint8_t *)v;

	for (size_t i = 0; i < sizeof(*v); i++)
		if (at[i] != 0xA5)
			return false;
	return true;
}

static void
test_crowd(void)
{
	static struct member members[VISITORS];
	static struct crowd c;
	uint64_t seed = harness_seed(), written = 0, served = 0;

	memset(members, 0, sizeof(members));
	memset(&c, 0, sizeof(c));
	for (int i = 0; i < VISITORS; i++) {
		members[i].crowd = &c;
		members[i].seed = harness_rand(&seed);
		CU_ASSERT_EQUAL_FATAL(
			pthread_create(&members[i].thread, NULL, visit_often, &members[i]), 0);
	}
	while (atomic_load(&c.gone) < VISITORS) {
		c.s.a++;
		c.s.b++;
		visit_poll(&c.box, &c.s);
	}
	for (int i = 0; i < VISITORS; i++) {
		struct member *m = &members[i];

		pthread_join(m->thread, NULL);
		served += m->served;
		CU_ASSERT_EQUAL(m->wrong, 0);
		for (int j = 0; j < VISITS; j++)
			written += m->given_up[j] && !is_filled(&m->views[j]);
	}
	CU_ASSERT_EQUAL(written, 0);
	CU_ASSERT_TRUE(served > VISITS);
	CU_ASSERT_EQUAL(atomic_load(&c.box.state), VISIT_EMPTY);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a visit runs once per poll until it is through", test_turns },
		{ "a stack that nobody polls", test_nobody_polls },
		{ "the stack goes with a visit half done", test_half_way },
		{ "a visitor that waits keeps the others out", test_busy },
		{ "a crowd sees each moment whole", test_crowd },
	};

	return harness_run("stack/visit", cases, HARNESS_COUNT(cases));
}
