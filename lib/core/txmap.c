/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/txmap.h"

#include <stddef.h>

void
txmap_init(struct txmap *map, uint64_t start_off)
{
	*map = (struct txmap){ .una_off = start_off, .end_off = start_off };
}

void
txmap_push(struct txmap *map, struct txmap_rec *rec)
{
	rec->next = NULL;
	rec->stream_off = map->end_off;
	if (map->tail == NULL)
		map->head = rec;
	else
		map->tail->next = rec;
	map->tail = rec;
	map->end_off += rec->len;
	if (rec->epoch != NULL)
		rec->epoch->records++;
}

void
txmap_grow(struct txmap *map, uint32_t n)
{
	map->tail->len += n;
	map->end_off += n;
}

static uint64_t
rec_end(const struct txmap_rec *rec)
{
	return rec->stream_off + rec->len;
}

void
txmap_acked(struct txmap *map, uint64_t una_off)
{
	if (una_off > map->una_off)
		map->una_off = una_off;
}

struct txmap_rec *
txmap_pop(struct txmap *map)
{
	struct txmap_rec *rec = map->head;

	if (rec == NULL || rec_end(rec) > map->una_off)
		return NULL;
	if (map->hint == rec)
		map->hint = NULL;
	map->head = rec->next;
	if (map->head == NULL)
		map->tail = NULL;
	if (rec->epoch != NULL)
		rec->epoch->records--;
	return rec;
}

struct txmap_rec *
txmap_find(struct txmap *map, uint64_t off)
{
	struct txmap_rec *rec = map->hint;

	/* New data follows the last look-up; what is sent again is mostly the oldest. */
	if (rec == NULL || off < rec->stream_off)
		rec = map->head;
	map->hint = txmap_from(rec, off);
	return map->hint;
}

void
txmap_sealed(struct txmap *map, struct txmap_rec *old, struct txmap_rec *fresh)
{
	struct txmap_rec **link = &map->head;

	while (*link != old)
		link = &(*link)->next;
	old->epoch->records--;
	*fresh = *old;
	fresh->epoch = NULL;
	*link = fresh;
	if (map->tail == old)
		map->tail = fresh;
	if (map->hint == old)
		map->hint = fresh;
}

uint32_t
txmap_cut(const struct txmap_rec *rec, uint64_t off, uint32_t len, unsigned int pieces_max)
{
	const struct epoch *epoch = rec->epoch;
	const struct txmap_rec *next;
	uint64_t end = rec_end(rec);
	unsigned int pieces = 1;

	while (end - off < len) {
		next = rec->next;
		if (next == NULL || next->fence || next->epoch != epoch || pieces == pieces_max)
			return (uint32_t)(end - off);
		rec = next;
		end += rec->len;
		pieces++;
	}
	return len;
}
