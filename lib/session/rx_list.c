/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/rx_list.h"

#include "buf/pools.h"

void
rx_list_put(struct rx_list *l, struct rte_mbuf *m, const struct rx_list_rec *rec)
{
	*rx_list_rec(m) = *rec;
	rx_list_rec(m)->next = NULL;
	if (l->last == NULL)
		l->first = m;
	else
		rx_list_rec(l->last)->next = m;
	l->last = m;
	l->room += m->buf_len;
}

void
rx_list_drop(struct rx_list *l, struct rte_mbuf *m)
{
	struct rte_mbuf *before = NULL, *at = l->first;

	/* The first in nearly all cases. */
	while (at != m) {
		before = at;
		at = rx_list_rec(at)->next;
	}
	if (before == NULL)
		l->first = rx_list_rec(m)->next;
	else
		rx_list_rec(before)->next = rx_list_rec(m)->next;
	if (l->last == m)
		l->last = before;
	l->room -= m->buf_len;
	buf_record_discard(m);
}

struct rte_mbuf *
rx_list_control(const struct rx_list *l)
{
	return l->last != NULL && rx_list_rec(l->last)->type != RECORD_DATA ? l->last : NULL;
}

void
rx_list_fini(struct rx_list *l)
{
	while (l->first != NULL)
		rx_list_drop(l, l->first);
}
