/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A provider that refuses some keys, with libcrypto behind it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <recordtls/tls.h>

#include "crypto/fallback.h"
#include "crypto/libcrypto.h"
#include "support/harness.h"
#include "support/provider_contract.h"

/* libcrypto under another name, while it takes keys. */
static struct {
	struct crypto_provider provider;
	int refusal; /* of key_create */
	int every;   /* of so many keys one is refused; 0: none */
	int keys;    /* asked for */
	int alive;   /* taken and not destroyed */
	int jobs;
} picky;

static int
picky_key_create(const struct crypto_provider *p, const struct record_suite *s, enum crypto_dir dir,
		 const uint8_t *key, struct crypto_key **out)
{
	int rc;

	if (picky.every != 0 && picky.keys++ % picky.every == 0)
		return picky.refusal;
	rc = crypto_libcrypto()->key_create(p, s, dir, key, out);
	picky.alive += rc == 0;
	return rc;
}

static void
picky_key_destroy(const struct crypto_provider *p, struct crypto_key *key)
{
	CU_ASSERT_PTR_EQUAL(key->provider, &picky.provider);
	picky.alive--;
	crypto_libcrypto()->key_destroy(p, key);
}

static void
picky_process(const struct crypto_provider *p, enum crypto_dir dir, struct crypto_job *jobs,
	      uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		CU_ASSERT_PTR_EQUAL(jobs[i].key->provider, &picky.provider);
	picky.jobs += n;
	crypto_libcrypto()->process(p, dir, jobs, n);
}

static void
start(struct fallback *f, int refusal, int every)
{
	memset(&picky, 0, sizeof(picky));
	picky.provider.name = "picky";
	picky.provider.key_create = picky_key_create;
	picky.provider.key_destroy = picky_key_destroy;
	picky.provider.process = picky_process;
	picky.refusal = refusal;
	picky.every = every;
	fallback_init(f, &picky.provider);
}

static const struct record_suite *
tls13(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

static void
test_reasons(void)
{
	static const struct {
		int refusal, every;
		uint64_t suite, no_room;
	} rows[] = {
		{ 0, 0, 0, 0 },       { -ENOTSUP, 1, 4, 0 }, { -ENOTSUP, 2, 2, 0 },
		{ -ENOMEM, 1, 0, 4 }, { -ENOMEM, 4, 0, 1 },
	};
	static const uint8_t bytes[16] = { 1 };
	struct crypto_key *keys[4];
	struct fallback f;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		int every = rows[i].every;

		start(&f, rows[i].refusal, every);
		CU_ASSERT_STRING_EQUAL(f.provider.name, "picky");
		for (int n = 0; n < 4; n++) {
			CU_ASSERT_EQUAL_FATAL(f.provider.key_create(&f.provider, tls13(),
								    CRYPTO_SEAL, bytes, &keys[n]),
					      0);
			CU_ASSERT_STRING_EQUAL(keys[n]->provider->name,
					       every != 0 && n % every == 0 ? "libcrypto" :
									      "picky");
		}
		CU_ASSERT_EQUAL(f.keys[FALLBACK_SUITE], rows[i].suite);
		CU_ASSERT_EQUAL(f.keys[FALLBACK_NO_ROOM], rows[i].no_room);
		for (int n = 0; n < 4; n++)
			f.provider.key_destroy(&f.provider, keys[n]);
		CU_ASSERT_EQUAL(picky.alive, 0);
	}
}

/* Whoever has the keys of a burst. */
static void
test_contract(void)
{
	struct fallback f;

	for (int every = 0; every < 4; every++) {
		start(&f, -ENOTSUP, every);
		contract_cuts(&f.provider, tls13());
		contract_bursts(&f.provider, tls13());
		contract_keys(&f.provider, tls13());
		CU_ASSERT_EQUAL(picky.alive, 0);
		CU_ASSERT_EQUAL(picky.jobs == 0, every == 1);
	}
}

/* What neither takes is no fallback. */
static void
test_refused(void)
{
	static const uint8_t bytes[16] = { 1 };
	struct record_suite unknown = *tls13();
	struct crypto_key *out = NULL;
	struct fallback f;

	unknown.aead = RECORD_AEAD_NONE;
	start(&f, -ENOMEM, 1);
	CU_ASSERT_EQUAL(f.provider.key_create(&f.provider, &unknown, CRYPTO_OPEN, bytes, &out),
			-ENOTSUP);
	CU_ASSERT_PTR_NULL(out);
	CU_ASSERT_EQUAL(f.keys[FALLBACK_SUITE] + f.keys[FALLBACK_NO_ROOM], 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "refused keys are libcrypto's, and counted", test_reasons },
		{ "the contract, with keys of both", test_contract },
		{ "what neither takes", test_refused },
	};

	return harness_run("crypto/fallback", cases, HARNESS_COUNT(cases));
}
