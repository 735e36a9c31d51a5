/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The whole contract as cases of a provider's test program, with the suites that it
 * carries.
 */
#ifndef RTLS_SUPPORT_CONTRACT_CASES_H
#define RTLS_SUPPORT_CONTRACT_CASES_H

#include "crypto/provider.h"

/* Whose cases these are, with which AEADs; before harness_run(). Both are borrowed. */
void contract_cases_of(const struct crypto_provider *p, const bool carries[RECORD_AEADS]);

void contract_case_vectors(void);
void contract_case_carried(void);
void contract_case_lengths(void);
void contract_case_aad_lengths(void);
void contract_case_cuts(void);
void contract_case_moving(void);
void contract_case_forgeries(void);
void contract_case_malformed(void);
void contract_case_bursts(void);
void contract_case_keys(void);

#endif
