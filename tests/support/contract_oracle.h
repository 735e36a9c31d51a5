/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where the contract's expected bytes come from: OpenSSL's AEADs in one call, written apart from
 * all providers and proved by contract_vectors() with what others have published.
 */
#ifndef RTLS_SUPPORT_CONTRACT_ORACLE_H
#define RTLS_SUPPORT_CONTRACT_ORACLE_H

#include "crypto/provider.h"

/* The longest inner bytes that are asked for. */
enum { CONTRACT_INNER_MAX = RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_13 - RECORD_TAG_LEN };

struct aead_vector;

/* Seals len bytes of plain in one go. */
void contract_oracle_seal(const struct record_suite *s, const uint8_t *key, const uint8_t *nonce,
			  const uint8_t *aad, int aad_len, const uint8_t *plain, int len,
			  uint8_t *cipher, uint8_t tag[RECORD_TAG_LEN]);

/* Does what a job has made, in one piece, open? */
bool contract_oracle_opens(const struct record_suite *s, const uint8_t *key,
			   const struct crypto_job *j);

/* What has been published of the suite's AEAD; returns how many. */
size_t contract_oracle_vectors(const struct record_suite *s, const struct aead_vector **out);

#endif
