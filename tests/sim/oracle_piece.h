/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Bytes as TCP has them, for the resync oracle. Whoever has none left for them aborts. */
#ifndef RTLS_SIM_ORACLE_PIECE_H
#define RTLS_SIM_ORACLE_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that one packet brought, and TCP took. */
struct oracle_piece {
	int64_t off;
	int64_t end;
	uint32_t run; /* 0: not marked */
	bool wrong;   /* as another record's */
	uint8_t *bytes;
};

/* The bytes from off to end, and no others, of a packet; not whole: they count as not marked. */
struct oracle_piece oracle_part_of(const struct oracle_piece *p, int64_t off, int64_t end,
				   bool whole);

void oracle_unmark(struct oracle_piece *p);

/* The first n of nb go; there may be no array yet. */
void oracle_drop_front(struct oracle_piece *of, size_t *nb, size_t n);

/* An array of nb, cap of them allocated, with room for one more. */
void *oracle_grown(void *array, size_t nb, size_t *cap, size_t size);

#endif
