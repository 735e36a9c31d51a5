/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A hash table from connection to 32-bit value (an index of the caller's). The
 * hash is keyed SipHash-1-3, so that a peer cannot choose tuples that collide.
 *
 * A bucket is one cache line: ten 16-bit tags, ten values. A tuple has two
 * buckets, the second one is read only where the first has spilled. The tuples
 * themselves are kept beside, and read only where a tag fits. Single-threaded.
 */
#ifndef RTLS_NET_FLOW_H
#define RTLS_NET_FLOW_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/siphash.h"

#define FLOW_NONE UINT32_MAX

enum {
	FLOW_WAYS = 10,
	FLOW_FILL = 7, /* tuples per bucket that capacity counts on: load <= 0.7 */
	FLOW_ALIGN = 64,
	FLOW_CAPACITY_MAX = 1 << 26,
};

struct flow_bucket {
	uint16_t tag[FLOW_WAYS]; /* 0: free */
	uint16_t spilled;        /* tuples whose first bucket this is, in their second one */
	uint16_t guests;         /* bit per slot: its tuple is in its second bucket here */
	uint32_t value[FLOW_WAYS];
};
static_assert(sizeof(struct flow_bucket) == FLOW_ALIGN, "a bucket is one cache line");

struct flow_table {
	struct flow_bucket *buckets;
	struct net_tuple *tuples; /* FLOW_WAYS per bucket */
	uint32_t mask;            /* number of buckets - 1 */
	uint32_t count;
	uint32_t capacity;
	uint8_t key[SIPHASH_KEY_LEN];
};

/* Bytes for capacity tuples; 0 where capacity is 0 or above FLOW_CAPACITY_MAX. */
size_t flow_table_size(uint32_t capacity);

/*
 * Makes an empty table in mem, which it borrows until the table is not used any
 * more. key is random, made at start. NULL: mem is not aligned to FLOW_ALIGN or
 * size is below flow_table_size(capacity).
 */
struct flow_table *flow_table_init(void *mem, size_t size, uint32_t capacity,
				   const uint8_t key[SIPHASH_KEY_LEN]);

static inline uint64_t
flow_hash(const struct flow_table *t, const struct net_tuple *tuple)
{
	return siphash13(t->key, tuple, sizeof(*tuple));
}

/* hash is flow_hash(t, tuple), in all three. The value, or FLOW_NONE. */
uint32_t flow_find(const struct flow_table *t, const struct net_tuple *tuple, uint64_t hash);

/*
 * 0; -EEXIST: the tuple is there already; -EINVAL: value is FLOW_NONE; -ENOSPC:
 * the table holds its capacity, or (not to be expected below it) no slot can be
 * made free. A refusal changes nothing.
 */
int flow_insert(struct flow_table *t, const struct net_tuple *tuple, uint64_t hash, uint32_t value);

/* 0 or -ENOENT. */
int flow_remove(struct flow_table *t, const struct net_tuple *tuple, uint64_t hash);

#endif
