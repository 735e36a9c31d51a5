/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The suites of a simulated connection, from the RFCs alone: nothing here is read from the
 * library's table, which is what is watched. And OpenSSL's AEADs in one call.
 */
#ifndef RTLS_SIM_SUITE_H
#define RTLS_SIM_SUITE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>

enum {
	SUITE_HDR_LEN = 5,
	SUITE_TAG_LEN = 16,
	SUITE_NONCE_LEN = 12,
	SUITE_KEY_MAX = 32,
	SUITE_AAD_MAX = 13,
	SUITE_BODY_MAX = (1 << 14) + 256, /* RFC 8446 5.2; TLS 1.2 stays below */
	SUITES = 8,
	SUITES_13 =
		4, /* the first ones are those of TLS 1.3, the very first TLS_AES_128_GCM_SHA256 */
};

struct suite {
	const char *name;
	uint16_t version; /* RTLS_TLS_1_2, RTLS_TLS_1_3 */
	uint16_t cipher;  /* enum rtls_cipher */
	uint8_t key_len;
	uint8_t explicit_len; /* of the nonce, behind the header: RFC 5288 3, RFC 6655 3 */
	uint8_t inner_len;    /* of the type behind the content: RFC 8446 5.2 */
	const char *aead;     /* libcrypto's name */
	bool ccm;
};

extern const struct suite suites[SUITES];

/* Which one a seed has: seeds in a row have them by turn; of TLS 1.3 alone where keys change. */
unsigned int suite_of_seed(uint64_t seed, bool updates);

/* Bytes in front of a record's content, and around it in all. */
static inline uint32_t
suite_front(const struct suite *s)
{
	return SUITE_HDR_LEN + s->explicit_len;
}

static inline uint32_t
suite_over(const struct suite *s)
{
	return suite_front(s) + s->inner_len + SUITE_TAG_LEN;
}

/*
 * The nonce of a record under an IV whose first one is number first: IV xor number (RFC 8446 5.3,
 * RFC 7905 2); or the salt, and what the IV ends in plus the records that came before.
 */
void suite_nonce(const struct suite *s, const uint8_t iv[SUITE_NONCE_LEN], uint64_t first,
		 uint64_t rec_no, uint8_t out[SUITE_NONCE_LEN]);

/* Additional data of a record with this header, of so many bytes inside; returns its length. */
int suite_aad(const struct suite *s, const uint8_t hdr[SUITE_HDR_LEN], uint64_t rec_no,
	      uint32_t inner_len, uint8_t out[SUITE_AAD_MAX]);

/* A context with a key in it. Aborts the program when memory or OpenSSL fails, as all here. */
void suite_key(const struct suite *s, EVP_CIPHER_CTX *ctx, const uint8_t *key, bool seal);

void suite_seal(const struct suite *s, EVP_CIPHER_CTX *ctx, const uint8_t *nonce,
		const uint8_t *aad, int aad_len, const uint8_t *in, uint32_t len, uint8_t *out,
		uint8_t tag[SUITE_TAG_LEN]);

/* False: it does not open. */
bool suite_open(const struct suite *s, EVP_CIPHER_CTX *ctx, const uint8_t *nonce,
		const uint8_t *aad, int aad_len, const uint8_t *in, uint32_t len,
		const uint8_t tag[SUITE_TAG_LEN], uint8_t *out);

/* Xors bytes with the key stream of the record of this nonce, from byte off of its content on. */
void suite_xor(const struct suite *s, const uint8_t *key, const uint8_t nonce[SUITE_NONCE_LEN],
	       uint32_t off, uint8_t *bytes, uint32_t len);

#endif
