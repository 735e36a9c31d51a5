/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/contract_cases.h"

#include <recordtls/tls.h>

#include "support/provider_contract.h"
#include "support/suites.h"

static const struct crypto_provider *provider;

void
contract_cases_of(const struct crypto_provider *p)
{
	provider = p;
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
	contract_lengths(provider, tls13());
	contract_lengths(provider, &suite_tls12_gcm);
}

void
contract_case_aad_lengths(void)
{
	contract_aad_lengths(provider, tls13());
}

void
contract_case_cuts(void)
{
	contract_cuts(provider, tls13());
}

void
contract_case_moving(void)
{
	contract_moving(provider, tls13());
	contract_moving(provider, &suite_tls12_gcm);
}

void
contract_case_forgeries(void)
{
	contract_forgeries(provider, tls13());
	contract_forgeries(provider, &suite_tls12_gcm);
}

void
contract_case_malformed(void)
{
	contract_malformed(provider, tls13());
}

void
contract_case_bursts(void)
{
	contract_bursts(provider, tls13());
}

void
contract_case_keys(void)
{
	contract_keys(provider, tls13());
}
