/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/sendq.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

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

/*
 * rte_pktmbuf_attach() for a buffer of a queue, which is never an indirect one and has no metadata to
 * be inherited: mi is as it comes from its pool. Its reference is counted by sendq_count_refs().
 */
static void
refer(struct sendq_cutter *c, struct rte_mbuf *mi, struct rte_mbuf *m, uint32_t skip, uint32_t len)
{
	if (c->of != m) {
		sendq_count_refs(c);
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
}

/* The pieces that were linked behind head go back. */
static void
unlink_pieces(struct sendq_cutter *c, struct rte_mbuf *head, uint16_t pieces)
{
	struct rte_mbuf *first = head->next;

	sendq_count_refs(c);
	head->next = NULL;
	if (first == NULL)
		return;
	first->nb_segs = pieces;
	rte_pktmbuf_free(first);
}

int
sendq_attach(struct sendq_cutter *c, struct txmap_rec *rec, uint64_t off, uint32_t len,
	     const struct epoch *epoch, struct rte_mbuf *head)
{
	uint32_t skip = (uint32_t)(off - rec->stream_off), left, n;
	struct rte_mbuf *last = head, *mi;
	uint16_t pieces = 0;

	for (left = len; left > 0; left -= n, rec = rec->next, skip = 0) {
		n = RTE_MIN(left, rec->len - skip);
		/* What is in clear leaves for who seals it, and nothing else does. */
		mi = rec->epoch == epoch ? buf_spare_take(c->indirect) : NULL;
		if (mi == NULL) {
			unlink_pieces(c, head, pieces);
			return rec->epoch == epoch ? -ENOMEM : -EPERM;
		}
		refer(c, mi, sendq_mbuf(rec), skip, n);
		last->next = mi;
		last = mi;
		pieces++;
	}
	head->nb_segs = (uint16_t)(1 + pieces);
	head->pkt_len = head->data_len + len;
	return 0;
}

int
sendq_copy(const struct txmap_rec *rec, uint64_t off, uint32_t len, struct rte_mbuf *head)
{
	uint8_t *to = rte_pktmbuf_mtod_offset(head, uint8_t *, head->data_len);
	uint32_t skip = (uint32_t)(off - rec->stream_off), left, n;

	for (left = len; left > 0; left -= n, rec = rec->next, skip = 0, to += n) {
		if (rec->epoch != NULL)
			return -EPERM;
		n = RTE_MIN(left, rec->len - skip);
		memcpy(to, rte_pktmbuf_mtod_offset(sendq_mbuf_of(rec), const uint8_t *, skip), n);
	}
	head->data_len = (uint16_t)(head->data_len + len);
	head->pkt_len = head->data_len;
	return 0;
}

void
sendq_fini(struct sendq *q)
{
	uint64_t end_off = sendq_end(q);

	sendq_release(q, end_off);
	sendq_init(q, end_off);
}
