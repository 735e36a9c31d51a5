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
txmap_grow(struct txmap *map, uint32_t n)
{
	map->tail->len += n;
	map->end_off += n;
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
	uint64_t end = txmap_rec_end(rec);
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
