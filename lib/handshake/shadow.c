/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/shadow.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

static const EVP_CIPHER *
cipher_of(const struct record_suite *suite)
{
	static const EVP_CIPHER *(*const of[RECORD_AEADS])(void) = {
		[RECORD_AEAD_AES_128_GCM] = EVP_aes_128_gcm,
		[RECORD_AEAD_AES_256_GCM] = EVP_aes_256_gcm,
		[RECORD_AEAD_AES_128_CCM] = EVP_aes_128_ccm,
		[RECORD_AEAD_CHACHA20_POLY1305] = EVP_chacha20_poly1305,
	};

	return of[suite->aead] != NULL ? of[suite->aead]() : NULL;
}

int
shadow_set(struct shadow *s, const struct rtls_keys *keys, bool seals)
{
	const struct record_suite *suite = record_suite_find(keys->version, keys->cipher);
	const EVP_CIPHER *c = suite != NULL ? cipher_of(suite) : NULL;
	EVP_CIPHER_CTX *ctx = c != NULL ? EVP_CIPHER_CTX_new() : NULL;

	/* The lengths of nonce and tag come before the key: CCM's key schedule asks for them. */
	if (ctx == NULL || EVP_CipherInit_ex(ctx, c, NULL, NULL, NULL, seals) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, RECORD_NONCE_LEN, NULL) != 1 ||
	    (EVP_CIPHER_get_mode(c) == EVP_CIPH_CCM_MODE &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, RECORD_TAG_LEN, NULL) != 1) ||
	    EVP_CipherInit_ex(ctx, NULL, NULL, keys->key, NULL, seals) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		return -ENOMEM;
	}
	EVP_CIPHER_CTX_free(s->ctx);
	s->ctx = ctx;
	s->suite = suite;
	s->rec_no = keys->rec_no;
	record_iv_base(suite, keys->iv, keys->rec_no, s->base_iv);
	return 0;
}

/* One AEAD, in place: behind hdr and explicit nonce, the tag behind it. */
static bool
try_run(struct shadow *s, const uint8_t *hdr, const uint8_t nonce[RECORD_NONCE_LEN], uint8_t *body,
	int len)
{
	bool ccm = EVP_CIPHER_CTX_get_mode(s->ctx) == EVP_CIPH_CCM_MODE;
	bool seals = EVP_CIPHER_CTX_is_encrypting(s->ctx);
	uint8_t aad[RECORD_AAD_MAX];
	int aad_len = (int)record_aad(s->suite, hdr, s->rec_no, aad), n;

	if (EVP_CipherInit_ex(s->ctx, NULL, NULL, NULL, nonce, -1) != 1 ||
	    (!seals &&
	     EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_SET_TAG, RECORD_TAG_LEN, body + len) != 1) ||
	    (ccm && EVP_CipherUpdate(s->ctx, NULL, &n, NULL, len) != 1) ||
	    EVP_CipherUpdate(s->ctx, NULL, &n, aad, aad_len) != 1)
		return false;
	/* CCM verifies here, and has to be called for a body of length 0, too. */
	if ((len > 0 || ccm) && EVP_CipherUpdate(s->ctx, body, &n, body, len) != 1)
		return false;
	if (!ccm && EVP_CipherFinal_ex(s->ctx, body + len, &n) != 1)
		return false;
	return !seals ||
	       EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_GET_TAG, RECORD_TAG_LEN, body + len) == 1;
}

/* What fails here is told by us: libssl's caller finds nothing of it in the queue. */
static bool
run(struct shadow *s, const uint8_t *hdr, const uint8_t nonce[RECORD_NONCE_LEN], uint8_t *body,
    int len)
{
	bool ok;

	ERR_set_mark();
	ok = try_run(s, hdr, nonce, body, len);
	ERR_pop_to_mark();
	return ok;
}

ssize_t
shadow_open(struct shadow *s, uint8_t *rec, size_t len, uint8_t *type, uint8_t **plain)
{
	struct record_header h = record_header_read(rec);
	uint8_t nonce[RECORD_NONCE_LEN], *body = rec + record_prefix_len(s->suite);
	uint32_t n;

	if (len != (size_t)RECORD_HDR_LEN + h.body_len || record_header_check(s->suite, &h) != 0)
		return -EBADMSG;
	n = record_inner_len(s->suite, h.body_len);
	record_nonce_received(s->suite, s->base_iv, s->rec_no, rec + RECORD_HDR_LEN, nonce);
	if (!run(s, rec, nonce, body, (int)n))
		return -EBADMSG;
	*type = h.type;
	*plain = body;
	s->rec_no++;
	if (s->suite->inner_type_len == 0)
		return (ssize_t)n;
	while (n > 0 && body[n - 1] == 0)
		n--;
	if (n == 0)
		return -EBADMSG;
	*type = body[n - 1];
	return (ssize_t)n - 1;
}

ssize_t
shadow_seal(struct shadow *s, uint8_t *rec, size_t plain_len, uint8_t type, uint8_t **out)
{
	uint8_t nonce[RECORD_NONCE_LEN], *body = rec + SHADOW_BEFORE;
	uint8_t *hdr = body - record_prefix_len(s->suite);
	uint32_t inner = (uint32_t)plain_len + s->suite->inner_type_len;

	record_header_write(s->suite, type, (uint32_t)plain_len, 0, hdr);
	record_nonce(s->suite, s->base_iv, s->rec_no, nonce);
	record_explicit_nonce_write(s->suite, nonce, hdr);
	if (s->suite->inner_type_len != 0)
		body[plain_len] = type;
	if (!run(s, hdr, nonce, body, (int)inner))
		return -EIO;
	s->rec_no++;
	*out = hdr;
	return (ssize_t)record_wire_len(s->suite, (uint32_t)plain_len);
}

void
shadow_fini(struct shadow *s)
{
	EVP_CIPHER_CTX_free(s->ctx);
	OPENSSL_cleanse(s, sizeof(*s));
}
