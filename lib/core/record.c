/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/record.h"

#include <assert.h>
#include <string.h>

#include <recordtls/tls.h>

/*
 * What the records of a version have in common. In TLS 1.2 an AEAD's record is as long as its
 * plaintext and what stands around it, so that more than 2^14 bytes show in the header already
 * (RFC 5246 6.2.1); only CBC, with its padding, may be longer.
 */
#define FORM_1_3 \
	.version = RTLS_TLS_1_3, .inner_type_len = 1, .aad_len = RECORD_HDR_LEN, \
	.body_max = RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_13, .body_min = 1 + RECORD_TAG_LEN
#define FORM_1_2(nonce_len) \
	.version = RTLS_TLS_1_2, .explicit_nonce_len = (nonce_len), .aad_len = RECORD_AAD_MAX, \
	.body_max = (nonce_len) + RECORD_PLAIN_MAX + RECORD_TAG_LEN, \
	.body_min = (nonce_len) + RECORD_TAG_LEN

enum {
	EXPLICIT_NONCE_LEN = 8, /* RFC 5288 3, RFC 6655 3 */
	/* Full-size records under one key. RFC 8446 5.5; RFC 9325 4.4 has TLS 1.2 obey, too. */
	GCM_LIMIT = 23726566, /* 2^24.5 */
	CCM_LIMIT = 1 << 23,  /* RFC 9147 4.5.3 */
	NO_LIMIT = 0,         /* ChaCha20-Poly1305: the record number would wrap before */
};

/*
 * A row is carried once its tests have an oracle. Elsewhere it needs an entry for its AEAD in each
 * map that is to carry it, if there is none yet, and nothing else.
 */
static const struct record_suite suites[] = {
	{
		.cipher = RTLS_CIPHER_AES_GCM_128,
		.name = "TLS_AES_128_GCM_SHA256",
		.aead = RECORD_AEAD_AES_128_GCM,
		.key_len = 16,
		.seal_limit = GCM_LIMIT,
		FORM_1_3,
	},
	{
		.cipher = RTLS_CIPHER_AES_GCM_256,
		.name = "TLS_AES_256_GCM_SHA384",
		.aead = RECORD_AEAD_AES_256_GCM,
		.key_len = 32,
		.seal_limit = GCM_LIMIT,
		FORM_1_3,
	},
	{
		.cipher = RTLS_CIPHER_CHACHA20_POLY1305,
		.name = "TLS_CHACHA20_POLY1305_SHA256",
		.aead = RECORD_AEAD_CHACHA20_POLY1305,
		.key_len = 32,
		.seal_limit = NO_LIMIT,
		FORM_1_3,
	},
	{
		.cipher = RTLS_CIPHER_AES_CCM_128,
		.name = "TLS_AES_128_CCM_SHA256",
		.aead = RECORD_AEAD_AES_128_CCM,
		.key_len = 16,
		.seal_limit = CCM_LIMIT,
		FORM_1_3,
	},
	{
		.cipher = RTLS_CIPHER_AES_GCM_128,
		.name = "AES_128_GCM",
		.aead = RECORD_AEAD_AES_128_GCM,
		.key_len = 16,
		.seal_limit = GCM_LIMIT,
		FORM_1_2(EXPLICIT_NONCE_LEN),
	},
	{
		.cipher = RTLS_CIPHER_AES_GCM_256,
		.name = "AES_256_GCM",
		.aead = RECORD_AEAD_AES_256_GCM,
		.key_len = 32,
		.seal_limit = GCM_LIMIT,
		FORM_1_2(EXPLICIT_NONCE_LEN),
	},
	{
		.cipher = RTLS_CIPHER_CHACHA20_POLY1305,
		.name = "CHACHA20_POLY1305",
		.aead = RECORD_AEAD_CHACHA20_POLY1305,
		.key_len = 32,
		.seal_limit = NO_LIMIT,
		FORM_1_2(0),
	},
	{
		.cipher = RTLS_CIPHER_AES_CCM_128,
		.name = "AES_128_CCM",
		.aead = RECORD_AEAD_AES_128_CCM,
		.key_len = 16,
		.seal_limit = CCM_LIMIT,
		FORM_1_2(EXPLICIT_NONCE_LEN),
	},
};

static_assert(RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_12 <= UINT16_MAX,
	      "the length field and body_max hold every record");
static_assert(RECORD_AAD_MAX == 8 + RECORD_HDR_LEN,
	      "TLS 1.2 additional data is the number and a header");

enum { SUITES = sizeof(suites) / sizeof(suites[0]) };

const struct record_suite *
record_suite_find(uint16_t version, uint16_t cipher)
{
	for (size_t i = 0; i < SUITES; i++)
		if (suites[i].version == version && suites[i].cipher == cipher)
			return &suites[i];
	return NULL;
}

const struct record_suite *
record_suite_row(unsigned int i)
{
	return i < SUITES ? &suites[i] : NULL;
}

const struct record_suite *
record_suite_of_aead(enum record_aead aead)
{
	for (size_t i = 0; i < SUITES; i++)
		if (suites[i].aead == aead)
			return &suites[i];
	return NULL;
}

static const char sm4[] =
	"SM4: OpenSSL hands no such keys over, and no provider here seals with it";
static const char aria[] =
	"ARIA: OpenSSL hands no such keys over, and no provider here seals with it";

/* What somebody else carries and this library does not; versions from first to last. */
static const struct {
	uint16_t cipher, first, last;
	const char *why;
} refusals[] = {
	{ RTLS_CIPHER_SM4_GCM, RTLS_TLS_1_2, RTLS_TLS_1_3, sm4 },
	{ RTLS_CIPHER_SM4_CCM, RTLS_TLS_1_2, RTLS_TLS_1_3, sm4 },
	{ RTLS_CIPHER_ARIA_GCM_128, RTLS_TLS_1_2, RTLS_TLS_1_2, aria },
	{ RTLS_CIPHER_ARIA_GCM_256, RTLS_TLS_1_2, RTLS_TLS_1_2, aria },
	{ RTLS_CIPHER_AES_CBC_HMAC, 0x0301, 0x0302,
	  "TLS 1.0 and 1.1 must not be negotiated (RFC 8996)" },
	{ RTLS_CIPHER_AES_CBC_HMAC, RTLS_TLS_1_2, RTLS_TLS_1_2,
	  "CBC is no AEAD: its padding is verified behind the decryption (RFC 7457 2.4), and "
	  "OpenSSL hands no such keys over on Linux" },
	{ RTLS_CIPHER_AES_CCM_8, RTLS_TLS_1_2, RTLS_TLS_1_3,
	  "a tag of 8 bytes can be forged in far fewer trials (RFC 9147 4.5.3), and OpenSSL "
	  "hands no such keys over" },
};

const char *
record_suite_refusal(uint16_t version, uint16_t cipher)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].cipher == cipher && version >= refusals[i].first &&
		    version <= refusals[i].last)
			return refusals[i].why;
	return NULL;
}

void
record_iv_base(const struct record_suite *s, const uint8_t iv[RECORD_NONCE_LEN],
	       uint64_t first_rec_no, uint8_t base_iv[RECORD_NONCE_LEN])
{
	memmove(base_iv, iv, RECORD_NONCE_LEN);
	if (s->explicit_nonce_len != 0)
		put_be64(base_iv + RECORD_NONCE_NO_OFF,
			 get_be64(iv + RECORD_NONCE_NO_OFF) - first_rec_no);
}

void
record_nonce_received(const struct record_suite *s, const uint8_t base_iv[RECORD_NONCE_LEN],
		      uint64_t rec_no, const uint8_t *explicit_nonce, uint8_t out[RECORD_NONCE_LEN])
{
	record_nonce(s, base_iv, rec_no, out);
	if (s->explicit_nonce_len != 0)
		memcpy(out + RECORD_NONCE_LEN - s->explicit_nonce_len, explicit_nonce,
		       s->explicit_nonce_len);
}
