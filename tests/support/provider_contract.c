/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/provider_contract.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/arena.h"
#include "support/harness.h"
#include "support/hex.h"
#include "vectors/aead_vector.h"

static void
fill_random(uint64_t *rng, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)harness_rand(rng);
}

enum { VECTOR_MAX = 300, VECTOR_AAD_MAX = 32 };

/* A vector's bytes. */
struct known {
	uint8_t key[RECORD_KEY_MAX], nonce[RECORD_NONCE_LEN], tag[RECORD_TAG_LEN];
	uint8_t aad[VECTOR_AAD_MAX], plain[VECTOR_MAX], cipher[VECTOR_MAX];
	size_t aad_len, len;
};

static void
known_read(struct known *k, const struct aead_vector *v, const struct record_suite *s)
{
	k->len = hex_read(v->plain, k->plain, sizeof(k->plain));
	k->aad_len = hex_read(v->aad, k->aad, sizeof(k->aad));
	CU_ASSERT_EQUAL(hex_read(v->key, k->key, sizeof(k->key)), s->key_len);
	CU_ASSERT_EQUAL(hex_read(v->nonce, k->nonce, sizeof(k->nonce)), sizeof(k->nonce));
	CU_ASSERT_EQUAL(hex_read(v->cipher, k->cipher, sizeof(k->cipher)), k->len);
	CU_ASSERT_EQUAL(hex_read(v->tag, k->tag, sizeof(k->tag)), sizeof(k->tag));
}

/* By a provider, from known bytes to known bytes. */
static void
known_process(const struct crypto_provider *p, const struct record_suite *s, enum crypto_dir dir,
	      const struct known *k)
{
	uint8_t out[VECTOR_MAX] = { 0 };
	const uint8_t *from = dir == CRYPTO_SEAL ? k->plain : k->cipher;
	const uint8_t *to = dir == CRYPTO_SEAL ? k->cipher : k->plain;
	struct iovec src = { (void *)(uintptr_t)from, k->len }, dst = { out, k->len };
	struct crypto_job j = { .src = &src, .dst = &dst, .src_cnt = 1, .dst_cnt = 1 };

	CU_ASSERT_EQUAL_FATAL(p->key_create(p, s, dir, k->key, &j.key), 0);
	j.aad_len = (uint8_t)k->aad_len;
	memcpy(j.nonce, k->nonce, sizeof(j.nonce));
	memcpy(j.aad, k->aad, k->aad_len);
	if (dir == CRYPTO_OPEN)
		memcpy(j.tag, k->tag, sizeof(j.tag));
	p->process(p, dir, &j, 1);
	CU_ASSERT_EQUAL(j.status, 0);
	CU_ASSERT_EQUAL(memcmp(out, to, k->len), 0);
	CU_ASSERT_EQUAL(memcmp(j.tag, k->tag, sizeof(j.tag)), 0);
	p->key_destroy(p, j.key);
}

void
contract_vectors(const struct crypto_provider *p, const struct record_suite *s)
{
	unsigned int done = 0;

	const struct aead_vector *vectors;
	size_t nb = contract_oracle_vectors(s, &vectors);

	for (size_t i = 0; i < nb; i++) {
		struct record_suite suite = *s;
		uint8_t out[VECTOR_MAX], tag[RECORD_TAG_LEN];
		struct known k;

		known_read(&k, &vectors[i], s);
		contract_oracle_seal(s, k.key, k.nonce, k.aad, (int)k.aad_len, k.plain, (int)k.len,
				     out, tag);
		CU_ASSERT_EQUAL(memcmp(out, k.cipher, k.len), 0);
		CU_ASSERT_EQUAL(memcmp(tag, k.tag, sizeof(tag)), 0);
		if (k.aad_len > RECORD_AAD_MAX)
			continue;
		suite.aad_len = (uint8_t)k.aad_len;
		known_process(p, &suite, CRYPTO_SEAL, &k);
		known_process(p, &suite, CRYPTO_OPEN, &k);
		done++;
	}
	CU_ASSERT(done > 0);
}

/* A record's bytes, sealed by the oracle. */
struct sample {
	uint8_t key[RECORD_KEY_MAX];
	uint8_t nonce[RECORD_NONCE_LEN];
	uint8_t aad[RECORD_AAD_MAX];
	uint8_t aad_len;
	uint32_t len;
	uint8_t plain[CONTRACT_INNER_MAX];
	uint8_t cipher[CONTRACT_INNER_MAX];
	uint8_t tag[RECORD_TAG_LEN];
};

static void
sample_seal(struct sample *m, const struct record_suite *s)
{
	contract_oracle_seal(s, m->key, m->nonce, m->aad, m->aad_len, m->plain, (int)m->len,
			     m->cipher, m->tag);
}

static void
sample_make(struct sample *m, const struct record_suite *s, uint64_t *rng, uint32_t len)
{
	m->len = len;
	m->aad_len = s->aad_len;
	fill_random(rng, m->key, sizeof(m->key));
	fill_random(rng, m->nonce, sizeof(m->nonce));
	fill_random(rng, m->aad, sizeof(m->aad));
	fill_random(rng, m->plain, len);
	sample_seal(m, s);
}

static const uint8_t *
sample_src(const struct sample *m, enum crypto_dir dir)
{
	return dir == CRYPTO_SEAL ? m->plain : m->cipher;
}

static const uint8_t *
sample_dst(const struct sample *m, enum crypto_dir dir)
{
	return dir == CRYPTO_SEAL ? m->cipher : m->plain;
}

static struct crypto_key *
key_make(const struct crypto_provider *p, const struct record_suite *s, enum crypto_dir dir,
	 const uint8_t *key)
{
	struct crypto_key *k = NULL;

	CU_ASSERT_EQUAL_FATAL(p->key_create(p, s, dir, key, &k), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	return k;
}

/* The job of a sample, without its pieces. */
static struct crypto_job
job_make(struct crypto_key *key, const struct sample *m, enum crypto_dir dir)
{
	struct crypto_job j;

	memset(&j, 0, sizeof(j));
	j.key = key;
	j.aad_len = m->aad_len;
	j.status = -ENOSYS; /* to be overwritten */
	memcpy(j.nonce, m->nonce, sizeof(j.nonce));
	memcpy(j.aad, m->aad, sizeof(j.aad));
	if (dir == CRYPTO_OPEN)
		memcpy(j.tag, m->tag, sizeof(j.tag));
	return j;
}

static bool
job_good(const struct crypto_job *j, const struct sample *m)
{
	return j->status == 0 && memcmp(j->tag, m->tag, RECORD_TAG_LEN) == 0;
}

/* One sample through linear buffers, both ways, in place and not. */
static bool
linear_good(const struct crypto_provider *p, const struct record_suite *s, const struct sample *m,
	    uint64_t *rng)
{
	static struct arena from, to;
	bool good = true;

	for (int d = CRYPTO_SEAL; d <= CRYPTO_OPEN; d++) {
		enum crypto_dir dir = (enum crypto_dir)d;
		struct crypto_key *key = key_make(p, s, dir, m->key);
		struct crypto_job jobs[2] = { job_make(key, m, dir), job_make(key, m, dir) };

		arena_scatter(&from, m->len, 1, sample_src(m, dir), rng);
		arena_scatter(&to, m->len, 1, NULL, rng);
		jobs[0].src = from.iov;
		jobs[0].dst = to.iov;
		jobs[0].src_cnt = jobs[0].dst_cnt = 1;
		p->process(p, dir, &jobs[0], 1);
		good &= job_good(&jobs[0], m) && arena_holds(&to, sample_dst(m, dir)) &&
			arena_holds(&from, sample_src(m, dir));

		arena_scatter(&to, m->len, 1, sample_src(m, dir), rng);
		jobs[1].src = jobs[1].dst = to.iov;
		jobs[1].src_cnt = jobs[1].dst_cnt = 1;
		p->process(p, dir, &jobs[1], 1);
		good &= job_good(&jobs[1], m) && arena_holds(&to, sample_dst(m, dir));
		p->key_destroy(p, key);
	}
	return good;
}

void
contract_lengths(const struct crypto_provider *p, const struct record_suite *s)
{
	static const uint32_t longer[] = {
		511,
		512,
		513,
		1447,
		1448,
		1449,
		2047,
		2048,
		4096,
		8192,
		16383,
		16384,
		16385,
		CONTRACT_INNER_MAX - 1,
		CONTRACT_INNER_MAX,
	};
	static struct sample m;
	uint64_t rng = harness_seed();

	for (uint32_t len = 0; len <= 300; len++) {
		sample_make(&m, s, &rng, len);
		CU_ASSERT(linear_good(p, s, &m, &rng));
	}
	for (size_t i = 0; i < HARNESS_COUNT(longer); i++) {
		sample_make(&m, s, &rng, longer[i]);
		CU_ASSERT(linear_good(p, s, &m, &rng));
	}
}

void
contract_aad_lengths(const struct crypto_provider *p, const struct record_suite *s)
{
	static struct sample m;
	uint64_t rng = harness_seed();

	for (uint8_t aad_len = 0; aad_len <= RECORD_AAD_MAX; aad_len++) {
		struct record_suite suite = *s;

		suite.aad_len = aad_len;
		for (uint32_t len = 0; len < 40; len += 13) {
			sample_make(&m, &suite, &rng, len);
			CU_ASSERT(linear_good(p, &suite, &m, &rng));
		}
	}
}

/* src and dst in memory of their own, each in its own pieces. */
static bool
scattered_good(const struct crypto_provider *p, const struct crypto_job *template,
	       const struct sample *m, enum crypto_dir dir, uint64_t *rng)
{
	static struct arena from, to;
	struct crypto_job j = *template;

	arena_scatter(&from, m->len, 1 + harness_below(rng, ARENA_PIECES), sample_src(m, dir), rng);
	arena_scatter(&to, m->len, 1 + harness_below(rng, ARENA_PIECES), NULL, rng);
	j.src = from.iov;
	j.src_cnt = from.cnt;
	j.dst = to.iov;
	j.dst_cnt = to.cnt;
	p->process(p, dir, &j, 1);
	return job_good(&j, m) && arena_holds(&to, sample_dst(m, dir)) &&
	       arena_holds(&from, sample_src(m, dir));
}

/* In place: the same list, and the same linear memory in two lists that are cut differently. */
static bool
in_place_good(const struct crypto_provider *p, const struct crypto_job *template,
	      const struct sample *m, enum crypto_dir dir, uint64_t *rng)
{
	static struct arena to;
	struct iovec other[ARENA_PIECES], whole;
	struct crypto_job j = *template;
	unsigned int pieces = 1 + harness_below(rng, ARENA_PIECES);
	bool good;

	arena_scatter(&to, m->len, pieces, sample_src(m, dir), rng);
	j.src = j.dst = to.iov;
	j.src_cnt = j.dst_cnt = to.cnt;
	p->process(p, dir, &j, 1);
	good = job_good(&j, m) && arena_holds(&to, sample_dst(m, dir));

	arena_scatter(&to, m->len, 1, sample_src(m, dir), rng);
	whole = to.iov[0];
	j = *template;
	j.src = other;
	j.src_cnt = arena_cut(other, whole.iov_base, m->len, pieces, rng);
	pieces = 1 + harness_below(rng, ARENA_PIECES);
	j.dst = to.iov;
	j.dst_cnt = arena_cut(to.iov, whole.iov_base, m->len, pieces, rng);
	to.cnt = j.dst_cnt;
	p->process(p, dir, &j, 1);
	return good && job_good(&j, m) && arena_holds(&to, sample_dst(m, dir));
}

void
contract_cuts(const struct crypto_provider *p, const struct record_suite *s)
{
	unsigned int rounds = harness_full() ? 20000 : 400;
	static struct sample m;
	uint64_t rng = harness_seed();

	for (unsigned int i = 0; i < rounds; i++) {
		uint32_t longest = i % 8 == 0 ? CONTRACT_INNER_MAX : 200;

		sample_make(&m, s, &rng, harness_below(&rng, longest + 1));
		for (int d = CRYPTO_SEAL; d <= CRYPTO_OPEN; d++) {
			enum crypto_dir dir = (enum crypto_dir)d;
			struct crypto_key *key = key_make(p, s, dir, m.key);
			struct crypto_job j = job_make(key, &m, dir);

			CU_ASSERT(scattered_good(p, &j, &m, dir, &rng));
			CU_ASSERT(in_place_good(p, &j, &m, dir, &rng));
			p->key_destroy(p, key);
		}
	}
}

/* Opens j over bad (a copy of the ciphertext, possibly forged), out of place and in place. */
static bool
refused(const struct crypto_provider *p, const struct crypto_job *template, const uint8_t *bad,
	uint32_t len, uint64_t *rng)
{
	static struct arena from, to;
	struct crypto_job j = *template;
	bool good;

	arena_scatter(&from, len, 1 + harness_below(rng, 5), bad, rng);
	arena_scatter(&to, len, 1 + harness_below(rng, 5), bad, rng);
	j.src = from.iov;
	j.src_cnt = from.cnt;
	j.dst = to.iov;
	j.dst_cnt = to.cnt;
	p->process(p, CRYPTO_OPEN, &j, 1);
	good = j.status == -EBADMSG && arena_holds(&to, NULL) && arena_holds(&from, bad);

	arena_scatter(&to, len, 1 + harness_below(rng, 5), bad, rng);
	j = *template;
	j.src = j.dst = to.iov;
	j.src_cnt = j.dst_cnt = to.cnt;
	p->process(p, CRYPTO_OPEN, &j, 1);
	return good && j.status == -EBADMSG && arena_holds(&to, NULL);
}

/* All single-bit forgeries of one record. */
static void
forge(const struct crypto_provider *p, const struct record_suite *s, struct sample *m,
      uint64_t *rng)
{
	struct crypto_key *key = key_make(p, s, CRYPTO_OPEN, m->key);
	const struct crypto_job good = job_make(key, m, CRYPTO_OPEN);
	struct crypto_job j;

	for (unsigned int bit = 0; bit < 8 * RECORD_TAG_LEN; bit++) {
		j = good;
		j.tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT(refused(p, &j, m->cipher, m->len, rng));
	}
	for (unsigned int bit = 0; bit < 8 * RECORD_NONCE_LEN; bit++) {
		j = good;
		j.nonce[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT(refused(p, &j, m->cipher, m->len, rng));
	}
	for (unsigned int bit = 0; bit < 8u * m->aad_len; bit++) {
		j = good;
		j.aad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT(refused(p, &j, m->cipher, m->len, rng));
	}
	for (unsigned int bit = 0; bit < 8 * m->len; bit++) {
		m->cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT(refused(p, &good, m->cipher, m->len, rng));
		m->cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* One byte less under the same tag. */
	if (m->len != 0)
		CU_ASSERT(refused(p, &good, m->cipher, m->len - 1, rng));
	/* The key is as good as before. */
	CU_ASSERT(scattered_good(p, &good, m, CRYPTO_OPEN, rng));
	p->key_destroy(p, key);
}

/* Memory that does not stay as it is, the first words of it least of all. */
struct moving {
	atomic_bool stop;
	_Atomic uint64_t words[CONTRACT_INNER_MAX / 8];
};

static void *
move(void *arg)
{
	struct moving *m = arg;

	for (uint64_t n = 1; !atomic_load_explicit(&m->stop, memory_order_relaxed); n++)
		for (size_t i = 0; i < HARNESS_COUNT(m->words); i += 3) {
			atomic_store_explicit(&m->words[i], n * 0x9e3779b97f4a7c15,
					      memory_order_relaxed);
			atomic_store_explicit(&m->words[i % 6], i * 0x9e3779b97f4a7c15,
					      memory_order_relaxed);
		}
	return NULL;
}

void
contract_moving(const struct crypto_provider *p, const struct record_suite *s)
{
	static uint8_t out[CONTRACT_INNER_MAX], type = 23;
	static const uint8_t bytes[RECORD_KEY_MAX] = { 5 };
	static struct moving m;
	uint64_t rng = harness_seed();
	struct crypto_key *key = key_make(p, s, CRYPTO_SEAL, bytes);
	pthread_t thread;

	atomic_store(&m.stop, false);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, move, &m), 0);
	for (int i = 0; i < 4000; i++) {
		/* Most of them short, so that what is read twice is a large part of it. */
		uint32_t len = 1 + harness_below(&rng, i % 8 == 0 ? sizeof(m.words) : 47);
		struct iovec src[2] = { { m.words, len }, { &type, 1 } };
		struct iovec dst = { out, len + (unsigned int)i % 2 };
		struct crypto_job j = { .key = key, .src = src, .dst = &dst, .dst_cnt = 1 };

		j.src_cnt = (uint16_t)(1 + i % 2);
		j.aad_len = s->aad_len;
		fill_random(&rng, j.nonce, sizeof(j.nonce));
		p->process(p, CRYPTO_SEAL, &j, 1);
		CU_ASSERT_EQUAL(j.status, 0);
		CU_ASSERT(contract_oracle_opens(s, bytes, &j));
	}
	atomic_store(&m.stop, true);
	CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
	p->key_destroy(p, key);
}

void
contract_forgeries(const struct crypto_provider *p, const struct record_suite *s)
{
	static const uint32_t lens[] = { 0, 1, 15, 16, 17, 50 };
	static struct sample m;
	uint64_t rng = harness_seed();
	struct crypto_job j;

	for (size_t i = 0; i < HARNESS_COUNT(lens); i++) {
		sample_make(&m, s, &rng, lens[i]);
		forge(p, s, &m, &rng);
	}

	/* A full record, and another key. */
	sample_make(&m, s, &rng, RECORD_PLAIN_MAX + 1);
	j = job_make(key_make(p, s, CRYPTO_OPEN, m.key), &m, CRYPTO_OPEN);
	j.tag[0] ^= 1;
	CU_ASSERT(refused(p, &j, m.cipher, m.len, &rng));
	p->key_destroy(p, j.key);
	m.key[s->key_len - 1] ^= 1;
	j = job_make(key_make(p, s, CRYPTO_OPEN, m.key), &m, CRYPTO_OPEN);
	CU_ASSERT(refused(p, &j, m.cipher, m.len, &rng));
	p->key_destroy(p, j.key);
}

static void
wrong_direction(const struct crypto_provider *p, const struct record_suite *s, enum crypto_dir dir,
		const struct sample *m, uint64_t *rng)
{
	enum crypto_dir other = dir == CRYPTO_SEAL ? CRYPTO_OPEN : CRYPTO_SEAL;
	struct crypto_key *key = key_make(p, s, other, m->key);
	struct crypto_job j = job_make(key, m, dir);
	static struct arena to;

	arena_scatter(&to, m->len, 1, sample_src(m, dir), rng);
	j.src = j.dst = to.iov;
	j.src_cnt = j.dst_cnt = 1;
	p->process(p, dir, &j, 1);
	CU_ASSERT_EQUAL(j.status, -EIO);
	CU_ASSERT(arena_holds(&to, NULL));
	/* The key works on. */
	j = job_make(key, m, other);
	CU_ASSERT(scattered_good(p, &j, m, other, rng));
	p->key_destroy(p, key);
}

/* Jobs that are none: lists of these lengths, or another aad_len. */
void
contract_malformed(const struct crypto_provider *p, const struct record_suite *s)
{
	static const struct {
		uint32_t src_len, dst_len;
		int aad_len; /* added */
	} rows[] = { { 0, 1, 0 },   { 1, 0, 0 },   { 40, 39, 0 }, { 39, 40, 0 },
		     { 16, 32, 0 }, { 32, 16, 0 }, { 40, 40, 1 }, { 40, 40, -1 } };
	static struct arena from, to;
	static struct sample m;
	uint64_t rng = harness_seed();

	sample_make(&m, s, &rng, 40);
	for (int d = CRYPTO_SEAL; d <= CRYPTO_OPEN; d++) {
		enum crypto_dir dir = (enum crypto_dir)d;
		struct crypto_key *key = key_make(p, s, dir, m.key);

		for (unsigned int i = 0; i < 4 * HARNESS_COUNT(rows); i++) {
			struct crypto_job j = job_make(key, &m, dir);
			uint32_t src_len = rows[i / 4].src_len, dst_len = rows[i / 4].dst_len;

			/* One piece or two, on either side. */
			arena_scatter(&from, src_len, 1 + i % 2, sample_src(&m, dir), &rng);
			arena_scatter(&to, dst_len, 1 + i / 2 % 2, sample_dst(&m, dir), &rng);
			j.src = from.iov;
			j.src_cnt = from.cnt;
			j.dst = to.iov;
			j.dst_cnt = to.cnt;
			j.aad_len = (uint8_t)(j.aad_len + rows[i / 4].aad_len);
			p->process(p, dir, &j, 1);
			CU_ASSERT_EQUAL(j.status, -EIO);
			CU_ASSERT(arena_holds(&to, NULL));
			CU_ASSERT(arena_holds(&from, sample_src(&m, dir)));
		}
		p->key_destroy(p, key);
		wrong_direction(p, s, dir, &m, &rng);
	}
}

enum { BURST = 40, BURST_KEYS = 3 };

struct burst {
	struct sample m[BURST];
	struct arena from[BURST], to[BURST];
	struct crypto_job jobs[BURST];
	struct crypto_key *keys[BURST_KEYS];
};

/* A job in place or not, of few pieces or many. */
static void
burst_job(struct burst *b, unsigned int i, enum crypto_dir dir, uint64_t *rng)
{
	unsigned int pieces = 1 + harness_below(rng, i % 4 == 0 ? ARENA_PIECES : 3);
	const uint8_t *bytes = sample_src(&b->m[i], dir);
	struct crypto_job *j = &b->jobs[i];

	arena_scatter(&b->to[i], b->m[i].len, pieces, bytes, rng);
	arena_scatter(&b->from[i], b->m[i].len, 1 + harness_below(rng, 3), bytes, rng);
	j->dst = b->to[i].iov;
	j->dst_cnt = b->to[i].cnt;
	j->src = i % 3 == 0 ? b->from[i].iov : j->dst;
	j->src_cnt = i % 3 == 0 ? b->from[i].cnt : j->dst_cnt;
}

/* Runs of jobs of few keys; bad ones are those whose bit is set. */
static void
burst_run(const struct crypto_provider *p, const struct record_suite *s, enum crypto_dir dir,
	  uint64_t bad, uint64_t *rng)
{
	static struct burst b;
	uint8_t bytes[BURST_KEYS][RECORD_KEY_MAX];
	unsigned int run = 1 + harness_below(rng, BURST);

	fill_random(rng, bytes[0], sizeof(bytes));
	for (unsigned int i = 0; i < BURST_KEYS; i++)
		b.keys[i] = key_make(p, s, dir, bytes[i]);
	for (unsigned int i = 0; i < BURST; i++) {
		sample_make(&b.m[i], s, rng, harness_below(rng, 400));
		memcpy(b.m[i].key, bytes[i / run % BURST_KEYS], sizeof(b.m[i].key));
		sample_seal(&b.m[i], s);
		b.jobs[i] = job_make(b.keys[i / run % BURST_KEYS], &b.m[i], dir);
		burst_job(&b, i, dir, rng);
		if (bad >> i & 1)
			b.jobs[i].tag[i % RECORD_TAG_LEN] ^= 0x80;
	}
	p->process(p, dir, b.jobs, BURST);
	for (unsigned int i = 0; i < BURST; i++) {
		bool is_bad = bad >> i & 1;

		CU_ASSERT_EQUAL(b.jobs[i].status, is_bad ? -EBADMSG : 0);
		CU_ASSERT(is_bad || job_good(&b.jobs[i], &b.m[i]));
		CU_ASSERT(arena_holds(&b.to[i], is_bad ? NULL : sample_dst(&b.m[i], dir)));
		CU_ASSERT(arena_holds(&b.from[i], sample_src(&b.m[i], dir)));
	}
	for (unsigned int i = 0; i < BURST_KEYS; i++)
		p->key_destroy(p, b.keys[i]);
}

void
contract_bursts(const struct crypto_provider *p, const struct record_suite *s)
{
	uint64_t rng = harness_seed();

	p->process(p, CRYPTO_SEAL, NULL, 0);
	p->process(p, CRYPTO_OPEN, NULL, 0);
	burst_run(p, s, CRYPTO_OPEN, 0, &rng);
	burst_run(p, s, CRYPTO_OPEN, UINT64_MAX, &rng);
	for (unsigned int i = 0; i < 10; i++) {
		burst_run(p, s, CRYPTO_SEAL, 0, &rng);
		burst_run(p, s, CRYPTO_OPEN, harness_rand(&rng), &rng);
	}
}

void
contract_keys(const struct crypto_provider *p, const struct record_suite *s)
{
	static struct sample a, b;
	uint64_t rng = harness_seed();
	struct record_suite unknown = *s;
	struct crypto_key *ka, *kb, *out;
	struct crypto_job j;
	uint8_t copy[RECORD_KEY_MAX];

	CU_ASSERT(p->name != NULL && p->name[0] != '\0');
	p->key_destroy(p, NULL);

	/* The caller's bytes may go at once; the other key may come and go. */
	sample_make(&a, s, &rng, 100);
	sample_make(&b, s, &rng, 100);
	memcpy(copy, a.key, sizeof(copy));
	ka = key_make(p, s, CRYPTO_SEAL, copy);
	memset(copy, 0, sizeof(copy));
	kb = key_make(p, s, CRYPTO_SEAL, b.key);
	j = job_make(ka, &a, CRYPTO_SEAL);
	CU_ASSERT(scattered_good(p, &j, &a, CRYPTO_SEAL, &rng));
	j = job_make(kb, &b, CRYPTO_SEAL);
	CU_ASSERT(scattered_good(p, &j, &b, CRYPTO_SEAL, &rng));
	p->key_destroy(p, kb);
	j = job_make(ka, &a, CRYPTO_SEAL);
	CU_ASSERT(scattered_good(p, &j, &a, CRYPTO_SEAL, &rng));
	p->key_destroy(p, ka);

	/* The same nonce again is the same record again: a retransmission may be sealed anew. */
	ka = key_make(p, s, CRYPTO_SEAL, a.key);
	for (unsigned int i = 0; i < 3; i++) {
		j = job_make(ka, &a, CRYPTO_SEAL);
		CU_ASSERT(scattered_good(p, &j, &a, CRYPTO_SEAL, &rng));
	}
	p->key_destroy(p, ka);

	out = (struct crypto_key *)&a;
	unknown.aead = RECORD_AEAD_NONE; /* its entry is missing in every map */
	CU_ASSERT_EQUAL(p->key_create(p, &unknown, CRYPTO_SEAL, a.key, &out), -ENOTSUP);
	CU_ASSERT_EQUAL(p->key_create(p, &unknown, CRYPTO_OPEN, a.key, &out), -ENOTSUP);
	CU_ASSERT_PTR_EQUAL(out, &a);
}
