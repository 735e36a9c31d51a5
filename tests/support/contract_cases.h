/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The whole contract as cases of a provider's test program, with the suites that each
 * provider carries.
 */
#ifndef RTLS_SUPPORT_CONTRACT_CASES_H
#define RTLS_SUPPORT_CONTRACT_CASES_H

#include "crypto/provider.h"

/* Whose cases these are; before harness_run(). p is borrowed. */
void contract_cases_of(const struct crypto_provider *p);

void contract_case_gcm_vectors(void);
void contract_case_lengths(void);
void contract_case_aad_lengths(void);
void contract_case_cuts(void);
void contract_case_moving(void);
void contract_case_forgeries(void);
void contract_case_malformed(void);
void contract_case_bursts(void);
void contract_case_keys(void);

#endif
