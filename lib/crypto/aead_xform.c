/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/aead_xform.h"

/*
 * An entry does no harm before libcrypto can tell whether a crypto device is right, and before a
 * device with inline TLS lists it.
 */
const enum rte_crypto_aead_algorithm aead_xform_algos[RECORD_AEADS] = {
	[RECORD_AEAD_AES_128_GCM] = RTE_CRYPTO_AEAD_AES_GCM,
	[RECORD_AEAD_AES_256_GCM] = RTE_CRYPTO_AEAD_AES_GCM,
	[RECORD_AEAD_AES_128_CCM] = RTE_CRYPTO_AEAD_AES_CCM,
	[RECORD_AEAD_CHACHA20_POLY1305] = RTE_CRYPTO_AEAD_CHACHA20_POLY1305,
};

bool
aead_xform_in_blocks(const struct record_suite *s)
{
	return aead_xform_algos[s->aead] == RTE_CRYPTO_AEAD_AES_CCM;
}

bool
aead_xform_reads_twice(const struct record_suite *s)
{
	return aead_xform_algos[s->aead] == RTE_CRYPTO_AEAD_AES_CCM;
}

struct rte_crypto_sym_xform
aead_xform(const struct record_suite *s, bool seal, const uint8_t *key)
{
	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = {
			.op = seal ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT,
			.algo = aead_xform_algos[s->aead],
			.key = { .data = key, .length = s->key_len },
			.iv = { .length = RECORD_NONCE_LEN },
			.digest_length = RECORD_TAG_LEN,
			.aad_length = s->aad_len,
		},
	};
}
