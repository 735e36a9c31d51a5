/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/aead.h"

#include <errno.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "tlsnic/ccm.h"

struct nic_aead {
	EVP_CIPHER_CTX *ctx; /* one of them */
	struct nic_ccm *ccm;
	bool begun; /* not every AEAD of libcrypto refuses what comes behind the tag */
};

/* How an AEAD is made: libcrypto's own, or CCM of two modes of its. All NULL: the NIC has not got it. */
struct way {
	const char *name;
	const char *ctr, *cbc;
};

/* By enum record_aead. */
static const struct way ways[RECORD_AEADS] = {
	[RECORD_AEAD_AES_128_GCM] = { .name = "AES-128-GCM" },
	[RECORD_AEAD_AES_256_GCM] = { .name = "AES-256-GCM" },
	[RECORD_AEAD_AES_128_CCM] = { .ctr = "AES-128-CTR", .cbc = "AES-128-CBC" },
	[RECORD_AEAD_CHACHA20_POLY1305] = { .name = "ChaCha20-Poly1305" },
};

bool
nic_aead_has(const struct record_suite *s)
{
	return ways[s->aead].name != NULL || ways[s->aead].ctr != NULL;
}

static bool
own_create(struct nic_aead *a, bool seal, const struct record_suite *s, const uint8_t *key)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, ways[s->aead].name, NULL);
	bool ok;

	a->ctx = EVP_CIPHER_CTX_new();
	ok = cipher != NULL && a->ctx != NULL && EVP_CIPHER_get_key_length(cipher) == s->key_len &&
	     EVP_CipherInit_ex2(a->ctx, cipher, key, NULL, seal, NULL) == 1;
	EVP_CIPHER_free(cipher); /* the context has its own reference */
	return ok;
}

struct nic_aead *
nic_aead_create(bool seal, const struct record_suite *s, const uint8_t *key)
{
	const struct way *way = &ways[s->aead];
	struct nic_aead *a;
	bool ok;

	if (!nic_aead_has(s))
		return NULL;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return NULL;
	ERR_set_mark();
	if (way->name != NULL) {
		ok = own_create(a, seal, s, key);
	} else {
		a->ccm = nic_ccm_create(seal, way->ctr, way->cbc, key, s->key_len);
		ok = a->ccm != NULL;
	}
	ERR_pop_to_mark();
	if (!ok) {
		nic_aead_destroy(a);
		return NULL;
	}
	return a;
}

static bool
own_begin(struct nic_aead *a, const uint8_t nonce[NIC_AEAD_NONCE_LEN], const uint8_t *aad,
	  uint32_t aad_len)
{
	int done;

	/* Key and direction stay. */
	return EVP_CipherInit_ex2(a->ctx, NULL, NULL, nonce, -1, NULL) == 1 &&
	       EVP_CipherUpdate(a->ctx, NULL, &done, aad, (int)aad_len) == 1;
}

int
nic_aead_begin(struct nic_aead *a, const uint8_t nonce[NIC_AEAD_NONCE_LEN], const uint8_t *aad,
	       uint32_t aad_len, uint32_t len)
{
	bool ok;

	ERR_set_mark();
	ok = a->ccm != NULL ? nic_ccm_begin(a->ccm, nonce, aad, aad_len, len) == 0 :
			      own_begin(a, nonce, aad, aad_len);
	ERR_pop_to_mark();
	a->begun = ok;
	return ok ? 0 : -EIO;
}

int
nic_aead_update(struct nic_aead *a, const uint8_t *in, uint8_t *out, uint32_t len)
{
	int done;
	bool ok;

	if (len == 0)
		return 0;
	if (!a->begun)
		return -EIO;
	ERR_set_mark();
	ok = a->ccm != NULL ? nic_ccm_update(a->ccm, in, out, len) == 0 :
			      EVP_CipherUpdate(a->ctx, out, &done, in, (int)len) == 1;
	ERR_pop_to_mark();
	return ok ? 0 : -EIO;
}

static bool
own_tag(struct nic_aead *a, uint8_t tag[NIC_AEAD_TAG_LEN])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, NIC_AEAD_TAG_LEN),
		OSSL_PARAM_END,
	};
	uint8_t rest[NIC_AEAD_TAG_LEN]; /* AEAD modes leave nothing to the end */
	int done;

	return EVP_CipherFinal_ex(a->ctx, rest, &done) == 1 &&
	       EVP_CIPHER_CTX_get_params(a->ctx, params) == 1;
}

int
nic_aead_tag(struct nic_aead *a, uint8_t tag[NIC_AEAD_TAG_LEN])
{
	bool ok;

	ERR_set_mark();
	ok = a->begun && (a->ccm != NULL ? nic_ccm_tag(a->ccm, tag) == 0 : own_tag(a, tag));
	ERR_pop_to_mark();
	a->begun = false;
	return ok ? 0 : -EIO;
}

static bool
own_verify(struct nic_aead *a, const uint8_t tag[NIC_AEAD_TAG_LEN])
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, (void *)tag, NIC_AEAD_TAG_LEN),
		OSSL_PARAM_END,
	};
	uint8_t rest[NIC_AEAD_TAG_LEN];
	int done;

	return EVP_CIPHER_CTX_set_params(a->ctx, params) == 1 &&
	       EVP_CipherFinal_ex(a->ctx, rest, &done) == 1;
}

int
nic_aead_verify(struct nic_aead *a, const uint8_t tag[NIC_AEAD_TAG_LEN])
{
	bool ok;

	ERR_set_mark();
	ok = a->begun && (a->ccm != NULL ? nic_ccm_verify(a->ccm, tag) == 0 : own_verify(a, tag));
	ERR_pop_to_mark();
	a->begun = false;
	return ok ? 0 : -EBADMSG;
}

/* Both are libcrypto's own, or both CCM. */
static bool
copy(struct nic_aead *to, const struct nic_aead *from)
{
	return from->ccm != NULL ? nic_ccm_copy(to->ccm, from->ccm) == 0 :
				   EVP_CIPHER_CTX_copy(to->ctx, from->ctx) == 1;
}

int
nic_aead_copy(struct nic_aead *to, const struct nic_aead *from)
{
	bool ok;

	ERR_set_mark();
	ok = copy(to, from);
	ERR_pop_to_mark();
	to->begun = ok && from->begun;
	return ok ? 0 : -ENOMEM;
}

void
nic_aead_destroy(struct nic_aead *a)
{
	if (a == NULL)
		return;
	EVP_CIPHER_CTX_free(a->ctx); /* wipes the key schedule */
	nic_ccm_destroy(a->ccm);
	free(a);
}
