/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/spare.h"

bool
buf_spare_fill(struct buf_spare *s)
{
	uint16_t n = s->next;

	/* The last ones are taken one by one. */
	while (n > 0 && rte_mempool_get_bulk(s->pool, (void **)s->m, n) != 0)
		n /= 2;
	s->at = 0;
	s->end = n;
	s->next = (uint16_t)RTE_MIN(2 * s->next, (int)BUF_SPARE_MAX);
	return n > 0;
}

void
buf_spare_end(struct buf_spare *s)
{
	if (s->at < s->end)
		rte_mempool_put_bulk(s->pool, (void **)&s->m[s->at], s->end - s->at);
	s->at = s->end = 0;
}
