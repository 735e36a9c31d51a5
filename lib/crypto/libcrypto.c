/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/libcrypto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/bounce.h"
#include "crypto/error_queue.h"

struct libcrypto_key {
	struct crypto_key key; /* first */
	EVP_CIPHER_CTX *ctx;
	uint8_t aad_len;
	bool whole; /* the mode takes all bytes of a record in one call, and checks the tag in it */
};

static const struct libcrypto_key *
key_of(const struct crypto_job *j)
{
	return (const struct libcrypto_key *)j->key;
}

/* libcrypto's names, by enum record_aead; NULL: not carried. */
static const char *const cipher_names[RECORD_AEADS] = {
	[RECORD_AEAD_AES_128_GCM] = "AES-128-GCM",
	[RECORD_AEAD_AES_256_GCM] = "AES-256-GCM",
	[RECORD_AEAD_AES_128_CCM] = "AES-128-CCM",
	[RECORD_AEAD_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
};

static EVP_CIPHER_CTX *
ctx_create(const EVP_CIPHER *cipher, enum crypto_dir dir, const uint8_t *key)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	/* Other lengths are the default of some modes. The tag has no bytes yet. */
	size_t nonce_len = RECORD_NONCE_LEN;
	const OSSL_PARAM lens[] = {
		OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &nonce_len),
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, RECORD_TAG_LEN),
		OSSL_PARAM_END,
	};
	bool whole = EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE;

	if (ctx == NULL)
		return NULL;
	/* Lengths first: with its key a CCM context takes them for good. */
	if (EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, dir == CRYPTO_SEAL, whole ? lens : NULL) !=
		    1 ||
	    EVP_CipherInit_ex2(ctx, NULL, key, NULL, -1, NULL) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static int
key_create(const struct crypto_provider *p, const struct record_suite *s, enum crypto_dir dir,
	   const uint8_t *key, struct crypto_key **out)
{
	const char *name = cipher_names[s->aead];
	struct libcrypto_key *k = NULL;
	EVP_CIPHER *cipher = NULL;
	int marked;
	int rc = -ENOTSUP;

	if (name == NULL)
		return -ENOTSUP;

	marked = ERR_set_mark();
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	if (cipher == NULL || EVP_CIPHER_get_key_length(cipher) != s->key_len)
		goto out; /* e.g. a policy of the system's forbids it */

	rc = -ENOMEM;
	k = malloc(sizeof(*k));
	if (k == NULL)
		goto out;
	k->ctx = ctx_create(cipher, dir, key);
	if (k->ctx == NULL) {
		free(k);
		goto out;
	}
	k->key.provider = p;
	k->aad_len = s->aad_len;
	k->whole = EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE;
	*out = &k->key;
	rc = 0;
out:
	EVP_CIPHER_free(cipher); /* the context has its own reference */
	error_queue_restore(marked, rc != 0);
	return rc;
}

static void
key_destroy(const struct crypto_provider *p, struct crypto_key *key)
{
	struct libcrypto_key *k = (struct libcrypto_key *)key;

	(void)p;
	if (k == NULL)
		return;
	EVP_CIPHER_CTX_free(k->ctx); /* wipes the key schedule */
	free(k);
}

/* src and dst list the same pieces: usually one each. Walk the two cuts side by side. */
static bool
update_pieces(EVP_CIPHER_CTX *ctx, const struct crypto_job *j)
{
	size_t src_i = 0, src_off = 0, dst_i = 0, dst_off = 0;

	for (;;) {
		size_t len, room;
		int done;

		while (src_i < j->src_cnt && src_off == j->src[src_i].iov_len) {
			src_i++;
			src_off = 0;
		}
		while (dst_i < j->dst_cnt && dst_off == j->dst[dst_i].iov_len) {
			dst_i++;
			dst_off = 0;
		}
		if (src_i == j->src_cnt || dst_i == j->dst_cnt)
			/* The lists end together, or the job is malformed. */
			return src_i == j->src_cnt && dst_i == j->dst_cnt;

		len = j->src[src_i].iov_len - src_off;
		room = j->dst[dst_i].iov_len - dst_off;
		if (len > room)
			len = room;
		if (EVP_CipherUpdate(ctx, (uint8_t *)j->dst[dst_i].iov_base + dst_off, &done,
				     (const uint8_t *)j->src[src_i].iov_base + src_off,
				     (int)len) != 1)
			return false;
		src_off += len;
		dst_off += len;
	}
}

/* To copy a piece of the size of a packet costs less than a call of OpenSSL for it. */
static bool
update_gathered(EVP_CIPHER_CTX *ctx, const struct crypto_job *j)
{
	uint32_t len;
	int done;

	switch (bounce_way(j, BOUNCE_IN_LINEAR | BOUNCE_IN_CHAIN, UINT32_MAX, &len)) {
	case BOUNCE_COPY_IN:
		bounce_copy(j);
		break;
	case BOUNCE_IN: /* it lies there, cut in another way */
		break;
	case BOUNCE_OUT:
	case BOUNCE_BUFFER:
	case BOUNCE_NONE:
		return false;
	}
	for (size_t i = 0; i < j->dst_cnt; i++) {
		const struct iovec *v = &j->dst[i];

		if (v->iov_len != 0 &&
		    EVP_CipherUpdate(ctx, v->iov_base, &done, v->iov_base, (int)v->iov_len) != 1)
			return false;
	}
	return true;
}

static bool
update_all(EVP_CIPHER_CTX *ctx, const struct crypto_job *j)
{
	int done;

	if (EVP_CipherUpdate(ctx, NULL, &done, j->aad, j->aad_len) != 1)
		return false;
	if (j->src_cnt == 1 && j->dst_cnt == 1 && j->src->iov_len == j->dst->iov_len &&
	    j->src->iov_len != 0)
		return EVP_CipherUpdate(ctx, j->dst->iov_base, &done, j->src->iov_base,
					(int)j->src->iov_len) == 1;
	if (j->src_cnt > j->dst_cnt)
		return update_gathered(ctx, j);
	return update_pieces(ctx, j);
}

/*
 * In one call from src to dst, which are one piece each. What a chain is copied to is the thread's:
 * connections are many, and only one of them is at work.
 */
static int
update_linear(EVP_CIPHER_CTX *ctx, const struct crypto_job *j, const uint8_t *src, uint8_t *dst,
	      uint32_t len)
{
	int done;

	/* The length goes into the first block, in front of additional data (RFC 3610 2.2). */
	if (EVP_CipherUpdate(ctx, NULL, &done, NULL, (int)len) != 1 ||
	    EVP_CipherUpdate(ctx, NULL, &done, j->aad, j->aad_len) != 1)
		return -EIO;
	return EVP_CipherUpdate(ctx, dst, &done, src, (int)len) == 1 ? 0 : -EBADMSG;
}

/* The first piece that has bytes; where there is none, somewhere. */
static uint8_t *
first_of(const struct iovec *iov, uint16_t cnt, uint8_t *nowhere)
{
	for (uint16_t i = 0; i < cnt; i++)
		if (iov[i].iov_len != 0)
			return iov[i].iov_base;
	return nowhere;
}

/* Sealing reads a byte twice, for the tag and for the cipher: from memory that nobody writes to. */
static int
update_whole(EVP_CIPHER_CTX *ctx, const struct crypto_job *j)
{
	unsigned int out = EVP_CIPHER_CTX_is_encrypting(ctx) ? 0 : BOUNCE_OUT_LINEAR;
	static _Thread_local uint8_t buffer[CRYPTO_JOB_MAX];
	uint8_t *src = first_of(j->src, j->src_cnt, buffer);
	uint8_t *dst = first_of(j->dst, j->dst_cnt, buffer);
	uint32_t len;
	int rc;

	switch (bounce_way(j, BOUNCE_IN_LINEAR | out, 1, &len)) {
	case BOUNCE_COPY_IN:
		bounce_copy(j);
		return update_linear(ctx, j, dst, dst, len);
	case BOUNCE_IN:
	case BOUNCE_OUT:
		return update_linear(ctx, j, src, dst, len);
	case BOUNCE_BUFFER:
		bounce_gather(j, buffer);
		rc = update_linear(ctx, j, buffer, buffer, len);
		bounce_scatter(j, buffer);
		OPENSSL_cleanse(buffer, len);
		return rc;
	case BOUNCE_NONE:
		break;
	}
	return -EIO;
}

/* The key stays; -1 keeps the direction. */
static bool
set_nonce(EVP_CIPHER_CTX *ctx, const struct crypto_job *j, const OSSL_PARAM *params)
{
	return EVP_CipherInit_ex2(ctx, NULL, NULL, j->nonce, -1, params) == 1;
}

/* The tag goes by parameter: EVP_CIPHER_CTX_ctrl() would wrap it in the same, at a cost. */
static int
seal_one(struct crypto_job *j)
{
	EVP_CIPHER_CTX *ctx = key_of(j)->ctx;
	OSSL_PARAM tag[] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, j->tag, RECORD_TAG_LEN),
		OSSL_PARAM_END,
	};
	uint8_t rest[RECORD_TAG_LEN]; /* AEAD modes leave nothing to the end */
	int done;

	if (!set_nonce(ctx, j, NULL) ||
	    (key_of(j)->whole ? update_whole(ctx, j) != 0 : !update_all(ctx, j)) ||
	    EVP_CipherFinal_ex(ctx, rest, &done) != 1 || EVP_CIPHER_CTX_get_params(ctx, tag) != 1)
		return -EIO;
	return 0;
}

static int
open_one(struct crypto_job *j)
{
	EVP_CIPHER_CTX *ctx = key_of(j)->ctx;
	const OSSL_PARAM tag[] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, j->tag, RECORD_TAG_LEN),
		OSSL_PARAM_END,
	};
	uint8_t rest[RECORD_TAG_LEN];
	int done;

	if (!set_nonce(ctx, j, tag))
		return -EIO;
	if (key_of(j)->whole)
		return update_whole(ctx, j);
	if (!update_all(ctx, j))
		return -EIO;
	/* Only the comparison is left to fail, in constant time. */
	return EVP_CipherFinal_ex(ctx, rest, &done) == 1 ? 0 : -EBADMSG;
}

static void
wipe_dst(const struct crypto_job *j)
{
	for (uint16_t i = 0; i < j->dst_cnt; i++)
		OPENSSL_cleanse(j->dst[i].iov_base, j->dst[i].iov_len);
}

static void
process(const struct crypto_provider *p, enum crypto_dir dir, struct crypto_job *jobs, uint16_t n)
{
	int marked = ERR_set_mark();
	bool failed = false;

	(void)p;
	for (uint16_t i = 0; i < n; i++) {
		struct crypto_job *j = &jobs[i];

		if (j->aad_len != key_of(j)->aad_len)
			j->status = -EIO;
		else
			j->status = dir == CRYPTO_SEAL ? seal_one(j) : open_one(j);
		if (j->status != 0) {
			wipe_dst(j);
			failed = true;
		}
	}
	error_queue_restore(marked, failed);
}

const struct crypto_provider *
crypto_libcrypto(void)
{
	static const struct crypto_provider provider = {
		.name = "libcrypto",
		.key_create = key_create,
		.key_destroy = key_destroy,
		.process = process,
	};

	return &provider;
}
