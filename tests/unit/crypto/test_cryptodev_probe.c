/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Devices that are wrong in one way each, and what is made of them: a real one,
 * whose answers this program changes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <recordtls/tls.h>
#include <rte_cryptodev.h>
#include <rte_mempool.h>

#include "crypto/aead_xform.h"
#include "crypto/bounce.h"
#include "crypto/cryptodev.h"
#include "crypto/cryptodev_state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/provider_contract.h"

enum fault {
	FAULT_NONE,             /* out of place it is right, too */
	FAULT_OUT_OVERWRITES,   /* "done", in the source */
	FAULT_OUT_EMPTY,        /* "done", and dst is as it was */
	FAULT_OUT_SPOILS_SRC,   /* done, and a byte of the source is another one */
	FAULT_NO_CHAINS,        /* -ENOTSUP */
	FAULT_CHAINS_LIMITED,   /* -ENOTSUP for more than 16 pieces */
	FAULT_CHAINS_UNEQUAL,   /* -ENOTSUP where src and dst are not as many */
	FAULT_CHAINS_SHORT,     /* "done": the first piece only */
	FAULT_TOUCHES_NEXT,     /* a byte behind the last piece of a chain */
	FAULT_TAG_WRONG,        /* when sealing */
	FAULT_TAG_IGNORED,      /* when opening */
	FAULT_TAG_WRITTEN,      /* the job's tag, when opening */
	FAULT_STATUS_NEGATIVE,  /* -EBADMSG for a wrong tag */
	FAULT_STATUS_ONE,       /* 1 for a wrong tag */
	FAULT_STATUS_VARIES,    /* another one each time */
	FAULT_STATUS_UNTOUCHED, /* it tells by the count only */
	FAULT_STATUS_GOOD_ONLY, /* it writes that a job is good, or nothing */
	FAULT_COUNT,            /* it says that one less was done */
	FAULT_FIRST_ONLY,       /* of a call with several jobs */
	FAULT_EMPTY_REFUSED,    /* no job of 0 bytes */
	FAULT_NOTHING_WORKS,
	FAULT_SCRIBBLES, /* where it may: around nonce and additional data of CCM */
};

enum {
	LINEAR = BOUNCE_IN_LINEAR,
	IN = BOUNCE_IN_LINEAR | BOUNCE_IN_CHAIN,
	OUT = BOUNCE_OUT_LINEAR | BOUNCE_OUT_CHAIN,
};

static const struct cryptodev_conf conf = { .name = "test", .max_keys = 16 };
static enum fault fault;
static uint8_t faulty = RECORD_AEADS;       /* the AEAD that has it; RECORD_AEADS: all */
static unsigned int jobs_left = UINT32_MAX; /* then each fails */
static int32_t failure;
static unsigned int calls, jobs_seen;

uint32_t __real_rte_cryptodev_sym_cpu_crypto_process(uint8_t dev_id, void *sess,
						     union rte_crypto_sym_ofs ofs,
						     struct rte_crypto_sym_vec *vec);
uint32_t __wrap_rte_cryptodev_sym_cpu_crypto_process(uint8_t dev_id, void *sess,
						     union rte_crypto_sym_ofs ofs,
						     struct rte_crypto_sym_vec *vec);

/* Sessions, with what they are for. */
enum { SESSIONS_MAX = 64 };

static struct session {
	const void *session;
	struct rte_crypto_aead_xform aead;
} sessions[SESSIONS_MAX];

/* NULL: one that is free. */
static struct session *
session_find(const void *session)
{
	unsigned int i = 0;

	while (i < SESSIONS_MAX && sessions[i].session != session)
		i++;
	CU_ASSERT_FATAL(i < SESSIONS_MAX);
	return &sessions[i];
}

void *__real_rte_cryptodev_sym_session_create(uint8_t dev_id, struct rte_crypto_sym_xform *xforms,
					      struct rte_mempool *mp);
void *__wrap_rte_cryptodev_sym_session_create(uint8_t dev_id, struct rte_crypto_sym_xform *xforms,
					      struct rte_mempool *mp);

void *
__wrap_rte_cryptodev_sym_session_create(uint8_t dev_id, struct rte_crypto_sym_xform *xforms,
					struct rte_mempool *mp)
{
	void *session = __real_rte_cryptodev_sym_session_create(dev_id, xforms, mp);

	session_find(NULL)->aead = xforms->aead;
	session_find(NULL)->session = session;
	return session;
}

static bool
is_faulty(const void *session)
{
	const struct rte_crypto_aead_xform *aead = &session_find(session)->aead;

	return faulty == RECORD_AEADS ||
	       (aead->algo == aead_xform_algos[faulty] &&
		aead->key.length == record_suite_of_aead((enum record_aead)faulty)->key_len);
}

/* What a device may write to, of AES-CCM: all but the nonce and the additional data. */
static void
scribble(const void *session, uint8_t *iv, uint8_t *aad)
{
	const struct rte_crypto_aead_xform *x = &session_find(session)->aead;

	if (x->algo != RTE_CRYPTO_AEAD_AES_CCM)
		return;
	iv[0] ^= 0xff;
	memset(iv + 1 + RECORD_NONCE_LEN, 0xee, 15 - RECORD_NONCE_LEN);
	memset(aad, 0xee, 18);
	memset(aad + 18 + x->aad_length, 0xee, 32u - 18 - x->aad_length);
}

static uint32_t
list_len(const struct rte_crypto_sgl *sgl)
{
	uint32_t len = 0;

	for (uint32_t i = 0; i < sgl->num; i++)
		len += sgl->vec[i].len;
	return len;
}

static void
list_read(const struct rte_crypto_sgl *sgl, uint8_t *out)
{
	for (uint32_t i = 0; i < sgl->num; i++) {
		memcpy(out, sgl->vec[i].base, sgl->vec[i].len);
		out += sgl->vec[i].len;
	}
}

static void
list_write(const struct rte_crypto_sgl *sgl, const uint8_t *in)
{
	for (uint32_t i = 0; i < sgl->num; i++) {
		memcpy(sgl->vec[i].base, in, sgl->vec[i].len);
		in += sgl->vec[i].len;
	}
}

/* One job as it should be done, in place on a copy of its bytes; writes its digest. */
static int32_t
compute(uint8_t dev_id, void *sess, const struct rte_crypto_sym_vec *vec, uint32_t i,
	uint8_t *bytes, uint32_t len)
{
	const union rte_crypto_sym_ofs whole = { .raw = 0 };
	struct rte_crypto_vec all = { .base = bytes, .len = len, .tot_len = len };
	struct rte_crypto_sgl sgl = { .vec = &all, .num = 1 };
	int32_t status = ECANCELED;
	struct rte_crypto_sym_vec one = {
		.num = 1,
		.src_sgl = &sgl,
		.iv = &vec->iv[i],
		.aad = &vec->aad[i],
		.digest = &vec->digest[i],
		.status = &status,
	};

	__real_rte_cryptodev_sym_cpu_crypto_process(dev_id, sess, whole, &one);
	return status;
}

/* What the device with this fault does to dst (in place: also the source). */
static int32_t
deliver(const struct rte_crypto_sgl *src, const struct rte_crypto_sgl *dst, const uint8_t *bytes,
	uint8_t *tag, int32_t status)
{
	bool in = src == dst, chain = src->num > 1 || dst->num > 1;
	uint8_t *src0 = src->vec[0].base, *dst0 = dst->vec[0].base;
	static int32_t varying = 1000;

	if (status == EBADMSG && fault == FAULT_STATUS_NEGATIVE)
		status = -EBADMSG;
	else if (status == EBADMSG && fault == FAULT_STATUS_ONE)
		status = 1;
	else if (status == EBADMSG && fault == FAULT_STATUS_VARIES)
		status = varying++;
	else if (status == EBADMSG && fault == FAULT_TAG_IGNORED)
		status = 0;
	if (fault == FAULT_NO_CHAINS && chain)
		return -ENOTSUP;
	if (fault == FAULT_CHAINS_LIMITED && (src->num > 16 || dst->num > 16))
		return -ENOTSUP;
	if (fault == FAULT_CHAINS_UNEQUAL && src->num != dst->num)
		return -ENOTSUP;
	if (fault == FAULT_CHAINS_SHORT && chain) {
		memcpy(dst0, bytes, dst->vec[0].len);
		return status;
	}
	if (!in && fault == FAULT_OUT_EMPTY)
		return status;
	list_write(!in && fault == FAULT_OUT_OVERWRITES ? src : dst, bytes);
	if (!in && fault == FAULT_OUT_SPOILS_SRC && src->vec[0].len > 0)
		src0[0] ^= 1;
	if (fault == FAULT_TOUCHES_NEXT && chain)
		dst0[dst->vec[0].len] ^= 1;
	if (fault == FAULT_TAG_WRONG || fault == FAULT_TAG_WRITTEN)
		tag[0] ^= 1;
	return status;
}

static int32_t
run_one(uint8_t dev_id, void *sess, const struct rte_crypto_sym_vec *vec, uint32_t i)
{
	static uint8_t bytes[CRYPTO_JOB_MAX];
	const struct rte_crypto_sgl *src = &vec->src_sgl[i];
	const struct rte_crypto_sgl *dst = vec->dest_sgl != NULL ? &vec->dest_sgl[i] : src;
	uint32_t len = list_len(src);
	int32_t status;

	jobs_seen++;
	CU_ASSERT_FATAL(len <= sizeof(bytes) && list_len(dst) == len);
	if (jobs_left == 0)
		return failure;
	if (jobs_left != UINT32_MAX)
		jobs_left--;
	if (fault == FAULT_NOTHING_WORKS || (fault == FAULT_FIRST_ONLY && i > 0) ||
	    (fault == FAULT_EMPTY_REFUSED && len == 0))
		return EINVAL;
	list_read(src, bytes);
	status = compute(dev_id, sess, vec, i, bytes, len);
	if (fault == FAULT_SCRIBBLES)
		scribble(sess, vec->iv[i].va, vec->aad[i].va);
	return deliver(src, dst, bytes, vec->digest[i].va, status);
}

uint32_t
__wrap_rte_cryptodev_sym_cpu_crypto_process(uint8_t dev_id, void *sess,
					    union rte_crypto_sym_ofs ofs,
					    struct rte_crypto_sym_vec *vec)
{
	enum fault was = fault;
	uint32_t good = 0;

	CU_ASSERT_EQUAL(ofs.raw, 0);
	calls++;
	if (!is_faulty(sess))
		fault = FAULT_NONE;
	for (uint32_t i = 0; i < vec->num; i++) {
		int32_t status = run_one(dev_id, sess, vec, i);

		good += status == 0;
		if (fault != FAULT_STATUS_UNTOUCHED &&
		    (fault != FAULT_STATUS_GOOD_ONLY || status == 0))
			vec->status[i] = status;
	}
	good -= fault == FAULT_COUNT && good > 0;
	fault = was;
	return good;
}

static const struct record_suite *
tls13(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

static int
open_with(enum fault f, struct cryptodev **out)
{
	fault = f;
	jobs_left = UINT32_MAX;
	return cryptodev_open("crypto_aesni_gcm", &conf, out);
}

/* Every row of the table has its entry in the map; what has none is not even asked about. */
static void
test_all_rows(void)
{
	static const struct cryptodev_aead nothing;
	const struct record_suite *s;
	struct record_suite none;
	struct cryptodev *c;

	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++)
		CU_ASSERT_NOT_EQUAL(aead_xform_algos[s->aead], 0);
	CU_ASSERT_EQUAL_FATAL(open_with(FAULT_NONE, &c), 0);
	for (unsigned int i = 0; i < RECORD_AEADS; i++)
		if (aead_xform_algos[i] == 0 || record_suite_of_aead((enum record_aead)i) == NULL)
			CU_ASSERT_EQUAL(memcmp(&c->device->aeads[i], &nothing, sizeof(nothing)), 0);
	none = *tls13();
	none.aead = RECORD_AEAD_NONE;
	CU_ASSERT_STRING_EQUAL(cryptodev_describe(c, &none), "nothing");
	CU_ASSERT_STRING_NOT_EQUAL(cryptodev_describe(c, tls13()), "nothing");
	cryptodev_close(c);
}

/* The table of what is proved, and with it the contract is kept whatever is wrong. */
static void
test_faults(void)
{
	static const struct {
		enum fault fault;
		unsigned int seal, open; /* 0: not used at all */
	} rows[] = {
		{ FAULT_NONE, IN | OUT, IN | OUT },
		{ FAULT_OUT_OVERWRITES, IN, IN },
		{ FAULT_OUT_EMPTY, IN, IN },
		{ FAULT_OUT_SPOILS_SRC, IN, IN },
		{ FAULT_NO_CHAINS, LINEAR | BOUNCE_OUT_LINEAR, LINEAR | BOUNCE_OUT_LINEAR },
		{ FAULT_CHAINS_LIMITED, LINEAR | BOUNCE_OUT_LINEAR, LINEAR | BOUNCE_OUT_LINEAR },
		{ FAULT_CHAINS_UNEQUAL, IN | BOUNCE_OUT_LINEAR, IN | BOUNCE_OUT_LINEAR },
		{ FAULT_CHAINS_SHORT, LINEAR | BOUNCE_OUT_LINEAR, LINEAR | BOUNCE_OUT_LINEAR },
		{ FAULT_TOUCHES_NEXT, LINEAR | BOUNCE_OUT_LINEAR, LINEAR | BOUNCE_OUT_LINEAR },
		{ FAULT_TAG_WRONG, 0, 0 },
		{ FAULT_TAG_IGNORED, 0, 0 },
		{ FAULT_TAG_WRITTEN, 0, 0 },
		{ FAULT_STATUS_NEGATIVE, IN | OUT, IN | OUT },
		{ FAULT_STATUS_ONE, IN | OUT, IN | OUT },
		{ FAULT_STATUS_VARIES, 0, 0 },
		{ FAULT_STATUS_UNTOUCHED, 0, 0 },
		{ FAULT_STATUS_GOOD_ONLY, 0, 0 },
		{ FAULT_COUNT, 0, 0 },
		{ FAULT_FIRST_ONLY, 0, 0 },
		{ FAULT_EMPTY_REFUSED, 0, 0 },
		{ FAULT_NOTHING_WORKS, 0, 0 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct cryptodev *c = NULL;
		int rc = open_with(rows[i].fault, &c);
		const struct crypto_provider *p;

		CU_ASSERT_EQUAL(rc, rows[i].seal == 0 ? -ENOTSUP : 0);
		if (rc != 0)
			continue;
		CU_ASSERT_EQUAL(c->device->aeads[tls13()->aead].layouts[CRYPTO_SEAL], rows[i].seal);
		CU_ASSERT_EQUAL(c->device->aeads[tls13()->aead].layouts[CRYPTO_OPEN], rows[i].open);
		p = cryptodev_provider(c);
		contract_cuts(p, tls13());
		contract_bursts(p, tls13());
		contract_malformed(p, tls13());
		cryptodev_close(c);
	}
}

/* What is wrong with one AEAD is refused for that one, whichever it is, and for no other. */
static void
test_one_aead(void)
{
	static const enum fault faults[] = { FAULT_TAG_IGNORED, FAULT_TAG_WRONG, FAULT_FIRST_ONLY };
	static const uint8_t key[RECORD_KEY_MAX] = { 9 };
	const struct crypto_provider *p;
	struct crypto_key *k;
	struct cryptodev *c;

	for (unsigned int i = 0; i < HARNESS_COUNT(faults) * RECORD_AEADS; i++) {
		fault = faults[i / RECORD_AEADS];
		faulty = i % RECORD_AEADS;
		if (record_suite_of_aead((enum record_aead)faulty) == NULL)
			continue;
		CU_ASSERT_EQUAL_FATAL(cryptodev_open("crypto_aesni_mb", &conf, &c), 0);
		p = cryptodev_provider(c);
		for (unsigned int a = 0; a < RECORD_AEADS; a++) {
			const struct record_suite *s = record_suite_of_aead((enum record_aead)a);

			if (s == NULL)
				continue;
			CU_ASSERT_EQUAL(c->device->aeads[a].layouts[CRYPTO_SEAL] == 0, a == faulty);
			CU_ASSERT_EQUAL(c->device->aeads[a].layouts[CRYPTO_OPEN] == 0, a == faulty);
			if (a != faulty)
				contract_bursts(p, s);
			else
				CU_ASSERT_EQUAL(p->key_create(p, s, CRYPTO_OPEN, key, &k),
						-ENOTSUP);
		}
		cryptodev_close(c);
	}
	faulty = RECORD_AEADS;
}

/* The device writes around CCM's nonce and additional data, and neither is the job's. */
static void
test_scribbles(void)
{
	const struct record_suite *s = record_suite_of_aead(RECORD_AEAD_AES_128_CCM);
	struct cryptodev *c;

	fault = FAULT_SCRIBBLES;
	CU_ASSERT_EQUAL_FATAL(cryptodev_open("crypto_aesni_mb", &conf, &c), 0);
	contract_bursts(cryptodev_provider(c), s);
	contract_forgeries(cryptodev_provider(c), s);
	contract_aad_lengths(cryptodev_provider(c), s);
	cryptodev_close(c);
}

/* Of the largest device all of the contract that is about layouts and tags. */
static void
test_out_of_place(void)
{
	struct cryptodev *c;

	CU_ASSERT_EQUAL_FATAL(open_with(FAULT_NONE, &c), 0);
	contract_lengths(cryptodev_provider(c), tls13());
	contract_forgeries(cryptodev_provider(c), tls13());
	cryptodev_close(c);
}

/*
 * All of its layouts are right, and yet CCM is not sealed out of memory that somebody may write to, as its
 * bytes are read twice.
 */
static void
test_reads_twice(void)
{
	const struct record_suite *s = record_suite_of_aead(RECORD_AEAD_AES_128_CCM);
	struct cryptodev *c;

	fault = FAULT_NONE;
	CU_ASSERT_EQUAL_FATAL(cryptodev_open("crypto_aesni_mb", &conf, &c), 0);
	CU_ASSERT_EQUAL(c->device->aeads[s->aead].layouts[CRYPTO_SEAL], IN);
	CU_ASSERT_EQUAL(c->device->aeads[s->aead].layouts[CRYPTO_OPEN], IN | OUT);
	CU_ASSERT_EQUAL(c->device->aeads[s->aead].queued, false);
	CU_ASSERT_EQUAL(c->device->aeads[tls13()->aead].layouts[CRYPTO_SEAL], IN | OUT);
	contract_cuts(cryptodev_provider(c), s);
	cryptodev_close(c);
}

enum { LEN = 100, JOBS = 8 };

/* Fails from some job on: -EIO, dst wiped, those before it are good. */
static void
test_fails_later(void)
{
	static const int32_t statuses[] = { EIO, -EIO, -ENOTSUP, EINVAL, -1, 1, INT32_MIN };
	static uint8_t bytes[JOBS][LEN], zeros[LEN];
	static const uint8_t key[16] = { 9 };
	struct crypto_job jobs[JOBS];
	struct iovec iov[JOBS];
	struct cryptodev *c;
	const struct crypto_provider *p;
	struct crypto_key *k;

	CU_ASSERT_EQUAL_FATAL(open_with(FAULT_OUT_OVERWRITES, &c), 0);
	p = cryptodev_provider(c);
	for (unsigned int i = 0; i < 2 * JOBS * HARNESS_COUNT(statuses); i++) {
		enum crypto_dir dir = i % 2 == 0 ? CRYPTO_SEAL : CRYPTO_OPEN;
		unsigned int good = i / 2 % JOBS;

		CU_ASSERT_EQUAL_FATAL(p->key_create(p, tls13(), CRYPTO_SEAL, key, &k), 0);
		memset(bytes, 'x', sizeof(bytes));
		for (unsigned int n = 0; n < JOBS; n++) {
			iov[n] = (struct iovec){ bytes[n], LEN };
			jobs[n] = (struct crypto_job){ .key = k, .src = &iov[n], .dst = &iov[n] };
			jobs[n].src_cnt = jobs[n].dst_cnt = 1;
			jobs[n].aad_len = RECORD_HDR_LEN;
		}
		if (dir == CRYPTO_OPEN) {
			p->process(p, CRYPTO_SEAL, jobs, JOBS);
			p->key_destroy(p, k);
			CU_ASSERT_EQUAL_FATAL(p->key_create(p, tls13(), dir, key, &k), 0);
			for (unsigned int n = 0; n < JOBS; n++)
				jobs[n].key = k;
		}
		failure = statuses[i / 2 / JOBS];
		jobs_left = good;
		p->process(p, dir, jobs, JOBS);
		jobs_left = UINT32_MAX;
		for (unsigned int n = 0; n < JOBS; n++) {
			CU_ASSERT_EQUAL(jobs[n].status, n < good ? 0 : -EIO);
			CU_ASSERT((memcmp(bytes[n], zeros, LEN) == 0) == (n >= good));
		}
		p->key_destroy(p, k);
	}
	cryptodev_close(c);
}

enum { CALL_JOBS = 100, CALL_PIECES = 80 };

/* Jobs of a key that need no buffer are one call, as far as it has room for their pieces. */
static void
test_calls(void)
{
	static const struct {
		unsigned int jobs, keys, pieces, calls;
	} rows[] = {
		{ 0, 1, 1, 0 },  { 1, 1, 1, 1 },  { 2, 1, 1, 1 },   { 32, 1, 1, 1 },
		{ 33, 1, 1, 2 }, { 64, 1, 1, 2 }, { 32, 2, 1, 32 }, { 100, 1, 1, 4 },
		{ 8, 1, 16, 3 }, { 9, 1, 72, 9 }, { 9, 1, 73, 9 },  { 9, 1, 80, 9 },
	};
	static uint8_t bytes[CALL_JOBS][2 * CALL_PIECES];
	static struct iovec iov[CALL_JOBS][CALL_PIECES];
	static const uint8_t key[16] = { 9 };
	struct crypto_job jobs[CALL_JOBS];
	struct crypto_key *k[2];
	struct cryptodev *c;
	const struct crypto_provider *p;

	CU_ASSERT_EQUAL_FATAL(open_with(FAULT_NONE, &c), 0);
	p = cryptodev_provider(c);
	for (unsigned int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(p->key_create(p, tls13(), CRYPTO_SEAL, key, &k[i]), 0);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		for (unsigned int n = 0; n < rows[i].jobs; n++) {
			for (unsigned int m = 0; m < rows[i].pieces; m++)
				iov[n][m] = (struct iovec){ &bytes[n][2 * m], 1 };
			jobs[n] = (struct crypto_job){ .src = iov[n], .dst = iov[n] };
			jobs[n].src_cnt = jobs[n].dst_cnt = (uint16_t)rows[i].pieces;
			jobs[n].key = k[n % rows[i].keys];
			jobs[n].aad_len = RECORD_HDR_LEN;
		}
		calls = jobs_seen = 0;
		p->process(p, CRYPTO_SEAL, jobs, (uint16_t)rows[i].jobs);
		CU_ASSERT_EQUAL(calls, rows[i].calls);
		CU_ASSERT_EQUAL(jobs_seen, rows[i].jobs);
		for (unsigned int n = 0; n < rows[i].jobs; n++)
			CU_ASSERT_EQUAL(jobs[n].status, 0);
	}
	for (unsigned int i = 0; i < 2; i++)
		p->key_destroy(p, k[i]);
	cryptodev_close(c);
}

/* A device's queues, whose answers this program changes, too. */
enum queue_fault {
	QUEUE_NONE,
	QUEUE_REFUSES,   /* to take an operation */
	QUEUE_LOSES,     /* one that it took */
	QUEUE_FAILS,     /* says so */
	QUEUE_FAILS_NOT, /* and does nothing */
	QUEUE_TAG_WRONG,
	QUEUE_OVERWRITES,   /* the source */
	QUEUE_TOUCHES_NEXT, /* a byte behind dst */
	QUEUE_ANOTHER,      /* gives back what it was not given */
};

static enum queue_fault queue_fault;
static struct rte_crypto_fp_ops real_queue;
static unsigned int queue_jobs;

static uint16_t
queue_enqueue(void *qp, struct rte_crypto_op **ops, uint16_t n)
{
	queue_jobs++;
	return queue_fault == QUEUE_REFUSES ? 0 : real_queue.enqueue_burst(qp, ops, n);
}

static uint16_t
queue_dequeue(void *qp, struct rte_crypto_op **ops, uint16_t n)
{
	static struct rte_crypto_op another;
	struct rte_crypto_sym_op *sym;
	uint16_t got = real_queue.dequeue_burst(qp, ops, n);
	uint8_t *dst;

	if (got == 0)
		return 0;
	sym = ops[0]->sym;
	dst = sym->m_dst->buf_addr;
	if (queue_fault == QUEUE_FAILS)
		ops[0]->status = RTE_CRYPTO_OP_STATUS_ERROR;
	else if (queue_fault == QUEUE_FAILS_NOT)
		memset(dst, 0, sym->m_dst->data_len);
	else if (queue_fault == QUEUE_TAG_WRONG)
		sym->aead.digest.data[3] ^= 1;
	else if (queue_fault == QUEUE_OVERWRITES)
		((uint8_t *)sym->m_src->buf_addr)[0] ^= 1;
	else if (queue_fault == QUEUE_TOUCHES_NEXT)
		dst[sym->m_dst->data_len] ^= 1;
	else if (queue_fault == QUEUE_ANOTHER)
		ops[0] = &another;
	return queue_fault == QUEUE_LOSES ? 0 : got;
}

/* Opens the device when it is there already, with queues that are wrong in this way. */
static struct cryptodev *
open_queued(enum queue_fault f, struct cryptodev *first)
{
	const struct cryptodev_conf second = { .name = "second", .max_keys = 16 };
	struct rte_crypto_fp_ops *ops = &rte_crypto_fp_ops[first->device->id];
	struct cryptodev *c;

	real_queue = *ops;
	ops->enqueue_burst = queue_enqueue;
	ops->dequeue_burst = queue_dequeue;
	queue_fault = f;
	first->device->proved = false;
	CU_ASSERT_EQUAL_FATAL(cryptodev_open("crypto_aesni_gcm", &second, &c), 0);
	return c;
}

/* Sealing out of place by a queue is believed as little; without it all is as before. */
static void
test_queue_faults(void)
{
	struct cryptodev *first, *c;

	for (int f = QUEUE_NONE; f <= QUEUE_ANOTHER; f++) {
		CU_ASSERT_EQUAL_FATAL(open_with(FAULT_OUT_OVERWRITES, &first), 0);
		c = open_queued((enum queue_fault)f, first);
		CU_ASSERT_EQUAL(c->device->aeads[tls13()->aead].queued, f == QUEUE_NONE);
		CU_ASSERT_EQUAL(c->device->aeads[tls13()->aead].layouts[CRYPTO_SEAL], IN);
		queue_jobs = 0;
		contract_cuts(cryptodev_provider(c), tls13());
		contract_lengths(cryptodev_provider(c), tls13());
		contract_malformed(cryptodev_provider(c), tls13());
		CU_ASSERT_EQUAL(queue_jobs > 0, f == QUEUE_NONE);
		cryptodev_close(c);
		cryptodev_close(first);
	}
	/* There are no more queues than there are; who has none does without. */
	CU_ASSERT_EQUAL_FATAL(open_with(FAULT_OUT_OVERWRITES, &first), 0);
	first->device->queues = 0;
	c = open_queued(QUEUE_NONE, first);
	CU_ASSERT_EQUAL(c->queue.id, -1);
	contract_keys(cryptodev_provider(c), tls13());
	cryptodev_close(c);
	cryptodev_close(first);
}

/* One that was right is wrong later: -EIO and nothing left, and it may go on with what is left. */
static void
test_queue_fails_later(void)
{
	static const enum queue_fault faults[] = { QUEUE_REFUSES, QUEUE_LOSES, QUEUE_FAILS,
						   QUEUE_ANOTHER };
	static uint8_t from[LEN], to[LEN], zeros[LEN];
	static const uint8_t key[16] = { 9 };
	const struct iovec src = { from, LEN }, dst = { to, LEN };
	const struct crypto_provider *p;
	struct cryptodev *first, *c;
	struct crypto_key *k;

	memset(from, 'x', sizeof(from));
	for (size_t i = 0; i < HARNESS_COUNT(faults); i++) {
		struct crypto_job j = { .src = &src, .dst = &dst, .src_cnt = 1, .dst_cnt = 1 };

		CU_ASSERT_EQUAL_FATAL(open_with(FAULT_OUT_OVERWRITES, &first), 0);
		c = open_queued(QUEUE_NONE, first);
		p = cryptodev_provider(c);
		CU_ASSERT_EQUAL_FATAL(p->key_create(p, tls13(), CRYPTO_SEAL, key, &k), 0);
		j.key = k;
		j.aad_len = RECORD_HDR_LEN;
		p->process(p, CRYPTO_SEAL, &j, 1);
		CU_ASSERT_EQUAL(j.status, 0);
		queue_fault = faults[i];
		memset(to, 'y', sizeof(to));
		p->process(p, CRYPTO_SEAL, &j, 1);
		CU_ASSERT_EQUAL(j.status, -EIO);
		CU_ASSERT_EQUAL(memcmp(to, zeros, sizeof(to)), 0);
		queue_fault = QUEUE_NONE;
		p->process(p, CRYPTO_SEAL, &j, 1);
		CU_ASSERT_EQUAL(j.status, 0);
		p->key_destroy(p, k);
		cryptodev_close(c);
		cryptodev_close(first);
	}
}

/* A driver that does not clear what it gives back. */
int __wrap_rte_cryptodev_sym_session_free(uint8_t dev_id, void *sess);

int
__wrap_rte_cryptodev_sym_session_free(uint8_t dev_id, void *sess)
{
	(void)dev_id;
	session_find(sess)->session = NULL;
	rte_mempool_put(rte_mempool_from_obj(sess), sess);
	return 0;
}

static void
count_clean(struct rte_mempool *mp, void *arg, void *obj, unsigned int i)
{
	unsigned int *clean = arg;
	const uint8_t *at = obj;
	uint32_t n = 0;

	(void)i;
	while (n < mp->elt_size && at[n] == 0)
		n++;
	*clean += n == mp->elt_size;
}

static void
test_keys_wiped(void)
{
	static const uint8_t key[16] = { 9 };
	struct crypto_key *k[4];
	const struct crypto_provider *p;
	unsigned int clean;
	struct cryptodev *c;

	CU_ASSERT_EQUAL_FATAL(open_with(FAULT_NONE, &c), 0);
	p = cryptodev_provider(c);
	for (unsigned int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(p->key_create(p, tls13(), CRYPTO_SEAL, key, &k[i]), 0);
	clean = 0;
	rte_mempool_obj_iter(c->sessions, count_clean, &clean);
	CU_ASSERT_EQUAL(clean, conf.max_keys - 4);
	for (unsigned int i = 0; i < 4; i++)
		p->key_destroy(p, k[i]);
	clean = 0;
	rte_mempool_obj_iter(c->sessions, count_clean, &clean);
	CU_ASSERT_EQUAL(clean, conf.max_keys);
	cryptodev_close(c);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "all suites", test_all_rows },
		{ "devices that are wrong in one way", test_faults },
		{ "a device that is wrong with one AEAD", test_one_aead },
		{ "a device that writes around CCM's input", test_scribbles },
		{ "a device that is right out of place", test_out_of_place },
		{ "a device that reads CCM's bytes twice", test_reads_twice },
		{ "a device that fails later", test_fails_later },
		{ "jobs in a call", test_calls },
		{ "queues that are wrong in one way", test_queue_faults },
		{ "a queue that fails later", test_queue_fails_later },
		{ "keys are wiped whatever the driver does", test_keys_wiped },
	};

	if (eal_start("probe") != 0)
		return EXIT_FAILURE;
	return harness_run("crypto/probe", cases, HARNESS_COUNT(cases));
}
