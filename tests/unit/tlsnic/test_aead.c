/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/aead.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>

#include <CUnit/CUnit.h>
#include <recordtls/tls.h>

#include "support/contract_oracle.h"
#include "support/harness.h"
#include "support/hex.h"
#include "vectors/aead_vector.h"

enum { LEN_MAX = 16385, AAD_LEN = 5 };

/* Bytes that OpenSSL sealed in one go. */
struct sample {
	uint8_t key[RECORD_KEY_MAX], nonce[12], aad[AAD_LEN], tag[16];
	uint32_t len;
	uint8_t plain[LEN_MAX], sealed[LEN_MAX];
};

static struct sample sample;
static const struct record_suite *suite; /* whose AEAD is at hand */

/* All of them, one after the other. */
static void
each_aead(void (*test)(void))
{
	for (int aead = RECORD_AEAD_NONE + 1; aead < RECORD_AEADS; aead++) {
		unsigned int failures = CU_get_number_of_failures();

		suite = record_suite_of_aead((enum record_aead)aead);
		CU_ASSERT_PTR_NOT_NULL_FATAL(suite);
		CU_ASSERT(nic_aead_has(suite));
		test();
		if (CU_get_number_of_failures() != failures)
			printf("# %s\n", suite->name);
	}
}

static void
sample_make(uint64_t *rng, uint32_t len)
{
	struct sample *m = &sample;

	m->len = len;
	for (size_t i = 0; i < sizeof(m->key); i++)
		m->key[i] = (uint8_t)harness_rand(rng);
	for (size_t i = 0; i < 12; i++)
		m->nonce[i] = (uint8_t)harness_rand(rng);
	for (size_t i = 0; i < AAD_LEN; i++)
		m->aad[i] = (uint8_t)harness_rand(rng);
	for (size_t i = 0; i < len; i++)
		m->plain[i] = (uint8_t)harness_rand(rng);
	contract_oracle_seal(suite, m->key, m->nonce, m->aad, AAD_LEN, m->plain, (int)len,
			     m->sealed, m->tag);
}

static struct nic_aead *
begun(bool seal)
{
	struct nic_aead *a = nic_aead_create(seal, suite, sample.key);

	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(nic_aead_begin(a, sample.nonce, sample.aad, AAD_LEN, sample.len), 0);
	return a;
}

/* [from, to) of the sample; is it what OpenSSL made of it? */
static bool
update(struct nic_aead *a, bool seal, uint32_t from, uint32_t to)
{
	const uint8_t *in = seal ? sample.plain : sample.sealed;
	const uint8_t *expected = seal ? sample.sealed : sample.plain;
	static uint8_t out[LEN_MAX];

	return nic_aead_update(a, in + from, out, to - from) == 0 &&
	       memcmp(out, expected + from, to - from) == 0;
}

static bool
ends_well(struct nic_aead *a, bool seal)
{
	uint8_t tag[16];

	if (!seal)
		return nic_aead_verify(a, sample.tag) == 0;
	return nic_aead_tag(a, tag) == 0 && memcmp(tag, sample.tag, 16) == 0;
}

/* What is not in the map of names, and what a key of another length would be for. */
static void
not_carried(void)
{
	static const uint8_t key[32] = { 1 };
	struct record_suite other = *suite;

	CU_ASSERT(nic_aead_has(&other));
	other.key_len = (uint8_t)(48 - other.key_len);
	CU_ASSERT_PTR_NULL(nic_aead_create(true, &other, key));
	other = *suite;
	other.aead = RECORD_AEAD_NONE;
	CU_ASSERT_FALSE(nic_aead_has(&other));
	CU_ASSERT_PTR_NULL(nic_aead_create(true, &other, key));
	CU_ASSERT_PTR_NULL(nic_aead_create(false, &other, key));
	CU_ASSERT_EQUAL(ERR_peek_error(), 0);
}

static void
vector(const struct aead_vector *v)
{
	uint8_t key[RECORD_KEY_MAX], nonce[12], aad[64], plain[512], sealed[512], tag[16];
	uint32_t len = (uint32_t)hex_read(v->plain, plain, sizeof(plain));
	uint32_t aad_len = (uint32_t)hex_read(v->aad, aad, sizeof(aad));
	uint8_t out[512], out_tag[16];
	struct nic_aead *a;

	CU_ASSERT_EQUAL(hex_read(v->key, key, sizeof(key)), suite->key_len);
	CU_ASSERT_EQUAL(hex_read(v->nonce, nonce, sizeof(nonce)), sizeof(nonce));
	CU_ASSERT_EQUAL(hex_read(v->cipher, sealed, sizeof(sealed)), len);
	CU_ASSERT_EQUAL(hex_read(v->tag, tag, sizeof(tag)), sizeof(tag));

	a = nic_aead_create(true, suite, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(nic_aead_begin(a, nonce, aad, aad_len, len), 0);
	CU_ASSERT_EQUAL(nic_aead_update(a, plain, out, len), 0);
	CU_ASSERT_EQUAL(memcmp(out, sealed, len), 0);
	CU_ASSERT_EQUAL(nic_aead_tag(a, out_tag), 0);
	CU_ASSERT_EQUAL(memcmp(out_tag, tag, sizeof(tag)), 0);
	nic_aead_destroy(a);

	a = nic_aead_create(false, suite, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(nic_aead_begin(a, nonce, aad, aad_len, len), 0);
	CU_ASSERT_EQUAL(nic_aead_update(a, sealed, out, len), 0);
	CU_ASSERT_EQUAL(memcmp(out, plain, len), 0);
	CU_ASSERT_EQUAL(nic_aead_verify(a, tag), 0);
	nic_aead_destroy(a);
}

static void
vectors(void)
{
	const struct aead_vector *v;
	size_t n = contract_oracle_vectors(suite, &v);

	CU_ASSERT(n > 0);
	for (size_t i = 0; i < n; i++)
		vector(&v[i]);
}

/* Three pieces of every length, empty ones too; one context for all of them. */
static void
splits(void)
{
	static const uint32_t lens[] = { 0, 1, 2, 15, 16, 17, 33, 50 };
	uint64_t rng = harness_seed();
	unsigned int wrong = 0;

	for (size_t i = 0; i < HARNESS_COUNT(lens); i++)
		for (unsigned int seal = 0; seal < 2; seal++) {
			struct nic_aead *a;

			sample_make(&rng, lens[i]);
			a = begun(seal);
			for (uint32_t x = 0; x <= lens[i]; x++)
				for (uint32_t y = x; y <= lens[i]; y++) {
					wrong += nic_aead_begin(a, sample.nonce, sample.aad,
								AAD_LEN, lens[i]) != 0;
					wrong += !update(a, seal, 0, x);
					wrong += !update(a, seal, x, y);
					wrong += !update(a, seal, y, lens[i]);
					wrong += !ends_well(a, seal);
				}
			nic_aead_destroy(a);
		}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
random_splits(void)
{
	uint64_t rng = harness_seed();
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < 60; i++) {
		bool seal = i % 2 != 0;
		uint32_t most = 1 + harness_below(&rng, 3000), to;
		struct nic_aead *a;

		sample_make(&rng, harness_below(&rng, LEN_MAX + 1));
		a = begun(seal);
		for (uint32_t from = 0; from < sample.len; from = to) {
			to = from + harness_below(&rng, most + 1);
			to = to < sample.len ? to : sample.len;
			wrong += !update(a, seal, from, to);
		}
		wrong += !ends_well(a, seal);
		nic_aead_destroy(a);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* The copy goes on from where it was taken, and neither touches the other. */
static void
copies(void)
{
	uint64_t rng = harness_seed();
	unsigned int wrong = 0;

	for (uint32_t at = 0; at <= 50; at++)
		for (unsigned int seal = 0; seal < 2; seal++) {
			static const uint8_t other_key[RECORD_KEY_MAX] = { 1 };
			struct nic_aead *a, *b = nic_aead_create(!seal, suite, other_key);

			sample_make(&rng, 50);
			a = begun(seal);
			CU_ASSERT_PTR_NOT_NULL_FATAL(b);
			wrong += !update(a, seal, 0, at);
			wrong += nic_aead_copy(b, a) != 0;
			wrong += !update(a, seal, at, 50);
			wrong += !ends_well(a, seal);
			wrong += nic_aead_begin(a, sample.nonce, sample.aad, 1, 3) != 0;
			wrong += !update(b, seal, at, 50);
			nic_aead_destroy(a);
			wrong += !ends_well(b, seal);
			/* The key was copied too. */
			wrong += nic_aead_begin(b, sample.nonce, sample.aad, AAD_LEN, 50) != 0;
			wrong += !update(b, seal, 0, 50) || !ends_well(b, seal);
			nic_aead_destroy(b);
		}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
in_place(void)
{
	uint64_t rng = harness_seed();
	struct nic_aead *a;
	uint8_t bytes[50];

	sample_make(&rng, 50);
	memcpy(bytes, sample.plain, 50);
	a = begun(true);
	CU_ASSERT_EQUAL(nic_aead_update(a, bytes, bytes, 13), 0);
	CU_ASSERT_EQUAL(nic_aead_update(a, bytes + 13, bytes + 13, 37), 0);
	CU_ASSERT_EQUAL(memcmp(bytes, sample.sealed, 50), 0);
	CU_ASSERT(ends_well(a, true));
	nic_aead_destroy(a);
}

/* Any bit of tag, additional data, nonce or what was sealed; the next record is right again. */
static void
forgeries(void)
{
	uint64_t rng = harness_seed();
	uint8_t *parts[] = { sample.tag, sample.aad, sample.nonce, sample.sealed };
	static const uint32_t lens[] = { 16, AAD_LEN, 12, 40 };
	unsigned int wrong = 0;
	struct nic_aead *a;

	sample_make(&rng, 40);
	a = begun(false);
	for (size_t p = 0; p < HARNESS_COUNT(parts); p++)
		for (uint32_t bit = 0; bit < 8 * lens[p]; bit++) {
			uint8_t out[40];

			parts[p][bit / 8] ^= (uint8_t)(1 << bit % 8);
			wrong += nic_aead_begin(a, sample.nonce, sample.aad, AAD_LEN, 40) != 0;
			wrong += nic_aead_update(a, sample.sealed, out, 40) != 0;
			wrong += nic_aead_verify(a, sample.tag) != -EBADMSG;
			parts[p][bit / 8] ^= (uint8_t)(1 << bit % 8);
			wrong += nic_aead_begin(a, sample.nonce, sample.aad, AAD_LEN, 40) != 0;
			wrong += !update(a, false, 0, 40) || !ends_well(a, false);
		}
	CU_ASSERT_EQUAL(wrong, 0);
	nic_aead_destroy(a);
}

/* Wrong calls are errors, and OpenSSL's errors of the program's thread stay the program's. */
static void
misuse(void)
{
	uint64_t rng = harness_seed();
	uint8_t tag[16], out[10];
	struct nic_aead *seal, *open;

	sample_make(&rng, 10);
	for (unsigned int queued = 0; queued < 3; queued++) {
		ERR_clear_error();
		for (unsigned int i = 0; i < queued; i++)
			ERR_raise(ERR_LIB_USER, 100 + (int)i);
		seal = begun(true);
		open = begun(false);
		CU_ASSERT_EQUAL(nic_aead_tag(open, tag), -EIO);
		CU_ASSERT(update(seal, true, 0, 10));
		CU_ASSERT_EQUAL(nic_aead_tag(seal, tag), 0);
		CU_ASSERT_EQUAL(nic_aead_update(seal, sample.plain, out, 10), -EIO);
		CU_ASSERT_EQUAL(nic_aead_verify(seal, sample.tag), -EBADMSG);
		CU_ASSERT_EQUAL(nic_aead_begin(open, sample.nonce, sample.aad, AAD_LEN, sample.len),
				0);
		CU_ASSERT_EQUAL(nic_aead_verify(open, sample.tag), -EBADMSG);
		nic_aead_destroy(seal);
		nic_aead_destroy(open);
		for (unsigned int i = 0; i < queued; i++)
			CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_get_error()), 100 + (int)i);
		CU_ASSERT_EQUAL(ERR_get_error(), 0);
	}
	nic_aead_destroy(NULL);
}

static void
test_vectors(void)
{
	each_aead(vectors);
}

static void
test_not_carried(void)
{
	each_aead(not_carried);
}

static void
test_splits(void)
{
	each_aead(splits);
}

static void
test_random_splits(void)
{
	each_aead(random_splits);
}

static void
test_copy(void)
{
	each_aead(copies);
}

static void
test_in_place(void)
{
	each_aead(in_place);
}

static void
test_forgeries(void)
{
	each_aead(forgeries);
}

static void
test_misuse(void)
{
	each_aead(misuse);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "published values", test_vectors },
		{ "a suite that it has not", test_not_carried },
		{ "three pieces of every length", test_splits },
		{ "random pieces of records", test_random_splits },
		{ "a copy between any two bytes", test_copy },
		{ "in place", test_in_place },
		{ "forgeries", test_forgeries },
		{ "misuse, and the error queue", test_misuse },
	};

	return harness_run("tlsnic/aead", cases, HARNESS_COUNT(cases));
}
