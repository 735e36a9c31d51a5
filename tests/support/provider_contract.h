/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What crypto/provider.h promises, as tests that any provider must pass. A
 * provider's test program has them as cases (contract_cases.h).
 */
#ifndef RTLS_SUPPORT_PROVIDER_CONTRACT_H
#define RTLS_SUPPORT_PROVIDER_CONTRACT_H

#include "support/contract_oracle.h"

/* Published values of the AEAD that s uses; the oracle's too. */
void contract_vectors(const struct crypto_provider *p, const struct record_suite *s);

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
