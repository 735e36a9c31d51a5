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
		thing[i] = lease_take(&p, &holder[i]);
		CU_ASSERT_FATAL(thing[i] != NULL);
		CU_ASSERT_EQUAL((uintptr_t)thing[i] % LEASE_ALIGN, 0);
		memset(thing[i], (int)i, SIZE);
	}
	CU_ASSERT_PTR_NULL(lease_take(&p, &p));
	CU_ASSERT_EQUAL(p.nb_lent, THINGS);
	for (uint32_t i = 0; i < THINGS; i++) {
		CU_ASSERT_PTR_EQUAL(lease_holder(thing[i]), &holder[i]);
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
	CU_ASSERT_PTR_NULL(lease_take(&p, &p));
	CU_ASSERT_PTR_NULL(lease_oldest(&p));
}

/* The oldest is called back; who uses his again is not the oldest any more. */
static void
test_rest(void)
{
	struct lease_pool p;
	void *mem = make(&p, 3, SIZE), *a, *b, *c;
	int ha, hb, hc;

	a = lease_take(&p, &ha);
	b = lease_take(&p, &hb);
	c = lease_take(&p, &hc);
	CU_ASSERT_PTR_NULL(lease_oldest(&p));
	lease_rest(&p, b);
	lease_rest(&p, c);
	lease_rest(&p, a);
	CU_ASSERT_PTR_EQUAL(lease_oldest(&p), b);
	/* It is lent all the same. */
	CU_ASSERT_PTR_NULL(lease_take(&p, &p));
	lease_wake(&p, b);
	CU_ASSERT_FALSE(lease_rests(b));
	CU_ASSERT_PTR_EQUAL(lease_oldest(&p), c);
	lease_rest(&p, b);
	CU_ASSERT_PTR_EQUAL(lease_oldest(&p), c);
	lease_give(&p, c);
	CU_ASSERT_PTR_EQUAL(lease_oldest(&p), a);
	CU_ASSERT_PTR_EQUAL(lease_take(&p, &p), c);
	CU_ASSERT_FALSE(lease_rests(c));
	lease_wake(&p, b);
	lease_wake(&p, a);
	CU_ASSERT_PTR_NULL(lease_oldest(&p));
	free(mem);
}

/* A plain model: when each began to rest; 0: it does not. */
static void
test_random(void)
{
	struct lease_pool p;
	void *mem = make(&p, THINGS, SIZE), *thing[THINGS] = { 0 };
	uint64_t since[THINGS] = { 0 }, rng = harness_seed();

	for (uint64_t step = 1; step <= STEPS; step++) {
		uint32_t i = harness_below(&rng, THINGS), lent = 0, oldest = THINGS;

		if (thing[i] == NULL) {
			thing[i] = lease_take(&p, &thing[i]);
			CU_ASSERT_FATAL(thing[i] != NULL);
		} else if (harness_below(&rng, 3) == 0) {
			lease_give(&p, thing[i]);
			thing[i] = NULL;
			since[i] = 0;
		} else if (since[i] != 0) {
			lease_wake(&p, thing[i]);
			since[i] = 0;
		} else {
			lease_rest(&p, thing[i]);
			since[i] = step;
		}
		for (i = 0; i < THINGS; i++) {
			lent += thing[i] != NULL;
			if (since[i] != 0 && (oldest == THINGS || since[i] < since[oldest]))
				oldest = i;
			CU_ASSERT_FATAL(thing[i] == NULL ||
					(lease_holder(thing[i]) == &thing[i] &&
					 lease_rests(thing[i]) == (since[i] != 0)));
		}
		CU_ASSERT_FATAL(p.nb_lent == lent);
		CU_ASSERT_FATAL(lease_oldest(&p) == (oldest == THINGS ? NULL : thing[oldest]));
	}
	free(mem);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each its own", test_take },
		{ "none at all", test_none },
		{ "the oldest is called back", test_rest },
		{ "random, against a model", test_random },
	};

	return harness_run("unit/core/lease", cases, HARNESS_COUNT(cases));
}
