/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/flow.h"

#include <errno.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

static const uint8_t key[SIPHASH_KEY_LEN] = { 0x42, 7 };

static struct flow_table *
new_table(uint32_t capacity)
{
	size_t size = flow_table_size(capacity);
	void *mem = aligned_alloc(FLOW_ALIGN, size + (FLOW_ALIGN - size % FLOW_ALIGN) % FLOW_ALIGN);

	/* The table may count on nothing in its memory. */
	memset(mem, 0xa5, size);
	return flow_table_init(mem, size, capacity, key);
}

static struct net_tuple
tuple_of(uint32_t n)
{
	return (struct net_tuple){
		.local = net_addr_v4(0x0a000001),
		.remote = net_addr_v4(0x0b000000 + (n >> 8)),
		.local_port = 443,
		.remote_port = (uint16_t)(1024 + (n & 0xff)),
	};
}

static void
test_init(void)
{
	static const uint32_t capacities[] = { 1, 13, 14, 15, 28, 29, 1000, 100000 };
	uint8_t *mem;
	size_t size;

	CU_ASSERT_EQUAL(flow_table_size(0), 0);
	CU_ASSERT_EQUAL(flow_table_size(FLOW_CAPACITY_MAX + 1), 0);
	CU_ASSERT_EQUAL(flow_table_size(UINT32_MAX), 0);
	CU_ASSERT_NOT_EQUAL(flow_table_size(FLOW_CAPACITY_MAX), 0);
	for (size_t i = 0; i < HARNESS_COUNT(capacities); i++) {
		/* A bucket line and ten tuples for 3.5 to 7 flows; two buckets at least. */
		size = flow_table_size(capacities[i]);
		CU_ASSERT(size >= (size_t)capacities[i] * 60);
		CU_ASSERT(size <= (size_t)capacities[i] * 122 + 1000);
	}

	size = flow_table_size(100);
	mem = aligned_alloc(FLOW_ALIGN, size + FLOW_ALIGN);
	CU_ASSERT_PTR_NULL(flow_table_init(mem, size - 1, 100, key));
	CU_ASSERT_PTR_NULL(flow_table_init(mem + 8, size, 100, key));
	CU_ASSERT_PTR_NULL(flow_table_init(mem, size, 0, key));
	CU_ASSERT_PTR_NULL(flow_table_init(mem, size, FLOW_CAPACITY_MAX + 1, key));
	CU_ASSERT_PTR_NOT_NULL(flow_table_init(mem, size, 100, key));
	free(mem);
}

static void
test_basics(void)
{
	struct flow_table *t = new_table(100);
	struct net_tuple a = tuple_of(1), b = tuple_of(2);
	uint64_t hash = flow_hash(t, &a);

	CU_ASSERT_EQUAL(flow_find(t, &a, hash), FLOW_NONE);
	CU_ASSERT_EQUAL(flow_remove(t, &a, hash), -ENOENT);
	CU_ASSERT_EQUAL(flow_insert(t, &a, hash, FLOW_NONE), -EINVAL);
	CU_ASSERT_EQUAL(t->count, 0);
	CU_ASSERT_EQUAL(flow_insert(t, &a, hash, 7), 0);
	CU_ASSERT_EQUAL(flow_insert(t, &a, hash, 8), -EEXIST);
	CU_ASSERT_EQUAL(flow_find(t, &a, hash), 7);
	CU_ASSERT_EQUAL(flow_find(t, &b, flow_hash(t, &b)), FLOW_NONE);
	/* The same hash is not the same tuple. */
	CU_ASSERT_EQUAL(flow_find(t, &b, hash), FLOW_NONE);
	CU_ASSERT_EQUAL(flow_remove(t, &b, hash), -ENOENT);
	CU_ASSERT_EQUAL(flow_remove(t, &a, hash), 0);
	CU_ASSERT_EQUAL(flow_find(t, &a, hash), FLOW_NONE);
	CU_ASSERT_EQUAL(flow_remove(t, &a, hash), -ENOENT);
	CU_ASSERT_EQUAL(t->count, 0);
	free(t);
}

/* Each field of the tuple counts; value 0 and the largest are values like others. */
static void
test_fields(void)
{
	struct flow_table *t = new_table(100);
	struct net_tuple rows[5];

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		rows[i] = tuple_of(1);
	rows[1].local.b[15] ^= 1;
	rows[2].remote.b[0] ^= 0x20;
	rows[3].local_port ^= 0x100;
	rows[4].remote_port ^= 1;
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(flow_insert(t, &rows[i], flow_hash(t, &rows[i]),
					    i == 0 ? 0 : UINT32_MAX - (uint32_t)i),
				0);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(flow_find(t, &rows[i], flow_hash(t, &rows[i])),
				i == 0 ? 0 : UINT32_MAX - (uint32_t)i);
	free(t);
}

static void
test_key_matters(void)
{
	struct flow_table *t = new_table(100);
	struct net_tuple a = tuple_of(1);
	uint64_t hash = flow_hash(t, &a);

	CU_ASSERT_EQUAL(hash, siphash13(key, &a, 36));
	t->key[3] ^= 1;
	CU_ASSERT_NOT_EQUAL(flow_hash(t, &a), hash);
	free(t);
}

/*
 * Tuples of one hash: both buckets take them, then no more; the refusal changes
 * nothing, and each one that goes makes room for another.
 */
static void
test_same_hash(void)
{
	static const uint64_t hashes[] = {
		0,
		UINT64_MAX,
		UINT64_C(0x1234000000000005),
		UINT64_C(0x0001000000000000),
		/* Tags without a low bit: the second bucket is another one all the same. */
		UINT64_C(0x0100000000000007),
		UINT64_C(0x8000000000000007),
	};

	for (size_t i = 0; i < HARNESS_COUNT(hashes); i++) {
		struct flow_table *t = new_table(1000);
		struct net_tuple tuple;

		for (uint32_t n = 0; n < 2 * FLOW_WAYS; n++) {
			tuple = tuple_of(n);
			CU_ASSERT_EQUAL(flow_insert(t, &tuple, hashes[i], n), 0);
		}
		tuple = tuple_of(99);
		CU_ASSERT_EQUAL(flow_insert(t, &tuple, hashes[i], 99), -ENOSPC);
		CU_ASSERT_EQUAL(flow_find(t, &tuple, hashes[i]), FLOW_NONE);
		CU_ASSERT_EQUAL(t->count, 2 * FLOW_WAYS);
		for (uint32_t n = 0; n < 2 * FLOW_WAYS; n++) {
			tuple = tuple_of(n);
			CU_ASSERT_EQUAL(flow_find(t, &tuple, hashes[i]), n);
			CU_ASSERT_EQUAL(flow_remove(t, &tuple, hashes[i]), 0);
			tuple = tuple_of(n + 100);
			CU_ASSERT_EQUAL(flow_insert(t, &tuple, hashes[i], n + 100), 0);
		}
		for (uint32_t n = 0; n < 2 * FLOW_WAYS; n++) {
			tuple = tuple_of(n + 100);
			CU_ASSERT_EQUAL(flow_find(t, &tuple, hashes[i]), n + 100);
		}
		free(t);
	}
}

/* What the table keeps beside its slots is what a count over the slots says. */
static bool
consistent(const struct flow_table *t)
{
	uint32_t spilled = 0, guests = 0, used = 0;

	for (uint32_t i = 0; i <= t->mask; i++) {
		spilled += t->buckets[i].spilled;
		for (uint32_t way = 0; way < FLOW_WAYS; way++) {
			bool guest = (t->buckets[i].guests >> way & 1) != 0;

			used += t->buckets[i].tag[way] != 0;
			guests += guest;
			if (guest && t->buckets[i].tag[way] == 0)
				return false;
		}
	}
	return spilled == guests && used == t->count;
}

/* Inserts tuples first to last with one tag and first bucket; all must go in. */
static void
insert_many(struct flow_table *t, uint64_t *hashes, uint32_t first, uint32_t last, uint64_t tag,
	    uint32_t bucket)
{
	for (uint32_t n = first; n <= last; n++) {
		struct net_tuple tuple = tuple_of(n);

		hashes[n] = tag << 48 | bucket;
		CU_ASSERT_EQUAL(flow_insert(t, &tuple, hashes[n], n), 0);
	}
}

static void
find_and_remove_all(struct flow_table *t, const uint64_t *hashes, uint32_t count)
{
	CU_ASSERT_TRUE(consistent(t));
	CU_ASSERT_EQUAL(t->count, count);
	for (uint32_t n = 0; n < count; n++) {
		struct net_tuple tuple = tuple_of(n);

		CU_ASSERT_EQUAL(flow_find(t, &tuple, hashes[n]), n);
	}
	for (uint32_t n = 0; n < count; n++) {
		struct net_tuple tuple = tuple_of(n);

		CU_ASSERT_EQUAL(flow_remove(t, &tuple, hashes[n]), 0);
		CU_ASSERT_EQUAL(flow_find(t, &tuple, hashes[n]), FLOW_NONE);
		CU_ASSERT_TRUE(consistent(t));
	}
}

/* The bucket beside bucket that holds a tuple with this tag. */
static uint32_t
spilled_to(const struct flow_table *t, uint16_t tag, uint32_t bucket)
{
	for (uint32_t i = 0; i <= t->mask; i++)
		for (uint32_t way = 0; way < FLOW_WAYS && i != bucket; way++)
			if (t->buckets[i].tag[way] == tag)
				return i;
	CU_FAIL("nothing spilled");
	return 0;
}

/* Both buckets are full, of tuples that can go elsewhere: from either one they do. */
static void
test_displacement(void)
{
	struct flow_table *t = new_table(1000);
	struct net_tuple tuple;
	uint64_t hashes[100];
	uint32_t second;

	/* The first bucket full of tag 1, then 20 of tag 2: the last ten move tag 1 on. */
	insert_many(t, hashes, 0, 9, 1, 3);
	insert_many(t, hashes, 10, 29, 2, 3);
	find_and_remove_all(t, hashes, 30);

	/* The first bucket full of tag 2, its second one full of those at home there. */
	insert_many(t, hashes, 0, 10, 2, 3);
	second = spilled_to(t, 2, 3);
	insert_many(t, hashes, 11, 19, 5, second);
	insert_many(t, hashes, 20, 28, 2, 3);
	find_and_remove_all(t, hashes, 29);

	/* A guest moves back home: 20 of tag 5 have two buckets and its place. */
	insert_many(t, hashes, 0, 10, 2, 3);
	second = spilled_to(t, 2, 3);
	for (uint32_t n = 0; n < 10; n++) {
		tuple = tuple_of(n);
		CU_ASSERT_EQUAL(flow_remove(t, &tuple, hashes[n]), 0);
	}
	CU_ASSERT_EQUAL(t->buckets[3].spilled, 1);
	insert_many(t, hashes, 11, 30, 5, second);
	CU_ASSERT_EQUAL(t->buckets[3].spilled, 0);
	CU_ASSERT_TRUE(consistent(t));
	for (uint32_t n = 10; n <= 30; n++) {
		tuple = tuple_of(n);
		CU_ASSERT_EQUAL(flow_find(t, &tuple, hashes[n]), n);
	}
	free(t);
}

static void
test_full_to_capacity(void)
{
	static const uint32_t capacities[] = { 1, 2, 14, 100, 7 * 1024, 60000 };

	for (size_t i = 0; i < HARNESS_COUNT(capacities); i++) {
		uint32_t capacity = capacities[i], n;
		struct flow_table *t = new_table(capacity);
		struct net_tuple tuple;

		for (n = 0; n < capacity; n++) {
			tuple = tuple_of(n);
			CU_ASSERT_EQUAL(flow_insert(t, &tuple, flow_hash(t, &tuple), n), 0);
		}
		tuple = tuple_of(n);
		CU_ASSERT_EQUAL(flow_insert(t, &tuple, flow_hash(t, &tuple), n), -ENOSPC);
		tuple = tuple_of(0);
		CU_ASSERT_EQUAL(flow_insert(t, &tuple, flow_hash(t, &tuple), n), -EEXIST);
		CU_ASSERT_TRUE(consistent(t));
		for (n = 0; n < capacity; n++) {
			tuple = tuple_of(n);
			CU_ASSERT_EQUAL(flow_find(t, &tuple, flow_hash(t, &tuple)), n);
		}
		free(t);
	}
}

/*
 * Random operations against an array indexed by the tuple's number. hash_mask
 * takes bits out of the hash, so that tuples collide in buckets, tags or both.
 */
static void
random_operations(uint64_t *seed, uint32_t capacity, uint32_t universe, uint64_t hash_mask,
		  uint32_t operations, uint32_t *refused)
{
	struct flow_table *t = new_table(capacity);
	uint32_t *model = malloc(universe * sizeof(*model));
	uint32_t count = 0;

	*refused = 0;
	for (uint32_t i = 0; i < universe; i++)
		model[i] = FLOW_NONE;
	for (uint32_t op = 0; op < operations; op++) {
		uint64_t r = harness_rand(seed);
		uint32_t n = (uint32_t)(r % universe), value = (uint32_t)(r >> 40);
		struct net_tuple tuple = tuple_of(n);
		uint64_t hash = flow_hash(t, &tuple) & hash_mask;
		bool known = model[n] != FLOW_NONE;
		int rc;

		CU_ASSERT_EQUAL(flow_find(t, &tuple, hash), model[n]);
		/* Phases of growth and of decline. */
		if ((r >> 32 & 15) < ((op / 5000) % 2 == 0 ? 11u : 5u)) {
			rc = flow_insert(t, &tuple, hash, value);
			if (rc == -ENOSPC) {
				(*refused)++;
				CU_ASSERT_FALSE(known);
				CU_ASSERT(count == capacity || hash_mask != UINT64_MAX);
			} else {
				CU_ASSERT_EQUAL(rc, known ? -EEXIST : 0);
				CU_ASSERT(known || count < capacity);
				if (rc == 0) {
					model[n] = value;
					count++;
				}
			}
		} else {
			CU_ASSERT_EQUAL(flow_remove(t, &tuple, hash), known ? 0 : -ENOENT);
			count -= known;
			model[n] = FLOW_NONE;
		}
		CU_ASSERT_EQUAL(t->count, count);
		if (op % 1024 == 0)
			CU_ASSERT_TRUE(consistent(t));
	}
	for (uint32_t n = 0; n < universe; n++) {
		struct net_tuple tuple = tuple_of(n);

		CU_ASSERT_EQUAL(flow_find(t, &tuple, flow_hash(t, &tuple) & hash_mask), model[n]);
	}
	CU_ASSERT_TRUE(consistent(t));
	free(model);
	free(t);
}

static void
test_random(void)
{
	static const struct {
		uint32_t capacity, universe;
		uint64_t hash_mask;
		bool refuses;
	} rows[] = {
		{ 1000, 3000, UINT64_MAX, true }, /* at the limit of the load */
		{ 7 * 128, 1500, UINT64_MAX, true },
		{ 7 * 128, 800, UINT64_MAX, false }, /* below it nothing is refused */
		{ 14, 40, UINT64_MAX, true },
		{ 1000, 2000, UINT64_C(0xffff000000000003), true },  /* four first buckets */
		{ 1000, 2000, UINT64_C(0x0003ffffffffffff), false }, /* four tags */
		{ 1000, 2000, UINT64_C(0x0001000000000001), true },  /* four hashes */
		{ 200, 400, 0, true },
	};
	uint64_t seed = harness_seed();
	uint32_t operations = harness_full() ? 2000000 : 100000;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint32_t refused;

		random_operations(&seed, rows[i].capacity, rows[i].universe, rows[i].hash_mask,
				  operations, &refused);
		if (rows[i].refuses)
			CU_ASSERT_NOT_EQUAL(refused, 0);
		if (rows[i].capacity >= rows[i].universe)
			CU_ASSERT_EQUAL(refused, 0);
	}
}

/* Sequential ports and addresses, as scanners and load generators use them, spread. */
static void
test_spread(void)
{
	struct flow_table *t = new_table(7 * 4096);
	uint32_t spilled = 0;

	for (uint32_t n = 0; n < 7 * 4096; n++) {
		struct net_tuple tuple = tuple_of(n);

		CU_ASSERT_EQUAL(flow_insert(t, &tuple, flow_hash(t, &tuple), n), 0);
	}
	for (uint32_t i = 0; i <= t->mask; i++)
		spilled += t->buckets[i].spilled;
	/* Poisson with mean 7: 3.6 % are above ten in a bucket, and some more follow them. */
	CU_ASSERT(spilled * 100 < t->count * 10);
	free(t);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "size and init", test_init },
		{ "insert, find, remove, refuse", test_basics },
		{ "each field counts", test_fields },
		{ "the key counts", test_key_matters },
		{ "tuples of one hash", test_same_hash },
		{ "displacement", test_displacement },
		{ "full to capacity", test_full_to_capacity },
		{ "random operations against a model", test_random },
		{ "sequential tuples spread", test_spread },
	};

	return harness_run("net/flow", cases, HARNESS_COUNT(cases));
}
