/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/cryptodev_batch.h"

#include <errno.h>

#include <rte_cryptodev.h>

#include "buf/wipe.h"
#include "crypto/bounce.h"
#include "crypto/cryptodev_queue.h"

enum {
	BATCH_JOBS = 32,
	BATCH_VECS = BATCH_JOBS + 2 * CRYPTODEV_PIECES_MAX,
};

/* Not cleared: it is large, and a call uses little of it. */
struct batch {
	struct cryptodev *c;
	const struct cryptodev_key *key;
	uint16_t n;
	uint16_t nb_vecs;
	bool out; /* of place, all jobs */
	struct crypto_job *buffered;
	uint32_t buffered_len;
	struct crypto_job *jobs[BATCH_JOBS];
	struct rte_crypto_sgl src[BATCH_JOBS];
	struct rte_crypto_sgl dst[BATCH_JOBS];
	struct rte_crypto_va_iova_ptr nonce[BATCH_JOBS];
	struct rte_crypto_va_iova_ptr aad[BATCH_JOBS];
	struct rte_crypto_va_iova_ptr tag[BATCH_JOBS];
	int32_t status[BATCH_JOBS];
	struct cryptodev_blocks blocks[BATCH_JOBS];
	struct rte_crypto_vec vecs[BATCH_VECS];
};

static void
batch_clear(struct batch *b)
{
	b->n = 0;
	b->nb_vecs = 0;
	b->buffered = NULL;
	b->out = false;
}

/* Pieces that lie back to back are one. */
static void
add_list(struct batch *b, struct rte_crypto_sgl *sgl, const struct iovec *iov, uint16_t cnt)
{
	struct rte_crypto_vec *v = &b->vecs[b->nb_vecs];
	const uint8_t *end = NULL;
	uint32_t n = 0;

	for (uint16_t i = 0; i < cnt; i++) {
		uint32_t len = (uint32_t)iov[i].iov_len;

		if (len == 0)
			continue;
		if (iov[i].iov_base != end)
			v[n++] = (struct rte_crypto_vec){ .base = iov[i].iov_base };
		v[n - 1].len += len;
		v[n - 1].tot_len += len;
		end = (const uint8_t *)iov[i].iov_base + len;
	}
	/* A device may look at the one piece of a list without asking whether there is one. */
	if (n == 0)
		v[n++] = (struct rte_crypto_vec){ .base = b->c->buffer };
	sgl->vec = v;
	sgl->num = n;
	b->nb_vecs = (uint16_t)(b->nb_vecs + n);
}

static void
batch_add(struct batch *b, struct crypto_job *j, enum bounce_way way, uint32_t len)
{
	const struct iovec buffer = { .iov_base = b->c->buffer, .iov_len = len };
	uint16_t i = b->n++;

	switch (way) {
	case BOUNCE_NONE:
		break; /* it does not come here */
	case BOUNCE_COPY_IN:
		bounce_copy(j);
		add_list(b, &b->src[i], j->dst, j->dst_cnt);
		break;
	case BOUNCE_IN:
		add_list(b, &b->src[i], j->dst, j->dst_cnt);
		break;
	case BOUNCE_OUT:
		add_list(b, &b->src[i], j->src, j->src_cnt);
		add_list(b, &b->dst[i], j->dst, j->dst_cnt);
		break;
	case BOUNCE_BUFFER:
		bounce_gather(j, b->c->buffer);
		add_list(b, &b->src[i], &buffer, 1);
		b->buffered = j;
		b->buffered_len = len;
		break;
	}
	b->key = (const struct cryptodev_key *)j->key;
	b->out = way == BOUNCE_OUT;
	b->jobs[i] = j;
	if (b->key->in_blocks)
		cryptodev_blocks_write(&b->blocks[i], j);
	b->nonce[i].va = b->key->in_blocks ? b->blocks[i].nonce : j->nonce;
	b->aad[i].va = b->key->in_blocks ? b->blocks[i].aad : j->aad;
	b->tag[i].va = j->tag;
	b->status[i] = CRYPTODEV_UNWRITTEN; /* a device that leaves it so has not worked */
}

static void
job_done(struct batch *b, struct crypto_job *j, int32_t status)
{
	bool open = b->key->dir == CRYPTO_OPEN;

	j->status = 0;
	if (status != 0) {
		b->c->refusal = status;
		j->status = open && status == b->key->bad_tag ? -EBADMSG : -EIO;
		bounce_wipe(j);
	} else if (j == b->buffered) {
		bounce_scatter(j, b->c->buffer);
	}
	if (j == b->buffered && (open || status != 0))
		buf_wipe(b->c->buffer, b->buffered_len);
}

static void
batch_run(struct batch *b)
{
	const union rte_crypto_sym_ofs whole = { .raw = 0 };
	struct rte_crypto_sym_vec vec = {
		.num = b->n,
		.src_sgl = b->src,
		.dest_sgl = b->out ? b->dst : NULL,
		.iv = b->nonce,
		.digest = b->tag,
		.aad = b->aad,
		.status = b->status,
	};
	uint32_t done, good = 0;

	if (b->n == 0)
		return;
	done = rte_cryptodev_sym_cpu_crypto_process(b->c->device->id, b->key->session, whole, &vec);
	for (uint16_t i = 0; i < b->n; i++)
		good += b->status[i] == 0;
	/* Where it contradicts itself none of it is to be trusted. */
	for (uint16_t i = 0; i < b->n; i++)
		job_done(b, b->jobs[i], good == done ? b->status[i] : CRYPTODEV_UNWRITTEN);
	batch_clear(b);
}

/* May a job of this way be in the same call as those before it? */
static bool
batch_takes(const struct batch *b, const struct crypto_job *j, enum bounce_way way)
{
	return b->n == 0 ||
	       (&b->key->key == j->key && b->out == (way == BOUNCE_OUT) && b->n < BATCH_JOBS &&
		b->nb_vecs + 2 * CRYPTODEV_PIECES_MAX <= BATCH_VECS &&
		(way != BOUNCE_BUFFER || b->buffered == NULL));
}

static enum bounce_way
job_way(const struct crypto_job *j, enum crypto_dir dir, uint32_t *len)
{
	const struct cryptodev_key *k = (const struct cryptodev_key *)j->key;

	if (k->dir != dir || k->aad_len != j->aad_len)
		return BOUNCE_NONE;
	return bounce_way(j, k->layouts, CRYPTODEV_PIECES_MAX, len);
}

/* Else its bytes would be moved first. */
static bool
is_queued(const struct cryptodev *c, const struct crypto_job *j, enum bounce_way way)
{
	return (way == BOUNCE_COPY_IN || way == BOUNCE_BUFFER) &&
	       ((const struct cryptodev_key *)j->key)->queued && cryptodev_queue_takes(c, j);
}

static void
run_queued(struct cryptodev *c, struct crypto_job *j)
{
	j->status = cryptodev_queue_seal(c, (const struct cryptodev_key *)j->key, j);
	if (j->status != 0)
		bounce_wipe(j);
}

void
cryptodev_process(const struct crypto_provider *p, enum crypto_dir dir, struct crypto_job *jobs,
		  uint16_t n)
{
	struct batch b;

	b.c = (struct cryptodev *)(uintptr_t)p;
	batch_clear(&b);
	for (uint16_t i = 0; i < n; i++) {
		struct crypto_job *j = &jobs[i];
		uint32_t len = 0;
		enum bounce_way way = job_way(j, dir, &len);

		if (way == BOUNCE_NONE) {
			j->status = -EIO;
			bounce_wipe(j);
			continue;
		}
		if (is_queued(b.c, j, way)) {
			run_queued(b.c, j);
			continue;
		}
		if (!batch_takes(&b, j, way))
			batch_run(&b);
		batch_add(&b, j, way, len);
	}
	batch_run(&b);
}
