/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/cable_flight.h"

#include <errno.h>
#include <stdlib.h>

int
flights_init(struct flights *h, uint32_t cap)
{
	*h = (struct flights){ .heap = calloc(cap, sizeof(*h->heap)), .cap = cap };
	return h->heap == NULL ? -ENOMEM : 0;
}

static bool
earlier(const struct flight *a, const struct flight *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

bool
flights_push(struct flights *h, struct flight f)
{
	uint32_t i = h->cnt;

	if (i == h->cap)
		return false;
	h->cnt++;
	while (i > 0 && earlier(&f, &h->heap[(i - 1) / 2])) {
		h->heap[i] = h->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->heap[i] = f;
	return true;
}

struct rte_mbuf *
flights_pop(struct flights *h)
{
	struct rte_mbuf *m = h->heap[0].m;
	struct flight last = h->heap[--h->cnt];
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < h->cnt) {
		if (child + 1 < h->cnt && earlier(&h->heap[child + 1], &h->heap[child]))
			child++;
		if (!earlier(&h->heap[child], &last))
			break;
		h->heap[i] = h->heap[child];
		i = child;
	}
	h->heap[i] = last;
	return m;
}

void
flights_fini(struct flights *h)
{
	free(h->heap);
	*h = (struct flights){ 0 };
}
