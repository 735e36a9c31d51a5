/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/opened.h"

#include <string.h>

#include "buf/pools.h"

void
opened_put(struct opened *l, struct rte_mbuf *m, const struct opened_rec *rec)
{
	*opened_rec(m) = *rec;
	opened_rec(m)->next = NULL;
	if (l->last == NULL)
		l->first = m;
	else
		opened_rec(l->last)->next = m;
	l->last = m;
	l->room += m->buf_len;
}

void
opened_drop(struct opened *l, struct rte_mbuf *m)
{
	struct rte_mbuf *before = NULL, *at = l->first;

	/* The first in nearly all cases. */
	while (at != m) {
		before = at;
		at = opened_rec(at)->next;
	}
	if (before == NULL)
		l->first = opened_rec(m)->next;
	else
		opened_rec(before)->next = opened_rec(m)->next;
	if (l->last == m)
		l->last = before;
	l->room -= m->buf_len;
	buf_record_discard(m);
}

struct rte_mbuf *
opened_control(const struct opened *l)
{
	return l->last != NULL && opened_rec(l->last)->type != RECORD_DATA ? l->last : NULL;
}

void
opened_fini(struct opened *l)
{
	while (l->first != NULL)
		opened_drop(l, l->first);
}
