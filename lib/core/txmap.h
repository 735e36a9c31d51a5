/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Which record holds a byte of the stream that is sent: the records in order, from
 * the first that is not acknowledged in full. Who builds a segment, seals a
 * retransmission or tells a device where it is asks here.
 *
 * Pure: nodes are the caller's memory, linked as they are pushed; no payload is seen.
 */
#ifndef RTLS_CORE_TXMAP_H
#define RTLS_CORE_TXMAP_H

#include <stddef.h>

#include "core/epoch.h"

/* One record, or a run of bytes from before the keys. */
struct txmap_rec {
	struct txmap_rec *next;
	/*
	 * In clear, with room for the tag: whose key seals it, in the device or here. NULL: its bytes
	 * are what goes on the wire. The epoch counts its records.
	 */
	struct epoch *epoch;
	uint64_t stream_off; /* set by txmap_push */
	uint64_t rec_no;
	uint32_t len; /* bytes on the wire, at least 1 */
	uint8_t type; /* content type; 0: from before the keys */
	bool fence;   /* no segment spans its first byte and the one before it */
};

struct txmap {
	struct txmap_rec *head;
	struct txmap_rec *tail;
	struct txmap_rec *hint; /* of the last look-up, or NULL */
	uint64_t una_off;       /* everything below is acknowledged */
	uint64_t end_off;       /* behind the last byte */
};

/* Behind its last byte. */
static inline uint64_t
txmap_rec_end(const struct txmap_rec *rec)
{
	return rec->stream_off + rec->len;
}

void txmap_init(struct txmap *map, uint64_t start_off);

/* Appends a record whose len, type, rec_no, epoch and fence are set. */
static inline void
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

/* Event: the last record, of bytes from before the keys, has n bytes more. */
void txmap_grow(struct txmap *map, uint32_t n);

/* Event: everything below una_off is acknowledged; never goes back. */
static inline void
txmap_acked(struct txmap *map, uint64_t una_off)
{
	if (una_off > map->una_off)
		map->una_off = una_off;
}

/* Takes the first record if all of it is acknowledged; NULL: it is not, or there is none. */
static inline struct txmap_rec *
txmap_pop(struct txmap *map)
{
	struct txmap_rec *rec = map->head;

	if (rec == NULL || txmap_rec_end(rec) > map->una_off)
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

/* The record that holds off, from one on that holds a byte at or before it. */
static inline struct txmap_rec *
txmap_from(struct txmap_rec *rec, uint64_t off)
{
	while (off >= txmap_rec_end(rec))
		rec = rec->next;
	return rec;
}

/* The same, among all; una_off <= off < end_off. */
static inline struct txmap_rec *
txmap_find(struct txmap *map, uint64_t off)
{
	struct txmap_rec *rec = map->hint;

	/* New data follows the last look-up; what is sent again is mostly the oldest. */
	if (rec == NULL || off < rec->stream_off)
		rec = map->head;
	map->hint = txmap_from(rec, off);
	return map->hint;
}

/* Puts fresh, which needs nothing set and may be old itself, in its place: the record, sealed. */
void txmap_sealed(struct txmap *map, struct txmap_rec *old, struct txmap_rec *fresh);

/*
 * How many of len bytes at off, which is in rec, one segment may carry: up to the next fence, of one
 * epoch, in at most pieces_max records. At least 1 when len is.
 */
uint32_t txmap_cut(const struct txmap_rec *rec, uint64_t off, uint32_t len,
		   unsigned int pieces_max);

#endif
