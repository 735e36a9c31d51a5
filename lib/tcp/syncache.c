/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/syncache.h"

#include <string.h>

#include "net/siphash.h"

enum {
	LEVELS = TCP_SYNCACHE_RESENDS + 1, /* the last waits for the end of the record */
	CAPACITY_MAX = 1 << 24,
};

#define LEVEL_FREE UINT32_MAX

/* Records of a level wait equally long, so their list is in order of time. */
struct level {
	uint32_t first;
	uint32_t last;
};

struct tcp_syncache {
	uint8_t key[SIPHASH_KEY_LEN];
	uint32_t bucket_mask;
	uint32_t count;
	struct level levels[LEVELS];
	struct tcp_syncache_entry entries[]; /* index i + 1 names entries[i] */
};

static uint32_t
buckets_for(uint32_t capacity)
{
	uint32_t n = 1;

	while (n < CAPACITY_MAX / TCP_SYNCACHE_WAYS && n * TCP_SYNCACHE_WAYS < capacity)
		n *= 2;
	return n;
}

size_t
tcp_syncache_size(uint32_t capacity)
{
	return sizeof(struct tcp_syncache) + (size_t)buckets_for(capacity) * TCP_SYNCACHE_WAYS *
						     sizeof(struct tcp_syncache_entry);
}

struct tcp_syncache *
tcp_syncache_init(void *mem, size_t size, uint32_t capacity, const uint8_t key[16])
{
	struct tcp_syncache *sc = mem;
	uint32_t buckets = buckets_for(capacity);

	if (size < tcp_syncache_size(capacity))
		return NULL;
	memset(sc, 0, sizeof(*sc));
	memcpy(sc->key, key, sizeof(sc->key));
	sc->bucket_mask = buckets - 1;
	for (uint32_t i = 0; i < buckets * TCP_SYNCACHE_WAYS; i++)
		sc->entries[i].level = LEVEL_FREE;
	return sc;
}

static struct tcp_syncache_entry *
bucket_of(struct tcp_syncache *sc, const struct net_tuple *tuple)
{
	uint64_t hash = siphash13(sc->key, tuple, sizeof(*tuple));

	return &sc->entries[((uint32_t)hash & sc->bucket_mask) * TCP_SYNCACHE_WAYS];
}

static uint32_t
index_of(const struct tcp_syncache *sc, const struct tcp_syncache_entry *e)
{
	return (uint32_t)(e - sc->entries) + 1;
}

static uint32_t *
link_to_next(struct tcp_syncache *sc, const struct tcp_syncache_entry *e)
{
	return e->prev != 0 ? &sc->entries[e->prev - 1].next : &sc->levels[e->level].first;
}

static uint32_t *
link_to_prev(struct tcp_syncache *sc, const struct tcp_syncache_entry *e)
{
	return e->next != 0 ? &sc->entries[e->next - 1].prev : &sc->levels[e->level].last;
}

static void
leave_level(struct tcp_syncache *sc, struct tcp_syncache_entry *e)
{
	*link_to_next(sc, e) = e->next;
	*link_to_prev(sc, e) = e->prev;
	e->level = LEVEL_FREE;
}

static void
enter_level(struct tcp_syncache *sc, struct tcp_syncache_entry *e, uint32_t level, uint64_t now_us)
{
	e->level = level;
	e->at_us = now_us + ((uint64_t)TCP_SYNCACHE_FIRST_US << level);
	e->next = 0;
	e->prev = sc->levels[level].last;
	*link_to_next(sc, e) = index_of(sc, e);
	sc->levels[level].last = index_of(sc, e);
}

bool
tcp_syncache_has_room(struct tcp_syncache *sc, const struct net_tuple *tuple)
{
	const struct tcp_syncache_entry *bucket = bucket_of(sc, tuple);

	for (uint32_t i = 0; i < TCP_SYNCACHE_WAYS; i++)
		if (bucket[i].level == LEVEL_FREE)
			return true;
	return false;
}

struct tcp_syncache_entry *
tcp_syncache_add(struct tcp_syncache *sc, const struct net_tuple *tuple, uint32_t listener,
		 uint64_t now_us, bool *evicted)
{
	struct tcp_syncache_entry *bucket = bucket_of(sc, tuple);
	struct tcp_syncache_entry *e = bucket;

	for (uint32_t i = 1; i < TCP_SYNCACHE_WAYS && e->level != LEVEL_FREE; i++)
		if (bucket[i].level == LEVEL_FREE || bucket[i].born_us < e->born_us)
			e = &bucket[i];
	*evicted = e->level != LEVEL_FREE;
	if (*evicted)
		tcp_syncache_remove(sc, e);
	e->tuple = *tuple;
	e->listener = listener;
	e->born_us = now_us;
	memset(&e->syn, 0, sizeof(e->syn));
	enter_level(sc, e, 0, now_us);
	sc->count++;
	return e;
}

struct tcp_syncache_entry *
tcp_syncache_find(struct tcp_syncache *sc, const struct net_tuple *tuple)
{
	struct tcp_syncache_entry *bucket = bucket_of(sc, tuple);

	for (uint32_t i = 0; i < TCP_SYNCACHE_WAYS; i++)
		if (bucket[i].level != LEVEL_FREE && net_tuple_equal(&bucket[i].tuple, tuple))
			return &bucket[i];
	return NULL;
}

void
tcp_syncache_remove(struct tcp_syncache *sc, struct tcp_syncache_entry *e)
{
	leave_level(sc, e);
	sc->count--;
}

uint32_t
tcp_syncache_remove_listener(struct tcp_syncache *sc, uint32_t listener)
{
	uint32_t n = 0;

	for (uint32_t l = 0; l < LEVELS; l++) {
		uint32_t i = sc->levels[l].first;

		while (i != 0) {
			struct tcp_syncache_entry *e = &sc->entries[i - 1];

			i = e->next;
			if (e->listener == listener) {
				tcp_syncache_remove(sc, e);
				n++;
			}
		}
	}
	return n;
}

struct tcp_syncache_entry *
tcp_syncache_due(struct tcp_syncache *sc, uint64_t now_us, uint32_t *budget)
{
	for (uint32_t l = 0; l < LEVELS; l++) {
		while (sc->levels[l].first != 0) {
			struct tcp_syncache_entry *e = &sc->entries[sc->levels[l].first - 1];

			if (e->at_us > now_us)
				break;
			if (*budget == 0)
				return NULL;
			(*budget)--;
			if (l == TCP_SYNCACHE_RESENDS) {
				tcp_syncache_remove(sc, e);
				continue;
			}
			leave_level(sc, e);
			enter_level(sc, e, l + 1, now_us);
			e->syn.resent++;
			return e;
		}
	}
	return NULL;
}

uint64_t
tcp_syncache_deadline(const struct tcp_syncache *sc)
{
	uint64_t at = UINT64_MAX;

	for (uint32_t l = 0; l < LEVELS; l++) {
		uint32_t i = sc->levels[l].first;

		if (i != 0 && sc->entries[i - 1].at_us < at)
			at = sc->entries[i - 1].at_us;
	}
	return at;
}

uint32_t
tcp_syncache_count(const struct tcp_syncache *sc)
{
	return sc->count;
}
