/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Buffers of a pool at hand: a call of a pool costs as much for one as for several. They are taken some at
 * a time, more each time, used one by one, and what is left goes back at once.
 */
#ifndef RTLS_BUF_SPARE_H
#define RTLS_BUF_SPARE_H

#include <rte_mbuf.h>

enum {
	BUF_SPARE_FIRST = 4,
	BUF_SPARE_MAX = 32,
};

struct buf_spare {
	struct rte_mempool *pool;
	uint16_t at; /* m[at] to m[end - 1] are there */
	uint16_t end;
	uint16_t next; /* so many are taken next */
	struct rte_mbuf *m[BUF_SPARE_MAX];
};

static inline void
buf_spare_init(struct buf_spare *s, struct rte_mempool *pool)
{
	s->pool = pool;
	s->at = s->end = 0;
	s->next = BUF_SPARE_FIRST;
}

/* False: the pool is empty. */
bool buf_spare_fill(struct buf_spare *s);

/* One as it comes from the pool: to be reset or attached. NULL: there is none. */
static inline struct rte_mbuf *
buf_spare_take(struct buf_spare *s)
{
	return s->at == s->end && !buf_spare_fill(s) ? NULL : s->m[s->at++];
}

/* Gives back what is left. */
void buf_spare_end(struct buf_spare *s);

#endif
