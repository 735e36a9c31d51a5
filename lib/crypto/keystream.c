/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/keystream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "core/bytes.h"
#include "crypto/error_queue.h"

enum { IV_LEN = 16 }; /* of each cipher below */

/* The cipher inside of an AEAD. */
struct stream_cipher {
	const char *name; /* libcrypto's; NULL: not carried */
	uint32_t block_len;
	uint32_t first; /* counter of the block that meets the first inner byte */
	void (*iv)(const uint8_t nonce[RECORD_NONCE_LEN], uint32_t counter, uint8_t out[IV_LEN]);
};

struct keystream {
	const struct stream_cipher *cipher;
	EVP_CIPHER_CTX *ctx;
};

/* SP 800-38D 7.1 and 5.2.1.1: J0 is the nonce and 1, as a nonce has 96 bits; data begin behind it. */
static void
iv_gcm(const uint8_t nonce[RECORD_NONCE_LEN], uint32_t counter, uint8_t out[IV_LEN])
{
	memcpy(out, nonce, RECORD_NONCE_LEN);
	put_be32(out + RECORD_NONCE_LEN, counter);
}

/* RFC 3610 2.3, with a counter of three bytes; block 0 is the tag's. */
static void
iv_ccm(const uint8_t nonce[RECORD_NONCE_LEN], uint32_t counter, uint8_t out[IV_LEN])
{
	put_be32(out + RECORD_NONCE_LEN, counter);
	out[0] = 3 - 1;
	memcpy(out + 1, nonce, RECORD_NONCE_LEN);
}

/* RFC 8439 2.3 and 2.8; block 0 makes the key of the tag. libcrypto has the counter in front. */
static void
iv_chacha20(const uint8_t nonce[RECORD_NONCE_LEN], uint32_t counter, uint8_t out[IV_LEN])
{
	out[0] = (uint8_t)counter;
	out[1] = (uint8_t)(counter >> 8);
	out[2] = (uint8_t)(counter >> 16);
	out[3] = (uint8_t)(counter >> 24);
	memcpy(out + IV_LEN - RECORD_NONCE_LEN, nonce, RECORD_NONCE_LEN);
}

/* By enum record_aead. */
static const struct stream_cipher ciphers[RECORD_AEADS] = {
	[RECORD_AEAD_AES_128_GCM] = { "AES-128-CTR", 16, 2, iv_gcm },
	[RECORD_AEAD_AES_256_GCM] = { "AES-256-CTR", 16, 2, iv_gcm },
	[RECORD_AEAD_AES_128_CCM] = { "AES-128-CTR", 16, 1, iv_ccm },
	[RECORD_AEAD_CHACHA20_POLY1305] = { "ChaCha20", 64, 1, iv_chacha20 },
};

enum { BLOCK_MAX = 64 }; /* ChaCha20 has the longest */

int
keystream_create(const struct record_suite *s, const uint8_t *key, struct keystream **out)
{
	const struct stream_cipher *c = &ciphers[s->aead];
	struct keystream *ks = NULL;
	EVP_CIPHER *cipher;
	int marked, rc = -ENOTSUP;

	if (c->name == NULL)
		return -ENOTSUP;

	marked = ERR_set_mark();
	cipher = EVP_CIPHER_fetch(NULL, c->name, NULL);
	if (cipher == NULL || EVP_CIPHER_get_key_length(cipher) != s->key_len ||
	    EVP_CIPHER_get_iv_length(cipher) != IV_LEN)
		goto out; /* e.g. a policy of the system's forbids it */

	rc = -ENOMEM;
	ks = malloc(sizeof(*ks));
	if (ks == NULL)
		goto out;
	ks->cipher = c;
	ks->ctx = EVP_CIPHER_CTX_new();
	if (ks->ctx == NULL || EVP_EncryptInit_ex2(ks->ctx, cipher, key, NULL, NULL) != 1) {
		keystream_destroy(ks);
		goto out;
	}
	*out = ks;
	rc = 0;
out:
	EVP_CIPHER_free(cipher); /* the context has its own reference */
	error_queue_restore(marked, rc != 0);
	return rc;
}

/* The key stays; the context stands at byte off behind it. */
static bool
seek(const struct keystream *ks, const uint8_t nonce[RECORD_NONCE_LEN], uint32_t off)
{
	const struct stream_cipher *c = ks->cipher;
	uint32_t skip = off % c->block_len;
	uint8_t iv[IV_LEN], none[BLOCK_MAX] = { 0 };
	int done;

	c->iv(nonce, c->first + off / c->block_len, iv);
	if (EVP_EncryptInit_ex2(ks->ctx, NULL, NULL, iv, NULL) != 1)
		return false;
	return skip == 0 || EVP_EncryptUpdate(ks->ctx, none, &done, none, (int)skip) == 1;
}

int
keystream_xor(struct keystream *ks, const uint8_t nonce[RECORD_NONCE_LEN], uint32_t off,
	      const struct iovec *pieces, size_t n)
{
	int marked = ERR_set_mark();
	bool ok = seek(ks, nonce, off);
	int done;

	for (size_t i = 0; ok && i < n; i++) {
		const struct iovec *v = &pieces[i];

		ok = v->iov_len == 0 || EVP_EncryptUpdate(ks->ctx, v->iov_base, &done, v->iov_base,
							  (int)v->iov_len) == 1;
	}
	error_queue_restore(marked, !ok);
	return ok ? 0 : -EIO;
}

void
keystream_destroy(struct keystream *ks)
{
	if (ks == NULL)
		return;
	EVP_CIPHER_CTX_free(ks->ctx); /* wipes the key schedule */
	free(ks);
}
