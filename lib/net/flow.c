/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/flow.h"

#include <errno.h>
#include <stdbool.h>

enum { BUCKETS_MAX = 1 << 24 }; /* tag_of and the bucket number share no bit of the hash */
static_assert(FLOW_CAPACITY_MAX / FLOW_FILL < BUCKETS_MAX, "the bucket number has 24 bits");

/* Where a tuple is. */
struct place {
	uint32_t bucket;
	uint32_t way; /* FLOW_WAYS: nowhere */
};

static uint32_t
buckets_for(uint32_t capacity)
{
	uint32_t n = 2; /* a second bucket must be another one */

	while ((uint64_t)n * FLOW_FILL < capacity)
		n *= 2;
	return n;
}

static size_t
header_size(void)
{
	return (sizeof(struct flow_table) + FLOW_ALIGN - 1) / FLOW_ALIGN * FLOW_ALIGN;
}

size_t
flow_table_size(uint32_t capacity)
{
	if (capacity == 0 || capacity > FLOW_CAPACITY_MAX)
		return 0;
	return header_size() +
	       (size_t)buckets_for(capacity) *
		       (sizeof(struct flow_bucket) + FLOW_WAYS * sizeof(struct net_tuple));
}

struct flow_table *
flow_table_init(void *mem, size_t size, uint32_t capacity, const uint8_t key[SIPHASH_KEY_LEN])
{
	struct flow_table *t = mem;
	size_t need = flow_table_size(capacity);
	uint32_t n = buckets_for(capacity);

	if (need == 0 || size < need || (uintptr_t)mem % FLOW_ALIGN != 0)
		return NULL;
	t->buckets = (struct flow_bucket *)((uint8_t *)mem + header_size());
	t->tuples = (struct net_tuple *)(t->buckets + n);
	t->mask = n - 1;
	t->count = 0;
	t->capacity = capacity;
	memcpy(t->key, key, SIPHASH_KEY_LEN);
	memset(t->buckets, 0, n * sizeof(struct flow_bucket));
	return t;
}

static uint16_t
tag_of(uint64_t hash)
{
	uint16_t tag = (uint16_t)(hash >> 48);

	return tag != 0 ? tag : 1;
}

/*
 * The other bucket of a tuple with this tag, from either of the two: it can be
 * moved without its hash.
 */
static uint32_t
other_bucket(const struct flow_table *t, uint32_t bucket, uint16_t tag)
{
	uint32_t distance = (tag * UINT32_C(0x9e3779b1)) & t->mask;

	return bucket ^ (distance != 0 ? distance : 1);
}

static uint32_t
find_way(const struct flow_table *t, uint32_t bucket, uint16_t tag, const struct net_tuple *tuple)
{
	const struct flow_bucket *b = &t->buckets[bucket];
	const struct net_tuple *tuples = &t->tuples[(size_t)bucket * FLOW_WAYS];
	uint32_t way;

	for (way = 0; way < FLOW_WAYS; way++)
		if (b->tag[way] == tag && net_tuple_equal(&tuples[way], tuple))
			break;
	return way;
}

static struct place
find_place(const struct flow_table *t, const struct net_tuple *tuple, uint64_t hash)
{
	uint16_t tag = tag_of(hash);
	struct place p = { .bucket = (uint32_t)hash & t->mask };

	p.way = find_way(t, p.bucket, tag, tuple);
	if (p.way == FLOW_WAYS && t->buckets[p.bucket].spilled != 0) {
		p.bucket = other_bucket(t, p.bucket, tag);
		p.way = find_way(t, p.bucket, tag, tuple);
	}
	return p;
}

uint32_t
flow_find(const struct flow_table *t, const struct net_tuple *tuple, uint64_t hash)
{
	struct place p = find_place(t, tuple, hash);

	return p.way != FLOW_WAYS ? t->buckets[p.bucket].value[p.way] : FLOW_NONE;
}

static uint32_t
free_way(const struct flow_table *t, uint32_t bucket)
{
	const struct flow_bucket *b = &t->buckets[bucket];
	uint32_t way;

	for (way = 0; way < FLOW_WAYS; way++)
		if (b->tag[way] == 0)
			break;
	return way;
}

/* Writes a free slot; first says whether the bucket is the tuple's first one. */
static void
put(struct flow_table *t, struct place p, uint16_t tag, const struct net_tuple *tuple,
    uint32_t value, bool first)
{
	struct flow_bucket *b = &t->buckets[p.bucket];

	b->tag[p.way] = tag;
	b->value[p.way] = value;
	t->tuples[(size_t)p.bucket * FLOW_WAYS + p.way] = *tuple;
	if (!first) {
		b->guests |= (uint16_t)(1u << p.way);
		t->buckets[other_bucket(t, p.bucket, tag)].spilled++;
	}
}

static void
clear(struct flow_table *t, struct place p)
{
	struct flow_bucket *b = &t->buckets[p.bucket];
	uint16_t bit = (uint16_t)(1u << p.way);

	if ((b->guests & bit) != 0) {
		t->buckets[other_bucket(t, p.bucket, b->tag[p.way])].spilled--;
		b->guests &= (uint16_t)~bit;
	}
	b->tag[p.way] = 0;
}

/*
 * Makes a slot of a full bucket free: one of its tuples moves to its other
 * bucket. One step, no search: below the load limit it fails for colliding
 * tuples only. FLOW_WAYS where none can move.
 */
static uint32_t
displace(struct flow_table *t, uint32_t bucket)
{
	struct flow_bucket *b = &t->buckets[bucket];

	for (uint32_t way = 0; way < FLOW_WAYS; way++) {
		struct place from = { .bucket = bucket, .way = way };
		struct place to = { .bucket = other_bucket(t, bucket, b->tag[way]) };
		bool guest = (b->guests >> way & 1) != 0;

		to.way = free_way(t, to.bucket);
		if (to.way == FLOW_WAYS || (!guest && b->spilled == UINT16_MAX))
			continue;
		put(t, to, b->tag[way], &t->tuples[(size_t)bucket * FLOW_WAYS + way], b->value[way],
		    guest);
		clear(t, from);
		return way;
	}
	return FLOW_WAYS;
}

/* A free slot for a tuple of this hash, in its first bucket where that has one. */
static struct place
make_place(struct flow_table *t, uint32_t first, uint32_t second)
{
	bool may_spill = t->buckets[first].spilled != UINT16_MAX;
	struct place p = { .bucket = first, .way = free_way(t, first) };

	if (p.way == FLOW_WAYS && may_spill) {
		p.bucket = second;
		p.way = free_way(t, second);
	}
	if (p.way == FLOW_WAYS) {
		p.bucket = first;
		p.way = displace(t, first);
	}
	if (p.way == FLOW_WAYS && may_spill) {
		p.bucket = second;
		p.way = displace(t, second);
	}
	return p;
}

int
flow_insert(struct flow_table *t, const struct net_tuple *tuple, uint64_t hash, uint32_t value)
{
	uint16_t tag = tag_of(hash);
	uint32_t first = (uint32_t)hash & t->mask;
	struct place p;

	if (value == FLOW_NONE)
		return -EINVAL;
	if (find_place(t, tuple, hash).way != FLOW_WAYS)
		return -EEXIST;
	if (t->count == t->capacity)
		return -ENOSPC;
	p = make_place(t, first, other_bucket(t, first, tag));
	if (p.way == FLOW_WAYS)
		return -ENOSPC;
	put(t, p, tag, tuple, value, p.bucket == first);
	t->count++;
	return 0;
}

int
flow_remove(struct flow_table *t, const struct net_tuple *tuple, uint64_t hash)
{
	struct place p = find_place(t, tuple, hash);

	if (p.way == FLOW_WAYS)
		return -ENOENT;
	clear(t, p);
	t->count--;
	return 0;
}
