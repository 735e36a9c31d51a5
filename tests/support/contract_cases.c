/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/contract_cases.h"

#include <stdio.h>

#include <recordtls/tls.h>

#include "support/provider_contract.h"

static const struct crypto_provider *provider;

void
contract_cases_of(const struct crypto_provider *p)
{
	provider = p;
}

/* With those that the provider carries, which a crypto device may not do for all. */
static void
with_each(void (*contract)(const struct crypto_provider *p, const struct record_suite *s))
{
	static const uint8_t bytes[RECORD_KEY_MAX];
	const struct record_suite *s;
	struct crypto_key *key;

	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++) {
		if (provider->key_create(provider, s, CRYPTO_SEAL, bytes, &key) != 0) {
			printf("# %s in TLS %x: not carried\n", s->name, s->version);
			continue;
		}
		provider->key_destroy(provider, key);
		contract(provider, s);
	}
}

static const struct record_suite *
tls13(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

void
contract_case_gcm_vectors(void)
{
	contract_gcm_vectors(provider, tls13());
}

void
contract_case_lengths(void)
{
	with_each(contract_lengths);
}

void
contract_case_aad_lengths(void)
{
	contract_aad_lengths(provider, tls13());
}

void
contract_case_cuts(void)
{
	with_each(contract_cuts);
}

void
contract_case_moving(void)
{
	with_each(contract_moving);
}

void
contract_case_forgeries(void)
{
	with_each(contract_forgeries);
}

void
contract_case_malformed(void)
{
	with_each(contract_malformed);
}

void
contract_case_bursts(void)
{
	with_each(contract_bursts);
}

void
contract_case_keys(void)
{
	contract_keys(provider, tls13());
}
