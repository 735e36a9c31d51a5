/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/aead.h"

#include <errno.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

struct nic_aead {
	EVP_CIPHER_CTX *ctx;
};

/* libcrypto's names, by enum record_aead; NULL: the NIC has not got it. */
static const char *const names[RECORD_AEADS] = {
	[RECORD_AEAD_AES_128_GCM] = "AES-128-GCM",
	[RECORD_AEAD_AES_256_GCM] = "AES-256-GCM",
	[RECORD_AEAD_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
};

bool
nic_aead_has(const struct record_suite *s)
{
	return names[s->aead] != NULL;
}

struct nic_aead *
nic_aead_create(bool seal, const struct record_suite *s, const uint8_t *key)
{
	struct nic_aead *a;
	EVP_CIPHER *cipher;
	bool ok;

	if (!nic_aead_has(s))
		return NULL;
	a = malloc(sizeof(*a));
	if (a == NULL)
		return NULL;
	ERR_set_mark();
	cipher = EVP_CIPHER_fetch(NULL, names[s->aead], NULL);
	a->ctx = EVP_CIPHER_CTX_new();
	ok = cipher != NULL && a->ctx != NULL && EVP_CIPHER_get_key_length(cipher) == s->key_len &&
	     EVP_CipherInit_ex2(a->ctx, cipher, key, NULL, seal, NULL) == 1;
	EVP_CIPHER_free(cipher); /* the context has its own reference */
	ERR_pop_to_mark();
	if (!ok) {
		nic_aead_destroy(a);
		return NULL;
	}
	return a;
}

int
nic_aead_begin(struct nic_aead *a, const uint8_t nonce[NIC_AEAD_NONCE_LEN], const uint8_t *aad,
	       uint32_t aad_len)
{
	int done;
	bool ok;

	ERR_set_mark();
	/* Key and direction stay. */
	ok = EVP_CipherInit_ex2(a->ctx, NULL, NULL, nonce, -1, NULL) == 1 &&
	     EVP_CipherUpdate(a->ctx, NULL, &done, aad, (int)aad_len) == 1;
	ERR_pop_to_mark();
	return ok ? 0 : -EIO;
}

int
nic_aead_update(struct nic_aead *a, const uint8_t *in, uint8_t *out, uint32_t len)
{
	int done;
	bool ok;

	if (len == 0)
		return 0;
	ERR_set_mark();
	ok = EVP_CipherUpdate(a->ctx, out, &done, in, (int)len) == 1;
	ERR_pop_to_mark();
	return ok ? 0 : -EIO;
}

int
nic_aead_tag(struct nic_aead *a, uint8_t tag[NIC_AEAD_TAG_LEN])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, NIC_AEAD_TAG_LEN),
		OSSL_PARAM_END,
	};
	uint8_t rest[NIC_AEAD_TAG_LEN]; /* AEAD modes leave nothing to the end */
	int done;
	bool ok;

	ERR_set_mark();
	ok = EVP_CipherFinal_ex(a->ctx, rest, &done) == 1 &&
	     EVP_CIPHER_CTX_get_params(a->ctx, params) == 1;
	ERR_pop_to_mark();
	return ok ? 0 : -EIO;
}

int
nic_aead_verify(struct nic_aead *a, const uint8_t tag[NIC_AEAD_TAG_LEN])
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, (void *)tag, NIC_AEAD_TAG_LEN),
		OSSL_PARAM_END,
	};
	uint8_t rest[NIC_AEAD_TAG_LEN];
	int done;
	bool ok;

	ERR_set_mark();
	ok = EVP_CIPHER_CTX_set_params(a->ctx, params) == 1 &&
	     EVP_CipherFinal_ex(a->ctx, rest, &done) == 1;
	ERR_pop_to_mark();
	return ok ? 0 : -EBADMSG;
}

int
nic_aead_copy(struct nic_aead *to, const struct nic_aead *from)
{
	bool ok;

	ERR_set_mark();
	ok = EVP_CIPHER_CTX_copy(to->ctx, from->ctx) == 1;
	ERR_pop_to_mark();
	return ok ? 0 : -ENOMEM;
}

void
nic_aead_destroy(struct nic_aead *a)
{
	if (a == NULL)
		return;
	EVP_CIPHER_CTX_free(a->ctx); /* wipes the key schedule */
	free(a);
}
