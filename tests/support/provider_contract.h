/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What crypto/provider.h promises, as tests that any provider must pass. A
 * provider's test program has them as cases (contract_cases.h).
 *
 * Expected bytes come from contract_oracle_seal(), OpenSSL's one-shot AEAD,
 * written apart from all providers and proved by contract_gcm_vectors().
 */
#ifndef RTLS_SUPPORT_PROVIDER_CONTRACT_H
#define RTLS_SUPPORT_PROVIDER_CONTRACT_H

#include "crypto/provider.h"

/* Seals len bytes of plain in one go. */
void contract_oracle_seal(const struct record_suite *s, const uint8_t *key, const uint8_t *nonce,
			  const uint8_t *aad, int aad_len, const uint8_t *plain, int len,
			  uint8_t *cipher, uint8_t tag[RECORD_TAG_LEN]);

/* Published values of AES-128-GCM, which s uses; the oracle's too. */
void contract_gcm_vectors(const struct crypto_provider *p, const struct record_suite *s);

/* Linear buffers of all short and some long lengths, in place and out of place. */
void contract_lengths(const struct crypto_provider *p, const struct record_suite *s);

/* Suites with additional data of every length there is. */
void contract_aad_lengths(const struct crypto_provider *p, const struct record_suite *s);

/* src and dst cut differently, empty pieces, scattered memory, nothing beside it touched. */
void contract_cuts(const struct crypto_provider *p, const struct record_suite *s);

/* Sealed out of place while another thread writes to src: what comes out opens all the same. */
void contract_moving(const struct crypto_provider *p, const struct record_suite *s);

/* Any bit of tag, nonce, additional data, ciphertext: -EBADMSG and nothing readable. */
void contract_forgeries(const struct crypto_provider *p, const struct record_suite *s);

/* src and dst of different length, another aad_len, a key of the other direction: -EIO, dst wiped. */
void contract_malformed(const struct crypto_provider *p, const struct record_suite *s);

/* Bursts with runs of several keys, of all layouts, good and bad jobs mixed; a burst of none. */
void contract_bursts(const struct crypto_provider *p, const struct record_suite *s);

/* Keys are copied, independent of each other, and refused where not carried. */
void contract_keys(const struct crypto_provider *p, const struct record_suite *s);

#endif
