/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/oracle_piece.h"

#include <stdlib.h>
#include <string.h>

void
oracle_unmark(struct oracle_piece *p)
{
	p->run = 0;
	p->wrong = false;
}

struct oracle_piece
oracle_part_of(const struct oracle_piece *p, int64_t off, int64_t end, bool whole)
{
	struct oracle_piece part = { .off = off, .end = end };

	if (whole) {
		part.run = p->run;
		part.wrong = p->wrong;
	}

	part.bytes = malloc((size_t)(end - off) + 1);
	if (part.bytes == NULL)
		abort();
	memcpy(part.bytes, p->bytes + (off - p->off), (size_t)(end - off));
	return part;
}

void
oracle_drop_front(struct oracle_piece *of, size_t *nb, size_t n)
{
	*nb -= n;
	if (n > 0)
		memmove(of, of + n, *nb * sizeof(*of));
}

void *
oracle_grown(void *array, size_t nb, size_t *cap, size_t size)
{
	if (nb < *cap)
		return array;
	*cap = *cap == 0 ? 64 : *cap * 2;
	array = realloc(array, *cap * size);
	if (array == NULL)
		abort();
	return array;
}
