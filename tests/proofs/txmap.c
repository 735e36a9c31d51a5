/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/core/txmap.c */
/* flags: --unwind 5 */
#include "core/txmap.h"
#include "proof.h"

/*
 * Three records of any length, sealed or of two epochs: what is found holds the byte, a cut lies
 * inside what is there and of one epoch, and the epochs count what is left of them.
 */
void
prove_find(void)
{
	struct epoch epochs[2] = { { 0 }, { 0 } }, *const any[] = { NULL, &epochs[0], &epochs[1] };
	struct txmap_rec rec[3], *found, *at;
	uint32_t left[2] = { 0, 0 };
	uint64_t off = nondet_u64();
	uint32_t len = nondet_u32(), cut;
	struct txmap map;

	txmap_init(&map, nondet_u32());
	for (unsigned int i = 0; i < 3; i++) {
		unsigned int which = nondet_u32();

		ASSUME(rec[i].len >= 1 && rec[i].len <= UINT16_MAX && which < 3);
		rec[i].epoch = any[which];
		txmap_push(&map, &rec[i]);
	}
	txmap_acked(&map, nondet_u64());
	ASSUME(map.una_off <= map.end_off);
	found = txmap_pop(&map);
	PROVE(found == NULL || found->stream_off + found->len <= map.una_off);
	for (at = map.head; at != NULL; at = at->next)
		for (unsigned int i = 0; i < 2; i++)
			left[i] += at->epoch == &epochs[i];
	PROVE(epochs[0].records == left[0] && epochs[1].records == left[1]);
	ASSUME(map.head != NULL);
	ASSUME(off >= map.una_off && off < map.end_off && off >= map.head->stream_off && len >= 1);
	found = txmap_find(&map, off);
	PROVE(found->stream_off <= off && off < found->stream_off + found->len);
	cut = txmap_cut(found, off, len, 2);
	PROVE(cut >= 1 && cut <= len);
	PROVE(txmap_find(&map, off + cut - 1)->epoch == found->epoch);
	PROVE(len > map.end_off - off || off + cut <= map.end_off);
}
