/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/suite.h"

#include <stdlib.h>
#include <string.h>

#include <recordtls/tls.h>

#define TLS_1_3 .version = RTLS_TLS_1_3, .inner_len = 1
#define TLS_1_2 .version = RTLS_TLS_1_2
#define GCM_128 .cipher = RTLS_CIPHER_AES_GCM_128, .key_len = 16, .aead = "AES-128-GCM"
#define GCM_256 .cipher = RTLS_CIPHER_AES_GCM_256, .key_len = 32, .aead = "AES-256-GCM"
#define CHACHA  .cipher = RTLS_CIPHER_CHACHA20_POLY1305, .key_len = 32, .aead = "ChaCha20-Poly1305"
#define CCM     .cipher = RTLS_CIPHER_AES_CCM_128, .key_len = 16, .aead = "AES-128-CCM", .ccm = true

const struct suite suites[SUITES] = {
	{ .name = "1.3 AES-128-GCM", TLS_1_3, GCM_128 },
	{ .name = "1.3 AES-256-GCM", TLS_1_3, GCM_256 },
	{ .name = "1.3 ChaCha20-Poly1305", TLS_1_3, CHACHA },
	{ .name = "1.3 AES-128-CCM", TLS_1_3, CCM },
	{ .name = "1.2 AES-128-GCM", TLS_1_2, GCM_128, .explicit_len = 8 },
	{ .name = "1.2 AES-256-GCM", TLS_1_2, GCM_256, .explicit_len = 8 },
	{ .name = "1.2 ChaCha20-Poly1305", TLS_1_2, CHACHA },
	{ .name = "1.2 AES-128-CCM", TLS_1_2, CCM, .explicit_len = 8 },
};

static void
must(int ok)
{
	if (ok != 1)
		abort();
}

unsigned int
suite_of_seed(uint64_t seed, bool updates)
{
	return seed % (updates ? SUITES_13 : SUITES);
}

static uint64_t
get64(const uint8_t *p)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

static void
put64(uint8_t *p, uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		p[i] = (uint8_t)value;
}

void
suite_nonce(const struct suite *s, const uint8_t iv[SUITE_NONCE_LEN], uint64_t first,
	    uint64_t rec_no, uint8_t out[SUITE_NONCE_LEN])
{
	uint64_t low = get64(iv + 4);

	memcpy(out, iv, 4);
	put64(out + 4, s->explicit_len != 0 ? low + (rec_no - first) : low ^ rec_no);
}

int
suite_aad(const struct suite *s, const uint8_t hdr[SUITE_HDR_LEN], uint64_t rec_no,
	  uint32_t inner_len, uint8_t out[SUITE_AAD_MAX])
{
	if (s->version == RTLS_TLS_1_3) {
		memcpy(out, hdr, SUITE_HDR_LEN);
		return SUITE_HDR_LEN;
	}
	/* RFC 5246 6.2.3.3 */
	put64(out, rec_no);
	memcpy(out + 8, hdr, 3);
	out[11] = (uint8_t)(inner_len >> 8);
	out[12] = (uint8_t)inner_len;
	return SUITE_AAD_MAX;
}

void
suite_key(const struct suite *s, EVP_CIPHER_CTX *ctx, const uint8_t *key, bool seal)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, s->aead, NULL);

	must(EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, seal, NULL));
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, SUITE_NONCE_LEN, NULL));
	if (s->ccm)
		must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SUITE_TAG_LEN, NULL));
	must(EVP_CipherInit_ex2(ctx, NULL, key, NULL, seal, NULL));
	EVP_CIPHER_free(cipher);
}

/* CCM has the length in its first block (RFC 3610 2.2). */
static void
begin(const struct suite *s, EVP_CIPHER_CTX *ctx, const uint8_t *nonce, const uint8_t *aad,
      int aad_len, uint32_t len)
{
	int n;

	must(EVP_CipherInit_ex2(ctx, NULL, NULL, nonce, -1, NULL));
	if (s->ccm)
		must(EVP_CipherUpdate(ctx, NULL, &n, NULL, (int)len));
	must(EVP_CipherUpdate(ctx, NULL, &n, aad, aad_len));
}

void
suite_seal(const struct suite *s, EVP_CIPHER_CTX *ctx, const uint8_t *nonce, const uint8_t *aad,
	   int aad_len, const uint8_t *in, uint32_t len, uint8_t *out, uint8_t tag[SUITE_TAG_LEN])
{
	int n;

	begin(s, ctx, nonce, aad, aad_len, len);
	must(EVP_CipherUpdate(ctx, out, &n, in, (int)len));
	must(EVP_CipherFinal_ex(ctx, tag, &n));
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SUITE_TAG_LEN, tag));
}

bool
suite_open(const struct suite *s, EVP_CIPHER_CTX *ctx, const uint8_t *nonce, const uint8_t *aad,
	   int aad_len, const uint8_t *in, uint32_t len, const uint8_t tag[SUITE_TAG_LEN],
	   uint8_t *out)
{
	uint8_t rest[SUITE_TAG_LEN];
	int n;

	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SUITE_TAG_LEN,
				 (void *)(uintptr_t)tag));
	begin(s, ctx, nonce, aad, aad_len, len);
	/* CCM compares here already, the others at the end. */
	if (EVP_CipherUpdate(ctx, out, &n, in, (int)len) != 1)
		return false;
	return s->ccm || EVP_CipherFinal_ex(ctx, rest, &n) == 1;
}

/* The stream cipher's IV for a block; content begins with block 1, of GCM with block 2. */
static const char *
stream_iv(const struct suite *s, const uint8_t *nonce, uint32_t block, uint8_t iv[16])
{
	if (s->cipher == RTLS_CIPHER_CHACHA20_POLY1305) { /* RFC 8439 2.8; libcrypto's order */
		for (int i = 0; i < 4; i++)
			iv[i] = (uint8_t)((block + 1) >> 8 * i);
		memcpy(iv + 4, nonce, SUITE_NONCE_LEN);
		return "ChaCha20";
	}
	block += s->ccm ? 1 : 2; /* RFC 3610 2.3, SP 800-38D 7.1 */
	for (int i = 0; i < 4; i++)
		iv[15 - i] = (uint8_t)(block >> 8 * i);
	if (s->ccm)
		iv[0] = 2;
	memcpy(iv + (s->ccm ? 1 : 0), nonce, SUITE_NONCE_LEN);
	return s->key_len == 32 ? "AES-256-CTR" : "AES-128-CTR";
}

void
suite_xor(const struct suite *s, const uint8_t *key, const uint8_t nonce[SUITE_NONCE_LEN],
	  uint32_t off, uint8_t *bytes, uint32_t len)
{
	uint32_t block_len = s->cipher == RTLS_CIPHER_CHACHA20_POLY1305 ? 64 : 16;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t iv[16], skipped[64] = { 0 };
	const char *name = stream_iv(s, nonce, off / block_len, iv);
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	int n;

	must(EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL));
	must(EVP_EncryptUpdate(ctx, skipped, &n, skipped, (int)(off % block_len)));
	must(EVP_EncryptUpdate(ctx, bytes, &n, bytes, (int)len));
	EVP_CIPHER_free(cipher);
	EVP_CIPHER_CTX_free(ctx);
}
