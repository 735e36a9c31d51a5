/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/core/txmap.c */
/* flags: --unwind 5 */
#include "core/txmap.h"
#include "proof.h"

/* Three records of any length: what is found holds the byte, a cut lies inside what is there. */
void
prove_find(void)
{
	struct txmap_rec rec[3], *found;
	uint64_t off = nondet_u64();
	uint32_t len = nondet_u32(), cut;
	struct txmap map;

	txmap_init(&map, nondet_u32());
	for (unsigned int i = 0; i < 3; i++) {
		ASSUME(rec[i].len >= 1 && rec[i].len <= UINT16_MAX);
		txmap_push(&map, &rec[i]);
	}
	txmap_acked(&map, nondet_u64());
	ASSUME(map.una_off <= map.end_off);
	found = txmap_pop(&map);
	PROVE(found == NULL || found->stream_off + found->len <= map.una_off);
	ASSUME(map.head != NULL);
	ASSUME(off >= map.una_off && off < map.end_off && off >= map.head->stream_off && len >= 1);
	found = txmap_find(&map, off);
	PROVE(found->stream_off <= off && off < found->stream_off + found->len);
	cut = txmap_cut(&map, off, len, 2);
	PROVE(cut >= 1 && cut <= len);
	PROVE(len > map.end_off - off || off + cut <= map.end_off);
}
