/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Finding a stack, and its going away under those who look at it. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "stack/registry.h"
#include "support/harness.h"

enum { VISITORS = 4, LIVES = 200 };

struct rtls_stack {
	struct registry_node node;
	struct visit_box box;
	uint64_t looked;
};

static struct rtls_stack *
make(const char *name)
{
	struct rtls_stack *s = calloc(1, sizeof(*s));

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	registry_add(&s->node, s, &s->box, name);
	return s;
}

static void
drop(struct rtls_stack *s)
{
	registry_remove(&s->node);
	memset(s, 0xA5, sizeof(*s));
	free(s);
}

static bool
look(struct rtls_stack *s, void *arg)
{
	uint64_t *out = arg;

	*out = ++s->looked;
	return false;
}

static void
test_find(void)
{
	struct rtls_stack *a = make("one"), *b = make("two"), *c;
	uint32_t na = a->node.id.number, nb = b->node.id.number, at = 0;
	struct registry_id ids[2];
	char text[16];

	CU_ASSERT_NOT_EQUAL(na, nb);
	CU_ASSERT_EQUAL(registry_list(NULL, 0), 2);
	CU_ASSERT_EQUAL(registry_list(ids, 1), 2);
	CU_ASSERT_EQUAL(ids[0].number, na);
	CU_ASSERT_STRING_EQUAL(ids[0].name, "one");
	CU_ASSERT_EQUAL(registry_find("two", &at), 0);
	CU_ASSERT_EQUAL(at, nb);
	snprintf(text, sizeof(text), "%u", na);
	CU_ASSERT_EQUAL(registry_find(text, &at), 0);
	CU_ASSERT_EQUAL(at, na);
	/* A name that is another one's number. */
	c = make(text);
	CU_ASSERT_EQUAL(registry_find(text, &at), 0);
	CU_ASSERT_EQUAL(at, na);
	drop(c);
	drop(a);
	CU_ASSERT_EQUAL(registry_list(ids, 2), 1);
	CU_ASSERT_EQUAL(ids[0].number, nb);
	drop(b);
	CU_ASSERT_EQUAL(registry_list(ids, 2), 0);
	/* Numbers are not used again. */
	a = make("three");
	CU_ASSERT_TRUE(a->node.id.number > nb);
	drop(a);
}

static void
test_refusals(void)
{
	static const char *const wrong[] = { "", "one ", "01", "-1", "1e0", "+0", "no such" };
	struct rtls_stack *s = make("one"), never = { 0 };
	uint32_t number = s->node.id.number, at = 4711;
	uint64_t looked = 0;
	char text[32];

	for (size_t i = 0; i < HARNESS_COUNT(wrong); i++)
		CU_ASSERT_EQUAL(registry_find(wrong[i], &at), -ENOENT);
	/* 2^32 more. */
	snprintf(text, sizeof(text), "%llu", (1ull << 32) + number);
	CU_ASSERT_EQUAL(registry_find(text, &at), -ENOENT);
	CU_ASSERT_EQUAL(at, 4711);
	CU_ASSERT_EQUAL(registry_visit(number + 1, look, &looked), -ENOENT);
	/* Nobody polls. */
	CU_ASSERT_EQUAL(registry_visit(number, look, &looked), -ETIMEDOUT);
	drop(s);
	CU_ASSERT_EQUAL(registry_visit(number, look, &looked), -ENOENT);
	CU_ASSERT_EQUAL(looked, 0);
	/* One whose creation failed before it was added. */
	registry_remove(&never.node);
	CU_ASSERT_EQUAL(registry_list(NULL, 0), 0);
}

static void
test_long_name(void)
{
	struct registry_id id;
	struct rtls_stack *s = make("a name of forty characters, which is long");

	CU_ASSERT_EQUAL(registry_list(&id, 1), 1);
	CU_ASSERT_EQUAL(strlen(id.name), REGISTRY_NAME_MAX - 1);
	CU_ASSERT_EQUAL(strncmp(id.name, "a name of forty", 15), 0);
	drop(s);
}

/* --- stacks that go while threads look at whatever there is ------------------- */

struct looker {
	pthread_t thread;
	_Atomic bool *stop;
	uint64_t seen, odd;
};

static void *
look_on(void *arg)
{
	struct looker *l = arg;

	while (!atomic_load(l->stop)) {
		struct registry_id id;
		uint64_t looked = 0;
		int rc;

		if (registry_list(&id, 1) == 0)
			continue;
		rc = registry_visit(id.number, look, &looked);
		l->seen += rc == 0;
		l->odd += rc == 0 ? looked == 0 : looked != 0;
	}
	return NULL;
}

static void
test_goes_under_visitors(void)
{
	static struct looker lookers[VISITORS];
	_Atomic bool stop = false;
	uint64_t seen = 0;

	memset(lookers, 0, sizeof(lookers));
	for (int i = 0; i < VISITORS; i++) {
		lookers[i].stop = &stop;
		CU_ASSERT_EQUAL_FATAL(
			pthread_create(&lookers[i].thread, NULL, look_on, &lookers[i]), 0);
	}
	for (int life = 0; life < LIVES; life++) {
		struct rtls_stack *s = make("short");

		/* Some are looked at before they go, all have visitors on the way. */
		while (s->looked < (uint64_t)(life % 3))
			visit_poll(&s->box, s);
		drop(s);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < VISITORS; i++) {
		pthread_join(lookers[i].thread, NULL);
		CU_ASSERT_EQUAL(lookers[i].odd, 0);
		seen += lookers[i].seen;
	}
	CU_ASSERT_TRUE(seen >= LIVES / 3);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "by number and by name", test_find },
		{ "what is not there", test_refusals },
		{ "a long name is cut", test_long_name },
		{ "stacks go while threads look at them", test_goes_under_visitors },
	};

	return harness_run("stack/registry", cases, HARNESS_COUNT(cases));
}
