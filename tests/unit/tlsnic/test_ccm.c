/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * CCM of the NIC's own beside libcrypto's, which takes a message whole; and what
 * is its alone, the length that is promised. Published values, pieces, copies and forgeries: test_aead.c.
 */
#include "tlsnic/ccm.h"

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <recordtls/tls.h>

#include "support/harness.h"
#include "support/provider_contract.h"

enum { KEY_LEN = 16, LEN_MAX = 16385 };

static struct nic_ccm *
create(bool seal, const uint8_t *key)
{
	struct nic_ccm *c = nic_ccm_create(seal, "AES-128-CTR", "AES-128-CBC", key, KEY_LEN);

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

/* Bytes that libcrypto sealed in one go. */
static struct {
	uint8_t key[KEY_LEN], nonce[12], aad[RECORD_AAD_MAX], tag[16];
	uint8_t plain[LEN_MAX], sealed[LEN_MAX];
} sample;

static void
sample_make(uint64_t *rng, uint32_t aad_len, uint32_t len)
{
	const struct record_suite *s = record_suite_of_aead(RECORD_AEAD_AES_128_CCM);

	CU_ASSERT_FATAL(s != NULL && s->key_len == KEY_LEN);
	for (size_t i = 0; i < KEY_LEN; i++)
		sample.key[i] = (uint8_t)harness_rand(rng);
	for (size_t i = 0; i < 12; i++)
		sample.nonce[i] = (uint8_t)harness_rand(rng);
	for (size_t i = 0; i < aad_len; i++)
		sample.aad[i] = (uint8_t)harness_rand(rng);
	for (size_t i = 0; i < len; i++)
		sample.plain[i] = (uint8_t)harness_rand(rng);
	contract_oracle_seal(s, sample.key, sample.nonce, sample.aad, (int)aad_len, sample.plain,
			     (int)len, sample.sealed, sample.tag);
}

static bool
seals(uint32_t aad_len, uint32_t len)
{
	struct nic_ccm *c = create(true, sample.key);
	static uint8_t out[LEN_MAX];
	uint8_t tag[16];
	bool right = nic_ccm_begin(c, sample.nonce, sample.aad, aad_len, len) == 0 &&
		     nic_ccm_update(c, sample.plain, out, len) == 0 && nic_ccm_tag(c, tag) == 0 &&
		     memcmp(out, sample.sealed, len) == 0 && memcmp(tag, sample.tag, 16) == 0;

	nic_ccm_destroy(c);
	return right;
}

/* Every length around blocks, and around what is handed to CBC at once; additional data of any length. */
static void
test_lengths(void)
{
	static const uint32_t lens[] = { 1008, 1023, 1024, 1025, 2047, 2049, 16383, 16384, 16385 };
	uint64_t rng = harness_seed();
	unsigned int wrong = 0;

	for (uint32_t aad_len = 0; aad_len <= RECORD_AAD_MAX; aad_len++) {
		for (uint32_t len = 0; len < 70; len++) {
			sample_make(&rng, aad_len, len);
			wrong += !seals(aad_len, len);
		}
		for (size_t i = 0; i < HARNESS_COUNT(lens); i++) {
			sample_make(&rng, aad_len, lens[i]);
			wrong += !seals(aad_len, lens[i]);
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* More bytes than were promised, or fewer, and what cannot be promised. */
static void
test_promise(void)
{
	uint64_t rng = harness_seed();
	struct nic_ccm *seal, *open;
	uint8_t out[64], tag[16];

	sample_make(&rng, 5, 40);
	seal = create(true, sample.key);
	open = create(false, sample.key);
	for (uint32_t promised = 0; promised < 60; promised++) {
		if (promised == 40)
			continue;
		CU_ASSERT_EQUAL(nic_ccm_begin(seal, sample.nonce, sample.aad, 5, promised), 0);
		CU_ASSERT_EQUAL(nic_ccm_update(seal, sample.plain, out, 40),
				promised < 40 ? -EIO : 0);
		CU_ASSERT_EQUAL(nic_ccm_tag(seal, tag), promised == 0 ? 0 : -EIO);
		CU_ASSERT_EQUAL(nic_ccm_begin(open, sample.nonce, sample.aad, 5, promised), 0);
		CU_ASSERT_EQUAL(nic_ccm_update(open, sample.sealed, out, 40),
				promised < 40 ? -EIO : 0);
		CU_ASSERT_EQUAL(nic_ccm_verify(open, sample.tag), -EBADMSG);
	}
	CU_ASSERT_EQUAL(nic_ccm_begin(seal, sample.nonce, sample.aad, 5, 1 << 24), -EIO);
	CU_ASSERT_EQUAL(nic_ccm_update(seal, sample.plain, out, 40), -EIO);
	CU_ASSERT_EQUAL(nic_ccm_tag(seal, tag), -EIO);
	CU_ASSERT_EQUAL(nic_ccm_begin(seal, sample.nonce, sample.aad, 5, (1 << 24) - 1), 0);
	CU_ASSERT(seals(5, 40));
	nic_ccm_destroy(seal);
	nic_ccm_destroy(open);
}

/* Names that libcrypto has not got, or whose keys are longer; a block cipher of another mode. */
static void
test_not_there(void)
{
	static const uint8_t key[32] = { 1 };

	CU_ASSERT_PTR_NULL(nic_ccm_create(true, "AES-129-CTR", "AES-128-CBC", key, 16));
	CU_ASSERT_PTR_NULL(nic_ccm_create(true, "AES-128-CTR", "AES-129-CBC", key, 16));
	CU_ASSERT_PTR_NULL(nic_ccm_create(true, "AES-256-CTR", "AES-128-CBC", key, 16));
	CU_ASSERT_PTR_NULL(nic_ccm_create(true, "AES-128-CTR", "AES-128-CBC", key, 32));
	CU_ASSERT_PTR_NULL(nic_ccm_create(true, "AES-128-CTR", "AES-128-ECB", key, 16));
	nic_ccm_destroy(NULL);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "messages of all lengths", test_lengths },
		{ "a length that is not kept", test_promise },
		{ "what libcrypto has not got", test_not_there },
	};

	return harness_run("tlsnic/ccm", cases, HARNESS_COUNT(cases));
}
