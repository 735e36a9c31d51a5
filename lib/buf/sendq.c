/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/sendq.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <rte_common.h>

static_assert(sizeof(struct sendq_rec) <= 64, "a descriptor fits the private area of its buffer");

void
sendq_init(struct sendq *q, uint64_t start_off)
{
	memset(q, 0, sizeof(*q));
	q->una_off = start_off;
	q->end_off = start_off;
}

void
sendq_push(struct sendq *q, struct rte_mbuf *m)
{
	struct sendq_rec *rec = sendq_rec(m);

	rec->next = NULL;
	rec->stream_off = q->end_off;
	rec->len = m->data_len;
	if (q->tail == NULL)
		q->head = m;
	else
		sendq_rec(q->tail)->next = m;
	q->tail = m;
	q->end_off += rec->len;
	q->room_used += m->buf_len;
}

void
sendq_tail_grown(struct sendq *q, uint32_t n)
{
	struct rte_mbuf *m = q->tail;

	m->data_len = (uint16_t)(m->data_len + n);
	m->pkt_len = m->data_len;
	sendq_rec(m)->len += n;
	q->end_off += n;
}

static uint64_t
rec_end(const struct sendq_rec *rec)
{
	return rec->stream_off + rec->len;
}

unsigned int
sendq_release(struct sendq *q, uint64_t una_off)
{
	struct rte_mbuf *m;
	unsigned int n = 0;

	if (una_off > q->una_off)
		q->una_off = una_off;
	while ((m = q->head) != NULL && rec_end(sendq_rec(m)) <= q->una_off) {
		if (q->hint == m)
			q->hint = NULL;
		q->head = sendq_rec(m)->next;
		if (q->head == NULL)
			q->tail = NULL;
		q->room_used -= m->buf_len;
		/* Indirect mbufs still under way keep the buffer until the device drops them. */
		rte_pktmbuf_free_seg(m);
		n++;
	}
	return n;
}

/* The record that holds off; una_off <= off < end_off. New data follows the last look-up. */
static struct rte_mbuf *
find(struct sendq *q, uint64_t off)
{
	struct rte_mbuf *m = q->hint;

	if (m == NULL || off < sendq_rec(m)->stream_off)
		m = q->head;
	while (off >= rec_end(sendq_rec(m)))
		m = sendq_rec(m)->next;
	q->hint = m;
	return m;
}

uint32_t
sendq_cut(struct sendq *q, uint64_t off, uint32_t len)
{
	struct rte_mbuf *m = find(q, off);
	unsigned int pieces = 1;
	uint64_t end = rec_end(sendq_rec(m));

	while (end - off < len) {
		m = sendq_rec(m)->next;
		if (m == NULL || sendq_rec(m)->fence || pieces == SENDQ_PIECES_MAX)
			return (uint32_t)(end - off);
		end += sendq_rec(m)->len;
		pieces++;
	}
	return len;
}

/* An indirect mbuf for len bytes at skip of a record, or NULL. */
static struct rte_mbuf *
piece(const struct buf_pools *pools, struct rte_mbuf *m, uint32_t skip, uint32_t len)
{
	struct rte_mbuf *mi = rte_pktmbuf_alloc(pools->indirect);

	if (mi == NULL)
		return NULL;
	rte_pktmbuf_attach(mi, m);
	mi->data_off = (uint16_t)(m->data_off + skip);
	mi->data_len = (uint16_t)len;
	mi->pkt_len = len;
	return mi;
}

int
sendq_attach(struct sendq *q, const struct buf_pools *pools, uint64_t off, uint32_t len,
	     struct rte_mbuf *head)
{
	struct rte_mbuf *m = find(q, off), *first = NULL, **link = &first, *mi;
	uint32_t skip = (uint32_t)(off - sendq_rec(m)->stream_off), left = len, n;
	uint16_t pieces = 0;

	for (; left > 0; m = sendq_rec(m)->next) {
		n = RTE_MIN(left, sendq_rec(m)->len - skip);
		mi = piece(pools, m, skip, n);
		if (mi == NULL) {
			if (first != NULL)
				first->nb_segs = pieces;
			rte_pktmbuf_free(first);
			return -ENOMEM;
		}
		*link = mi;
		link = &mi->next;
		left -= n;
		skip = 0;
		pieces++;
	}
	head->next = first;
	head->nb_segs = (uint16_t)(1 + pieces);
	head->pkt_len = head->data_len + len;
	return 0;
}

void
sendq_fini(struct sendq *q)
{
	uint64_t end_off = q->end_off;

	sendq_release(q, end_off);
	sendq_init(q, end_off);
}
