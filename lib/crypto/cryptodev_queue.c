/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/cryptodev_queue.h"

#include <errno.h>
#include <string.h>

#include <rte_cryptodev.h>

enum {
	TRIES = 1000, /* one is enough, or two, for a device that computes when it is asked */
};

void
cryptodev_queue_init(struct cryptodev *c)
{
	struct rte_cryptodev_info info;

	rte_cryptodev_info_get(c->device->id, &info);
	c->queue.id = (info.feature_flags & RTE_CRYPTODEV_FF_OOP_SGL_IN_LB_OUT) != 0 ?
			      cryptodev_table_take_queue(c->device) :
			      -1;
}

void
cryptodev_queue_fini(struct cryptodev *c)
{
	if (c->queue.id >= 0)
		cryptodev_table_put_queue(c->device, c->queue.id);
	c->queue.id = -1;
}

bool
cryptodev_queue_takes(const struct cryptodev *c, const struct crypto_job *j)
{
	return c->queue.id >= 0 && j->dst_cnt == 1 && j->dst->iov_len > 0 && j->src_cnt > 0 &&
	       j->src_cnt <= CRYPTODEV_QUEUE_PIECES && j->src->iov_base != j->dst->iov_base;
}

/* Memory as an mbuf of no pool, for the length of a call. */
static void
wrap(struct rte_mbuf *m, const struct iovec *v, struct rte_mbuf *next)
{
	m->buf_addr = v->iov_base;
	m->buf_len = m->data_len = (uint16_t)v->iov_len;
	m->pkt_len = m->data_len;
	m->nb_segs = 1;
	m->next = next;
	rte_mbuf_refcnt_set(m, 1);
}

static void
wrap_list(struct cryptodev_queue *q, const struct crypto_job *j)
{
	for (uint16_t i = 0; i < j->src_cnt; i++)
		wrap(&q->src[i], &j->src[i], i + 1 < j->src_cnt ? &q->src[i + 1] : NULL);
	q->src[0].nb_segs = j->src_cnt;
	q->src[0].pkt_len = (uint32_t)j->dst->iov_len;
	wrap(&q->dst, j->dst, NULL);
}

static struct rte_crypto_op *
make_op(struct cryptodev_queue *q, const struct cryptodev_key *k, struct crypto_job *j)
{
	struct rte_crypto_op *op = (struct rte_crypto_op *)q->op;
	struct rte_crypto_sym_op *sym = op->sym;

	memset(q->op, 0, CRYPTODEV_QUEUE_NONCE);
	op->type = RTE_CRYPTO_OP_TYPE_SYMMETRIC;
	op->sess_type = RTE_CRYPTO_OP_WITH_SESSION;
	op->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
	sym->session = k->session;
	sym->m_src = &q->src[0];
	sym->m_dst = &q->dst;
	sym->aead.data.length = (uint32_t)j->dst->iov_len;
	sym->aead.digest.data = j->tag;
	if (k->in_blocks) {
		cryptodev_blocks_write(&q->blocks, j);
		memcpy(q->op + CRYPTODEV_QUEUE_NONCE, q->blocks.nonce, sizeof(q->blocks.nonce));
	} else {
		memcpy(q->op + CRYPTODEV_QUEUE_NONCE, j->nonce, sizeof(j->nonce));
	}
	sym->aead.aad.data = k->in_blocks ? q->blocks.aad : j->aad;
	return op;
}

int
cryptodev_queue_seal(struct cryptodev *c, const struct cryptodev_key *k, struct crypto_job *j)
{
	struct rte_crypto_op *op = make_op(&c->queue, k, j), *done = NULL;
	uint8_t dev = c->device->id;
	uint16_t id = (uint16_t)c->queue.id;

	wrap_list(&c->queue, j);
	if (rte_cryptodev_enqueue_burst(dev, id, &op, 1) != 1)
		return -EIO;
	for (int i = 0; i < TRIES && done == NULL; i++)
		if (rte_cryptodev_dequeue_burst(dev, id, &done, 1) != 1)
			done = NULL;
	/* It has what it was given: nobody ever asks that queue again, and so it is not touched. */
	if (done != op)
		c->queue.id = -1;
	return done == op && op->status == RTE_CRYPTO_OP_STATUS_SUCCESS ? 0 : -EIO;
}
