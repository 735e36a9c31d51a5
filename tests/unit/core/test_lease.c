/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "core/lease.h"
#include "support/harness.h"

enum {
	THINGS = 5,
	SIZE = 100,
	STEPS = 200000,
};

static void *
make(struct lease_pool *p, uint32_t n, size_t size)
{
	void *mem = aligned_alloc(LEASE_ALIGN, lease_pool_size(n, size));

	CU_ASSERT_FATAL(mem != NULL);
	memset(mem, 0xa5, lease_pool_size(n, size));
	lease_pool_init(p, mem, n, size);
	return mem;
}

/* Each has its own bytes, where they may stand, and there are no more than there are. */
static void
test_take(void)
{
	struct lease_pool p;
	void *mem = make(&p, THINGS, SIZE), *thing[THINGS];
	int holder[THINGS];

	for (uint32_t i = 0; i < THINGS; i++) {
		thing[i] = lease_take(&p, &holder[i], 1 + i);
		CU_ASSERT_FATAL(thing[i] != NULL);
		CU_ASSERT_EQUAL((uintptr_t)thing[i] % LEASE_ALIGN, 0);
		memset(thing[i], (int)i, SIZE);
	}
	CU_ASSERT_PTR_NULL(lease_take(&p, &p, 9));
	CU_ASSERT_EQUAL(p.nb_lent, THINGS);
	for (uint32_t i = 0; i < THINGS; i++) {
		CU_ASSERT_PTR_EQUAL(lease_holder(thing[i]), &holder[i]);
		CU_ASSERT_EQUAL(lease_since(thing[i]), 1 + i);
		for (uint32_t k = 0; k < SIZE; k++)
			CU_ASSERT_EQUAL(((unsigned char *)thing[i])[k], i);
	}
	/* The last bytes are the memory's own: an address sanitizer looks at that, too. */
	CU_ASSERT((char *)thing[THINGS - 1] + SIZE <= (char *)mem + lease_pool_size(THINGS, SIZE));
	free(mem);
}

static void
test_none(void)
{
	struct lease_pool p;
	char none;

	lease_pool_init(&p, &none, 0, SIZE);
	CU_ASSERT_EQUAL(lease_pool_size(0, SIZE), 0);
	CU_ASSERT_PTR_NULL(lease_take(&p, &p, 9));
	CU_ASSERT_PTR_NULL(lease_next(&p));
}

/* In the order of lending; who keeps his is the last. */
static void
test_line(void)
{
	struct lease_pool p;
	void *mem = make(&p, 3, SIZE), *a, *b, *c;
	int ha, hb, hc;

	a = lease_take(&p, &ha, 10);
	b = lease_take(&p, &hb, 10);
	c = lease_take(&p, &hc, 11);
	CU_ASSERT_PTR_EQUAL(lease_next(&p), a);
	lease_keep(&p, a, 20);
	CU_ASSERT_EQUAL(lease_since(a), 20);
	CU_ASSERT_PTR_EQUAL(lease_holder(a), &ha);
	CU_ASSERT_PTR_EQUAL(lease_next(&p), b);
	lease_keep(&p, b, 21);
	CU_ASSERT_PTR_EQUAL(lease_next(&p), c);
	CU_ASSERT_EQUAL(lease_since(c), 11);
	/* One from the middle. */
	lease_give(&p, a);
	CU_ASSERT_PTR_EQUAL(lease_next(&p), c);
	lease_keep(&p, c, 22);
	CU_ASSERT_PTR_EQUAL(lease_next(&p), b);
	CU_ASSERT_PTR_EQUAL(lease_take(&p, &p, 30), a);
	CU_ASSERT_EQUAL(lease_since(a), 30);
	lease_give(&p, b);
	lease_give(&p, c);
	CU_ASSERT_PTR_EQUAL(lease_next(&p), a);
	lease_keep(&p, a, 31);
	CU_ASSERT_PTR_EQUAL(lease_next(&p), a);
	lease_give(&p, a);
	CU_ASSERT_PTR_NULL(lease_next(&p));
	free(mem);
}

/* A plain model: when each was lent, or kept last; 0: it is not lent. */
static void
test_random(void)
{
	struct lease_pool p;
	void *mem = make(&p, THINGS, SIZE), *thing[THINGS] = { 0 };
	uint64_t since[THINGS] = { 0 }, rng = harness_seed();

	for (uint64_t step = 1; step <= STEPS; step++) {
		uint32_t i = harness_below(&rng, THINGS), lent = 0, next = THINGS;

		if (thing[i] == NULL) {
			thing[i] = lease_take(&p, &thing[i], step);
			CU_ASSERT_FATAL(thing[i] != NULL);
			since[i] = step;
		} else if (harness_below(&rng, 2) == 0) {
			lease_give(&p, thing[i]);
			thing[i] = NULL;
			since[i] = 0;
		} else {
			lease_keep(&p, thing[i], step);
			since[i] = step;
		}
		for (i = 0; i < THINGS; i++) {
			lent += thing[i] != NULL;
			if (since[i] != 0 && (next == THINGS || since[i] < since[next]))
				next = i;
			CU_ASSERT_FATAL(thing[i] == NULL || (lease_holder(thing[i]) == &thing[i] &&
							     lease_since(thing[i]) == since[i]));
		}
		CU_ASSERT_FATAL(p.nb_lent == lent);
		CU_ASSERT_FATAL(lease_next(&p) == (next == THINGS ? NULL : thing[next]));
	}
	free(mem);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each its own", test_take },
		{ "none at all", test_none },
		{ "in line", test_line },
		{ "random, against a model", test_random },
	};

	return harness_run("unit/core/lease", cases, HARNESS_COUNT(cases));
}
