/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/contract_cases.h"

#include <errno.h>

#include <CUnit/CUnit.h>

#include "support/provider_contract.h"

static const struct crypto_provider *provider;
static const bool *carried;

void
contract_cases_of(const struct crypto_provider *p, const bool carries[RECORD_AEADS])
{
	provider = p;
	carried = carries;
}

/* With each suite, by version and cipher, that is carried. */
static void
with_all(void (*contract)(const struct crypto_provider *p, const struct record_suite *s))
{
	const struct record_suite *s;

	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++)
		if (carried[s->aead])
			contract(provider, s);
}

/* With one suite of each AEAD that is carried. */
static void
with_each_aead(void (*contract)(const struct crypto_provider *p, const struct record_suite *s))
{
	for (unsigned int i = 0; i < RECORD_AEADS; i++)
		if (carried[i])
			contract(provider, record_suite_of_aead((enum record_aead)i));
}

void
contract_case_vectors(void)
{
	with_each_aead(contract_vectors);
}

/* What is not carried is refused, sealing and opening, and by nothing but that. */
void
contract_case_carried(void)
{
	static const uint8_t key[RECORD_KEY_MAX] = { 7 };
	const struct record_suite *s;

	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++)
		for (int dir = CRYPTO_SEAL; dir <= CRYPTO_OPEN; dir++) {
			struct crypto_key *k = NULL;

			CU_ASSERT_EQUAL(
				provider->key_create(provider, s, (enum crypto_dir)dir, key, &k),
				carried[s->aead] ? 0 : -ENOTSUP);
			CU_ASSERT_EQUAL(k != NULL, carried[s->aead]);
			provider->key_destroy(provider, k);
		}
}

void
contract_case_lengths(void)
{
	with_all(contract_lengths);
}

void
contract_case_aad_lengths(void)
{
	with_each_aead(contract_aad_lengths);
}

void
contract_case_cuts(void)
{
	with_all(contract_cuts);
}

void
contract_case_moving(void)
{
	with_all(contract_moving);
}

void
contract_case_forgeries(void)
{
	with_all(contract_forgeries);
}

void
contract_case_malformed(void)
{
	with_each_aead(contract_malformed);
}

void
contract_case_bursts(void)
{
	with_all(contract_bursts);
}

void
contract_case_keys(void)
{
	with_each_aead(contract_keys);
}
