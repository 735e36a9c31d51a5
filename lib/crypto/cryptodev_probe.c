/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/cryptodev_probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead_xform.h"
#include "crypto/bounce.h"
#include "crypto/libcrypto.h"

enum {
	JOBS = 3, /* in one call */
	PIECES = CRYPTODEV_PIECES_MAX,
	GAP = 21,     /* in front of a piece, and odd */
	GUARD = 0xa5, /* what is in the gaps */
	BYTES_MAX = RECORD_PLAIN_MAX + 1,
	AREA = BYTES_MAX + (PIECES + 2) * GAP,
};

/* Memory with pieces in it. */
struct area {
	struct iovec iov[PIECES];
	uint16_t cnt;
	uint8_t mem[AREA];
};

struct probe {
	struct cryptodev *c;
	struct cryptodev_aead *aead;
	struct record_suite record; /* what of it is asked: AEAD, lengths of key and AAD */
	unsigned int layout;
	bool queued; /* from any chain to one piece, by a queue pair */
	enum crypto_dir dir;
	struct crypto_key *key;  /* the device's */
	struct crypto_key *seal; /* libcrypto's */
	/* The answer, and where the device works. */
	uint32_t len;
	struct crypto_job answer;
	uint8_t plain[BYTES_MAX];
	uint8_t sealed[BYTES_MAX];
	struct area src[JOBS];
	struct area dst[JOBS];
	struct area want;
};

static const uint8_t key_bytes[RECORD_KEY_MAX] = "the key of all known answers  1";

/* bytes NULL: zeros. turn: where the cuts are. */
static void
lay(struct area *a, const uint8_t *bytes, uint32_t len, uint16_t cnt, unsigned int turn)
{
	uint8_t *at = a->mem + turn;

	memset(a->mem, GUARD, sizeof(a->mem));
	a->cnt = cnt;
	for (uint16_t i = 0; i < cnt; i++) {
		uint32_t left = cnt - i, n = left == 1 ? len : len / (left + turn);

		at += GAP;
		a->iov[i] = (struct iovec){ .iov_base = at, .iov_len = n };
		if (bytes == NULL)
			memset(at, 0, n);
		else
			memcpy(at, bytes, n);
		bytes = bytes == NULL ? NULL : bytes + n;
		at += n;
		len -= n;
	}
}

static bool
holds(struct probe *p, const struct area *a, const uint8_t *bytes, unsigned int turn)
{
	lay(&p->want, bytes, p->len, a->cnt, turn);
	return memcmp(a->mem, p->want.mem, sizeof(a->mem)) == 0;
}

/* What libcrypto makes of len bytes. */
static bool
make_answer(struct probe *p, uint32_t len)
{
	const struct crypto_provider *judge = crypto_libcrypto();
	const struct iovec src = { .iov_base = p->plain, .iov_len = len };
	const struct iovec dst = { .iov_base = p->sealed, .iov_len = len };
	struct crypto_job *j = &p->answer;

	p->len = len;
	*j = (struct crypto_job){ .key = p->seal, .src = &src, .dst = &dst, .src_cnt = 1 };
	j->dst_cnt = 1;
	j->aad_len = p->record.aad_len;
	for (uint8_t i = 0; i < sizeof(j->nonce); i++)
		j->nonce[i] = (uint8_t)(0xc0 + i + len);
	for (uint8_t i = 0; i < sizeof(j->aad); i++)
		j->aad[i] = (uint8_t)(0x17 + i);
	judge->process(judge, CRYPTO_SEAL, j, 1);
	return j->status == 0;
}

static bool
out_of_place(const struct probe *p)
{
	return p->queued || p->layout == BOUNCE_OUT_LINEAR || p->layout == BOUNCE_OUT_CHAIN;
}

static struct crypto_job
make_job(struct probe *p, unsigned int i)
{
	/* Chains of src and dst; in place the longer one. */
	static const uint16_t cuts[JOBS][2] = { { PIECES, PIECES }, { 3, 1 }, { 1, 3 } };
	uint16_t longer = RTE_MAX(cuts[i][0], cuts[i][1]);
	bool chain = p->layout == BOUNCE_IN_CHAIN || p->layout == BOUNCE_OUT_CHAIN;
	const uint8_t *from = p->dir == CRYPTO_SEAL ? p->plain : p->sealed;
	struct crypto_job j = p->answer;

	j.src_cnt = chain ? cuts[i][0] : 1;
	j.dst_cnt = chain ? cuts[i][1] : 1;
	if (!out_of_place(p))
		j.src_cnt = j.dst_cnt = chain ? longer : 1;
	if (p->queued)
		j.src_cnt = RTE_MIN(cuts[i][0], (uint16_t)CRYPTODEV_QUEUE_PIECES);
	lay(&p->src[i], from, p->len, j.src_cnt, i);
	lay(&p->dst[i], out_of_place(p) ? NULL : from, p->len, j.dst_cnt, i + 1);
	j.key = p->key;
	j.dst = p->dst[i].iov;
	j.src = out_of_place(p) ? p->src[i].iov : j.dst;
	if (p->dir == CRYPTO_SEAL)
		memset(j.tag, 0, sizeof(j.tag));
	return j;
}

static bool
job_right(struct probe *p, unsigned int i, const struct crypto_job *j)
{
	bool seal = p->dir == CRYPTO_SEAL;

	return j->status == 0 && memcmp(j->tag, p->answer.tag, sizeof(j->tag)) == 0 &&
	       holds(p, &p->dst[i], seal ? p->sealed : p->plain, i + 1) &&
	       holds(p, &p->src[i], seal ? p->plain : p->sealed, i);
}

static bool
job_refused(struct probe *p, unsigned int i, const struct crypto_job *j)
{
	return j->status != 0 && holds(p, &p->dst[i], NULL, i + 1) &&
	       holds(p, &p->src[i], p->sealed, i);
}

/* Several at once: all right, or when opening all but the one whose tag is wrong. */
static bool
answers_burst(struct probe *p, unsigned int wrong)
{
	const struct crypto_provider *device = &p->c->provider;
	struct crypto_job jobs[JOBS];
	bool right = true;

	for (unsigned int i = 0; i < JOBS; i++)
		jobs[i] = make_job(p, i);
	if (wrong < JOBS)
		jobs[wrong].tag[RECORD_TAG_LEN - 1] ^= 1;
	p->c->refusal = 0;
	device->process(device, p->dir, jobs, JOBS);
	for (unsigned int i = 0; right && i < JOBS; i++)
		right = i == wrong ? job_refused(p, i, &jobs[i]) : job_right(p, i, &jobs[i]);
	if (wrong >= JOBS || !right)
		return right;
	/* There is no telling yet, the first time, what its word for a wrong tag is. */
	if (p->aead->bad_tag == 0)
		p->aead->bad_tag = p->c->refusal;
	/* Nor does it tell if it has only not written that all is well. */
	return p->aead->bad_tag == p->c->refusal && p->c->refusal != CRYPTODEV_UNWRITTEN;
}

static bool
answers(struct probe *p)
{
	static const uint32_t lens[] = { 0, 1, 15, 16, 17, 255, 1400, BYTES_MAX };
	const struct crypto_provider *device = &p->c->provider;
	struct crypto_job j;

	for (size_t i = 0; i < RTE_DIM(lens); i++) {
		if (!make_answer(p, lens[i]))
			return false;
		j = make_job(p, 0);
		device->process(device, p->dir, &j, 1);
		if (!job_right(p, 0, &j) || !answers_burst(p, JOBS))
			return false;
		if (p->dir == CRYPTO_OPEN && !answers_burst(p, (unsigned int)i % JOBS))
			return false;
	}
	return true;
}

/* With the additional data of TLS 1.3, and of TLS 1.2. */
static bool
layout_right(struct probe *p)
{
	static const uint8_t aad_lens[] = { RECORD_HDR_LEN, RECORD_AAD_MAX };
	const struct crypto_provider *device = &p->c->provider;
	const struct crypto_provider *judge = crypto_libcrypto();
	bool right = true;

	/* A job of this layout reaches the device as it is. */
	p->aead->layouts[p->dir] = (uint8_t)p->layout;
	p->aead->queued = p->queued;
	for (size_t i = 0; right && i < RTE_DIM(aad_lens); i++) {
		p->record.aad_len = aad_lens[i];
		p->key = p->seal = NULL;
		right = device->key_create(device, &p->record, p->dir, key_bytes, &p->key) == 0 &&
			judge->key_create(judge, &p->record, CRYPTO_SEAL, key_bytes, &p->seal) ==
				0 &&
			answers(p);
		device->key_destroy(device, p->key);
		judge->key_destroy(judge, p->seal);
	}
	return right;
}

/* Sealing out of place by a queue pair, beside what it is given as it is. */
static bool
queue_right(struct probe *p)
{
	bool right;

	if (p->c->queue.id < 0)
		return false;
	p->dir = CRYPTO_SEAL;
	p->layout = BOUNCE_IN_LINEAR;
	p->queued = true;
	right = layout_right(p);
	p->queued = false;
	return right;
}

static void
probe_aead(struct probe *p, const struct record_suite *s)
{
	static const enum crypto_dir dirs[] = { CRYPTO_SEAL, CRYPTO_OPEN };
	uint8_t right[2] = { 0, 0 };

	p->record = (struct record_suite){ .aead = s->aead, .key_len = s->key_len };
	for (size_t i = 0; i < RTE_DIM(dirs); i++) {
		p->dir = dirs[i];
		for (unsigned int n = 0; n < BOUNCE_LAYOUTS; n++) {
			p->layout = 1u << n;
			/* Elsewhere somebody may write meanwhile, and the record would not open. */
			if (p->dir == CRYPTO_SEAL && out_of_place(p) && aead_xform_reads_twice(s))
				continue;
			if (layout_right(p))
				right[i] |= (uint8_t)p->layout;
		}
	}
	/* Every job gets there by way of a linear one in place; and who seals must open. */
	if ((right[0] & right[1] & BOUNCE_IN_LINEAR) == 0)
		right[0] = right[1] = 0;
	p->aead->queued = right[0] != 0 && !aead_xform_reads_twice(s) && queue_right(p);
	for (size_t i = 0; i < RTE_DIM(dirs); i++)
		p->aead->layouts[dirs[i]] = right[i];
}

/* What it does not even list it says loudly when it is asked all the same. */
static bool
is_listed(const struct cryptodev *c, const struct record_suite *s)
{
	const struct rte_cryptodev_sym_capability_idx idx = {
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.algo.aead = aead_xform_algos[s->aead],
	};
	const struct rte_cryptodev_symmetric_capability
		*cap = aead_xform_algos[s->aead] == 0 ?
			       NULL :
			       rte_cryptodev_sym_capability_get(c->device->id, &idx);

	return cap != NULL &&
	       rte_cryptodev_sym_capability_check_aead(cap, s->key_len, RECORD_TAG_LEN, s->aad_len,
						       RECORD_NONCE_LEN) == 0;
}

int
cryptodev_probe(struct cryptodev *c)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->c = c;
	for (size_t i = 0; i < sizeof(p->plain); i++)
		p->plain[i] = (uint8_t)(i * 7 + (i >> 8));
	for (unsigned int i = 0; i < RECORD_AEADS; i++) {
		const struct record_suite *s = record_suite_of_aead((enum record_aead)i);

		p->aead = &c->device->aeads[i];
		if (s != NULL && is_listed(c, s))
			probe_aead(p, s);
	}
	free(p);
	return 0;
}
