/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <CUnit/CUnit.h>
#include <recordtls/tls.h>

#include "crypto/libcrypto.h"
#include "support/contract_cases.h"
#include "support/harness.h"
#include "support/hex.h"
#include "vectors/libssl_records.h"
#include "vectors/rfc8448.h"
#include "vectors/tls12_gcm.h"

/*
 * libcrypto's memory goes through here, so that the tests see what it allocates
 * and what a freed block still holds.
 */
struct block {
	struct block *next, **back;
	size_t size;
	max_align_t bytes[];
};

static struct {
	struct block *live;
	unsigned long allocations;
	uint8_t key[16]; /* looked for in freed blocks while watching */
	bool watching;
	unsigned int freed_with_key;
} memory;

static bool
block_has_key(const struct block *b)
{
	const uint8_t *bytes = (const uint8_t *)b->bytes;

	for (size_t i = 0; i + sizeof(memory.key) <= b->size; i++)
		if (memcmp(bytes + i, memory.key, sizeof(memory.key)) == 0)
			return true;
	return false;
}

static unsigned int
live_with_key(void)
{
	unsigned int n = 0;

	for (const struct block *b = memory.live; b != NULL; b = b->next)
		n += block_has_key(b);
	return n;
}

static void *
memory_malloc(size_t size, const char *file, int line)
{
	struct block *b = calloc(1, sizeof(*b) + size);

	(void)file;
	(void)line;
	if (b == NULL)
		return NULL;
	memory.allocations++;
	b->size = size;
	b->next = memory.live;
	b->back = &memory.live;
	if (b->next != NULL)
		b->next->back = &b->next;
	memory.live = b;
	return b->bytes;
}

static void
memory_free(void *p, const char *file, int line)
{
	struct block *b;

	(void)file;
	(void)line;
	if (p == NULL)
		return;
	b = (struct block *)((uint8_t *)p - offsetof(struct block, bytes));
	if (memory.watching)
		memory.freed_with_key += block_has_key(b);
	*b->back = b->next;
	if (b->next != NULL)
		b->next->back = b->back;
	free(b);
}

static void *
memory_realloc(void *p, size_t size, const char *file, int line)
{
	void *moved = memory_malloc(size, file, line);

	if (moved != NULL && p != NULL) {
		struct block *b = (struct block *)((uint8_t *)p - offsetof(struct block, bytes));

		memcpy(moved, p, size < b->size ? size : b->size);
		memory_free(p, file, line);
	}
	return moved;
}

static const struct record_suite *
tls13(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

enum { BODY_MAX = 300 };

/* A complete record as core/record and the provider make it; returns its length. */
static size_t
record_seal(const struct record_suite *s, struct crypto_key *key, const uint8_t *base_iv,
	    const struct record_vector *v, uint8_t *out)
{
	const struct crypto_provider *p = crypto_libcrypto();
	uint8_t *inner = out + record_prefix_len(s);
	size_t len = hex_read(v->plain, inner, BODY_MAX);
	struct iovec piece = { inner, len + s->inner_type_len };
	struct crypto_job j = {
		.key = key,
		.src = &piece,
		.dst = &piece,
		.src_cnt = 1,
		.dst_cnt = 1,
	};

	if (s->inner_type_len != 0)
		inner[len] = v->type;
	record_header_write(s, v->type, (uint32_t)len, 0, out);
	record_nonce(s, base_iv, v->rec_no, j.nonce);
	memcpy(out + RECORD_HDR_LEN, j.nonce + RECORD_NONCE_LEN - s->explicit_nonce_len,
	       s->explicit_nonce_len);
	j.aad_len = (uint8_t)record_aad(s, out, v->rec_no, j.aad);
	p->process(p, CRYPTO_SEAL, &j, 1);
	CU_ASSERT_EQUAL(j.status, 0);
	memcpy(inner + piece.iov_len, j.tag, sizeof(j.tag));
	return record_wire_len(s, (uint32_t)len);
}

/* Opens a complete record in place; returns the inner bytes' length. */
static size_t
record_open(const struct record_suite *s, struct crypto_key *key, const uint8_t *base_iv,
	    uint64_t rec_no, uint8_t *wire, uint8_t **inner)
{
	const struct crypto_provider *p = crypto_libcrypto();
	struct record_header h = record_header_read(wire);
	struct iovec piece;
	struct crypto_job j = {
		.key = key,
		.src = &piece,
		.dst = &piece,
		.src_cnt = 1,
		.dst_cnt = 1,
	};

	CU_ASSERT_EQUAL_FATAL(record_header_check(s, &h), 0);
	*inner = wire + record_prefix_len(s);
	piece.iov_base = *inner;
	piece.iov_len = record_inner_len(s, h.body_len);
	record_nonce_received(s, base_iv, rec_no, wire + RECORD_HDR_LEN, j.nonce);
	j.aad_len = (uint8_t)record_aad(s, wire, rec_no, j.aad);
	memcpy(j.tag, *inner + piece.iov_len, sizeof(j.tag));
	p->process(p, CRYPTO_OPEN, &j, 1);
	CU_ASSERT_EQUAL(j.status, 0);
	return piece.iov_len;
}

static void
check_record(const struct record_suite *s, const struct record_vector *v, uint64_t first_rec_no)
{
	const struct crypto_provider *p = crypto_libcrypto();
	uint8_t key[RECORD_KEY_MAX], iv[12], plain[BODY_MAX], wire[BODY_MAX], out[BODY_MAX], *inner;
	size_t plain_len = hex_read(v->plain, plain, sizeof(plain));
	size_t wire_len = hex_read(v->wire, wire, sizeof(wire));
	struct crypto_key *seal, *open;

	CU_ASSERT_EQUAL(hex_read(v->key, key, sizeof(key)), s->key_len);
	hex_read(v->iv, iv, sizeof(iv));
	record_iv_base(s, iv, first_rec_no, iv);
	CU_ASSERT_EQUAL_FATAL(p->key_create(p, s, CRYPTO_SEAL, key, &seal), 0);
	CU_ASSERT_EQUAL_FATAL(p->key_create(p, s, CRYPTO_OPEN, key, &open), 0);

	CU_ASSERT_EQUAL(record_seal(s, seal, iv, v, out), wire_len);
	CU_ASSERT_EQUAL(memcmp(out, wire, wire_len), 0);

	CU_ASSERT_EQUAL(record_open(s, open, iv, v->rec_no, wire, &inner),
			plain_len + s->inner_type_len);
	CU_ASSERT_EQUAL(memcmp(inner, plain, plain_len), 0);
	CU_ASSERT(s->inner_type_len == 0 || inner[plain_len] == v->type);

	p->key_destroy(p, seal);
	p->key_destroy(p, open);
}

static void
test_rfc8448(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rfc8448_records); i++)
		check_record(tls13(), &rfc8448_records[i], 0);
}

static void
test_tls12_records(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(tls12_gcm_records); i++)
		check_record(record_suite_find(RTLS_TLS_1_2, RTLS_CIPHER_AES_GCM_128),
			     &tls12_gcm_records[i], TLS12_GCM_FIRST_REC_NO);
}

static void
test_other_records(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(record_sets); i++) {
		const struct record_set *set = &record_sets[i];
		const struct record_suite *s = record_suite_find(set->version, set->cipher);

		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		for (size_t k = 0; k < set->nb; k++)
			check_record(s, &set->records[k], set->first_rec_no);
	}
}

/* One key of each direction and a linear job on 100 bytes. */
struct fixture {
	struct crypto_key *seal, *open;
	uint8_t bytes[100];
	struct iovec piece;
	struct crypto_job job;
};

static void
fixture_init(struct fixture *f, const struct record_suite *s, const uint8_t *key)
{
	const struct crypto_provider *p = crypto_libcrypto();

	memset(f, 0, sizeof(*f));
	CU_ASSERT_EQUAL_FATAL(p->key_create(p, s, CRYPTO_SEAL, key, &f->seal), 0);
	CU_ASSERT_EQUAL_FATAL(p->key_create(p, s, CRYPTO_OPEN, key, &f->open), 0);
	f->piece.iov_base = f->bytes;
	f->piece.iov_len = sizeof(f->bytes);
	f->job.src = f->job.dst = &f->piece;
	f->job.src_cnt = f->job.dst_cnt = 1;
	f->job.aad_len = s->aad_len;
}

static void
fixture_fini(struct fixture *f)
{
	crypto_libcrypto()->key_destroy(crypto_libcrypto(), f->seal);
	crypto_libcrypto()->key_destroy(crypto_libcrypto(), f->open);
}

static int
fixture_run(struct fixture *f, enum crypto_dir dir, struct crypto_key *key)
{
	f->job.key = key;
	crypto_libcrypto()->process(crypto_libcrypto(), dir, &f->job, 1);
	return f->job.status;
}

/* What follows is asked of the first suite of each AEAD. */
static void
with_each_aead(void (*test)(const struct record_suite *s))
{
	for (unsigned int i = 0; i < RECORD_AEADS; i++) {
		const struct record_suite *s = record_suite_of_aead((enum record_aead)i);

		if (s != NULL)
			test(s);
	}
}

static void
no_allocation(const struct record_suite *s)
{
	static const uint8_t key[RECORD_KEY_MAX] = { 1 };
	struct fixture f;
	unsigned long before;

	before = memory.allocations;
	fixture_init(&f, s, key);
	CU_ASSERT(memory.allocations > before); /* the counter counts */
	/* The first calls of a thread may set up what OpenSSL keeps per thread. */
	fixture_run(&f, CRYPTO_SEAL, f.seal);
	fixture_run(&f, CRYPTO_OPEN, f.open);
	before = memory.allocations;
	for (unsigned int i = 0; i < 1000; i++) {
		f.job.nonce[0] = (uint8_t)i;
		CU_ASSERT_EQUAL(fixture_run(&f, CRYPTO_SEAL, f.seal), 0);
		CU_ASSERT_EQUAL(fixture_run(&f, CRYPTO_OPEN, f.open), 0);
		/* CCM's refusal comes with an error, for whose place libcrypto allocates. */
		if (s->aead == RECORD_AEAD_AES_128_CCM)
			continue;
		f.job.tag[0] ^= 1;
		CU_ASSERT_EQUAL(fixture_run(&f, CRYPTO_OPEN, f.open), -EBADMSG);
	}
	CU_ASSERT_EQUAL(memory.allocations, before);
	fixture_fini(&f);
}

static void
test_no_allocation(void)
{
	with_each_aead(no_allocation);
}

static void
keys_wiped(const struct record_suite *s)
{
	uint64_t rng = harness_seed();
	uint8_t key[RECORD_KEY_MAX];
	struct fixture f;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)harness_rand(&rng);
	memcpy(memory.key, key, sizeof(memory.key));
	CU_ASSERT_EQUAL(live_with_key(), 0);
	memory.watching = true;
	memory.freed_with_key = 0;
	fixture_init(&f, s, key);
	fixture_run(&f, CRYPTO_SEAL, f.seal);
	fixture_run(&f, CRYPTO_OPEN, f.open);
#ifdef __x86_64__
	/* The key schedule starts with the key itself, so there is something to be wiped. */
	CU_ASSERT(live_with_key() > 0);
#endif
	fixture_fini(&f);
	CU_ASSERT_EQUAL(live_with_key(), 0);
	CU_ASSERT_EQUAL(memory.freed_with_key, 0);
	memory.watching = false;
}

static void
test_keys_wiped(void)
{
	with_each_aead(keys_wiped);
}

/* The program's OpenSSL errors are its own: none is added, none is taken away. */
static void
error_queue(const struct record_suite *s)
{
	static const uint8_t key[RECORD_KEY_MAX] = { 2 };
	struct record_suite wrong = *s;
	struct crypto_key *none;
	struct fixture f;

	wrong.key_len = s->key_len == 16 ? 32 : 16;
	fixture_init(&f, s, key);
	for (unsigned int queued = 0; queued < 3; queued++) {
		ERR_clear_error();
		for (unsigned int i = 0; i < queued; i++)
			ERR_raise(ERR_LIB_USER, 100 + (int)i);
		CU_ASSERT_EQUAL(fixture_run(&f, CRYPTO_SEAL, f.seal), 0);
		CU_ASSERT_EQUAL(fixture_run(&f, CRYPTO_OPEN, f.open), 0);
		CU_ASSERT_EQUAL(fixture_run(&f, CRYPTO_OPEN, f.open), -EBADMSG);
		CU_ASSERT_EQUAL(fixture_run(&f, CRYPTO_OPEN, f.seal), -EIO);
		CU_ASSERT_EQUAL(crypto_libcrypto()->key_create(crypto_libcrypto(), &wrong,
							       CRYPTO_SEAL, key, &none),
				-ENOTSUP);
		for (unsigned int i = 0; i < queued; i++)
			CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_get_error()), 100 + (int)i);
		CU_ASSERT_EQUAL(ERR_get_error(), 0);
	}
	fixture_fini(&f);
}

static void
test_error_queue(void)
{
	with_each_aead(error_queue);
}

int
main(void)
{
	/* All that there are. */
	static const bool carried[RECORD_AEADS] = {
		[RECORD_AEAD_AES_128_GCM] = true,
		[RECORD_AEAD_AES_256_GCM] = true,
		[RECORD_AEAD_AES_128_CCM] = true,
		[RECORD_AEAD_CHACHA20_POLY1305] = true,
	};
	static const struct harness_case cases[] = {
		{ "published values", contract_case_vectors },
		{ "contract: suites", contract_case_carried },
		{ "records of RFC 8448", test_rfc8448 },
		{ "TLS 1.2 records that libssl sealed", test_tls12_records },
		{ "records of all other suites", test_other_records },
		{ "contract: lengths", contract_case_lengths },
		{ "contract: lengths of additional data", contract_case_aad_lengths },
		{ "contract: cuts of src and dst", contract_case_cuts },
		{ "contract: memory that moves", contract_case_moving },
		{ "contract: forgeries", contract_case_forgeries },
		{ "contract: malformed jobs", contract_case_malformed },
		{ "contract: bursts", contract_case_bursts },
		{ "contract: keys", contract_case_keys },
		{ "processing allocates nothing", test_no_allocation },
		{ "keys are wiped before their memory is freed", test_keys_wiped },
		{ "the error queue is left as it was", test_error_queue },
	};

	if (CRYPTO_set_mem_functions(memory_malloc, memory_realloc, memory_free) != 1)
		return EXIT_FAILURE;
	contract_cases_of(crypto_libcrypto(), carried);
	return harness_run("crypto/libcrypto", cases, HARNESS_COUNT(cases));
}
