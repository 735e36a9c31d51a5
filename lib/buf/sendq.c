/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/sendq.h"

#include <assert.h>
#include <errno.h>
#include <rte_common.h>

static_assert(sizeof(struct txmap_rec) <= 64, "a record fits the private area of its buffer");

void
sendq_init(struct sendq *q, uint64_t start_off)
{
	txmap_init(&q->map, start_off);
	q->room_used = 0;
}

void
sendq_push(struct sendq *q, struct rte_mbuf *m)
{
	sendq_rec(m)->len = m->data_len;
	txmap_push(&q->map, sendq_rec(m));
	q->room_used += m->buf_len;
}

void
sendq_tail_grown(struct sendq *q, uint32_t n)
{
	struct rte_mbuf *m = sendq_mbuf(q->map.tail);

	m->data_len = (uint16_t)(m->data_len + n);
	m->pkt_len = m->data_len;
	txmap_grow(&q->map, n);
}

/* Indirect mbufs still under way keep the buffer until the device drops them. */
static void
let_go(struct sendq *q, struct rte_mbuf *m)
{
	q->room_used -= m->buf_len;
	rte_pktmbuf_free_seg(m);
}

unsigned int
sendq_release(struct sendq *q, uint64_t una_off)
{
	struct txmap_rec *rec;
	unsigned int n = 0;

	txmap_acked(&q->map, una_off);
	for (; (rec = txmap_pop(&q->map)) != NULL; n++)
		let_go(q, sendq_mbuf(rec));
	return n;
}

void
sendq_sealed(struct sendq *q, struct txmap_rec *old, struct rte_mbuf *m)
{
	txmap_sealed(&q->map, old, sendq_rec(m));
	if (old == sendq_rec(m))
		return;
	q->room_used += m->buf_len;
	let_go(q, sendq_mbuf(old));
}

/* The pieces that were cut of a record are counted at its buffer, all in one step. */
static void
count_refs(struct sendq_cutter *c)
{
	if (c->refs > 0)
		rte_mbuf_refcnt_update(c->of, c->refs);
	c->refs = 0;
}

void
sendq_cut_begin(struct sendq_cutter *c, struct rte_mempool *indirect, uint16_t n)
{
	c->indirect = indirect;
	c->of = NULL;
	c->refs = 0;
	c->nb_spare = RTE_MIN(n, (uint16_t)RTE_DIM(c->spare));
	/* Few are left: they are taken one by one. */
	if (rte_pktmbuf_alloc_bulk(indirect, c->spare, c->nb_spare) != 0)
		c->nb_spare = 0;
}

void
sendq_cut_end(struct sendq_cutter *c)
{
	count_refs(c);
	if (c->nb_spare > 0)
		rte_pktmbuf_free_bulk(c->spare, c->nb_spare);
}

/*
 * rte_pktmbuf_attach() for a buffer of a queue, which is never an indirect one and has no metadata to
 * be inherited. Its references are counted by count_refs().
 */
static struct rte_mbuf *
piece(struct sendq_cutter *c, struct rte_mbuf *m, uint32_t skip, uint32_t len)
{
	struct rte_mbuf *mi = c->nb_spare > 0 ? c->spare[--c->nb_spare] :
						rte_pktmbuf_alloc(c->indirect);

	if (mi == NULL)
		return NULL;
	if (c->of != m) {
		count_refs(c);
		c->of = m;
	}
	c->refs++;
	mi->buf_addr = m->buf_addr;
	rte_mbuf_iova_set(mi, rte_mbuf_iova_get(m));
	mi->buf_len = m->buf_len;
	mi->priv_size = m->priv_size;
	mi->ol_flags = RTE_MBUF_F_INDIRECT;
	mi->data_off = (uint16_t)(m->data_off + skip);
	mi->data_len = (uint16_t)len;
	mi->pkt_len = len;
	return mi;
}

static int
link_pieces(struct sendq_cutter *c, struct txmap_rec *rec, uint32_t skip, uint32_t len,
	    const struct epoch *epoch, struct rte_mbuf **link, uint16_t *pieces)
{
	struct rte_mbuf *mi;
	uint32_t n;

	for (; len > 0; rec = rec->next) {
		/* What is in clear leaves for who seals it, and nothing else does. */
		if (rec->epoch != epoch)
			return -EPERM;
		n = RTE_MIN(len, rec->len - skip);
		mi = piece(c, sendq_mbuf(rec), skip, n);
		if (mi == NULL)
			return -ENOMEM;
		*link = mi;
		link = &mi->next;
		len -= n;
		skip = 0;
		++*pieces;
	}
	return 0;
}

int
sendq_attach(struct sendq_cutter *c, struct txmap_rec *rec, uint64_t off, uint32_t len,
	     const struct epoch *epoch, struct rte_mbuf *head)
{
	struct rte_mbuf *first = NULL;
	uint16_t pieces = 0;
	int rc = link_pieces(c, rec, (uint32_t)(off - rec->stream_off), len, epoch, &first,
			     &pieces);

	if (rc != 0) {
		count_refs(c);
		if (first != NULL)
			first->nb_segs = pieces;
		rte_pktmbuf_free(first);
		return rc;
	}
	head->next = first;
	head->nb_segs = (uint16_t)(1 + pieces);
	head->pkt_len = head->data_len + len;
	return 0;
}

void
sendq_fini(struct sendq *q)
{
	uint64_t end_off = sendq_end(q);

	sendq_release(q, end_off);
	sendq_init(q, end_off);
}
