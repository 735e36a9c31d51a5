/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/contract_oracle.h"

#include <string.h>

#include <openssl/evp.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "vectors/aes_ccm.h"
#include "vectors/aes_gcm.h"
#include "vectors/chacha20_poly1305.h"

/* By enum record_aead: libcrypto's name, and what somebody else has published. */
static const struct {
	const char *name;
	const struct aead_vector *vectors;
	size_t nb_vectors;
} aeads[RECORD_AEADS] = {
	[RECORD_AEAD_AES_128_GCM] = { "AES-128-GCM", aes_128_gcm_vectors,
				      HARNESS_COUNT(aes_128_gcm_vectors) },
	[RECORD_AEAD_AES_256_GCM] = { "AES-256-GCM", aes_256_gcm_vectors,
				      HARNESS_COUNT(aes_256_gcm_vectors) },
	[RECORD_AEAD_AES_128_CCM] = { "AES-128-CCM", aes_128_ccm_vectors,
				      HARNESS_COUNT(aes_128_ccm_vectors) },
	[RECORD_AEAD_CHACHA20_POLY1305] = { "ChaCha20-Poly1305", chacha20_poly1305_vectors,
					    HARNESS_COUNT(chacha20_poly1305_vectors) },
};

/* Ready for additional data; tag NULL: to seal. CCM is told all lengths first. */
static EVP_CIPHER_CTX *
oracle_begin(const struct record_suite *s, const uint8_t *key, const uint8_t *nonce, int len,
	     uint8_t *tag)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, aeads[s->aead].name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done, enc = tag == NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(cipher);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
	CU_ASSERT_EQUAL_FATAL(EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, enc, NULL), 1);
	CU_ASSERT_EQUAL_FATAL(
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, RECORD_NONCE_LEN, NULL), 1);
	if (!enc || EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE)
		CU_ASSERT_EQUAL_FATAL(
			EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, RECORD_TAG_LEN, tag), 1);
	CU_ASSERT_EQUAL_FATAL(EVP_CipherInit_ex2(ctx, NULL, key, nonce, enc, NULL), 1);
	if (EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE)
		CU_ASSERT_EQUAL_FATAL(EVP_CipherUpdate(ctx, NULL, &done, NULL, len), 1);
	EVP_CIPHER_free(cipher);
	return ctx;
}

void
contract_oracle_seal(const struct record_suite *s, const uint8_t *key, const uint8_t *nonce,
		     const uint8_t *aad, int aad_len, const uint8_t *plain, int len,
		     uint8_t *cipher, uint8_t tag[RECORD_TAG_LEN])
{
	EVP_CIPHER_CTX *ctx = oracle_begin(s, key, nonce, len, NULL);
	int done = 0;

	if (aad_len != 0)
		CU_ASSERT_EQUAL_FATAL(EVP_EncryptUpdate(ctx, NULL, &done, aad, aad_len), 1);
	/* Without bytes, too: CCM's tag is made here. */
	CU_ASSERT_EQUAL_FATAL(EVP_EncryptUpdate(ctx, cipher, &done, plain, len), 1);
	CU_ASSERT_EQUAL_FATAL(done, len);
	CU_ASSERT_EQUAL_FATAL(EVP_EncryptFinal_ex(ctx, tag, &done), 1);
	CU_ASSERT_EQUAL_FATAL(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, RECORD_TAG_LEN, tag),
			      1);
	EVP_CIPHER_CTX_free(ctx);
}

bool
contract_oracle_opens(const struct record_suite *s, const uint8_t *key, const struct crypto_job *j)
{
	static uint8_t plain[CONTRACT_INNER_MAX];
	uint8_t tag[RECORD_TAG_LEN];
	EVP_CIPHER_CTX *ctx;
	int done, len = (int)j->dst->iov_len;
	bool ok; /* CCM says so with the bytes, the others behind them */

	memcpy(tag, j->tag, sizeof(tag));
	ctx = oracle_begin(s, key, j->nonce, len, tag);
	CU_ASSERT_EQUAL_FATAL(EVP_DecryptUpdate(ctx, NULL, &done, j->aad, j->aad_len), 1);
	ok = EVP_DecryptUpdate(ctx, plain, &done, j->dst->iov_base, len) == 1;
	if (ok && EVP_CIPHER_CTX_get_mode(ctx) != EVP_CIPH_CCM_MODE)
		ok = EVP_DecryptFinal_ex(ctx, plain, &done) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

size_t
contract_oracle_vectors(const struct record_suite *s, const struct aead_vector **out)
{
	*out = aeads[s->aead].vectors;
	return aeads[s->aead].nb_vectors;
}
