/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/record.h"

#include <assert.h>
#include <string.h>

#include <recordtls/tls.h>

/*
 * A row is carried once its tests have an oracle. Elsewhere it needs an entry for its AEAD in each
 * map that is to carry it, if there is none yet, and nothing else.
 */
static const struct record_suite suites[] = {
	{
		.version = RTLS_TLS_1_3,
		.cipher = RTLS_CIPHER_AES_GCM_128,
		.name = "TLS_AES_128_GCM_SHA256",
		.aead = RECORD_AEAD_AES_128_GCM,
		.key_len = 16,
		.explicit_nonce_len = 0,
		.inner_type_len = 1,
		.aad_len = RECORD_HDR_LEN,
		.body_max = RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_13,
		.body_min = 1 + RECORD_TAG_LEN,
		.seal_limit = 23726566, /* 2^24.5, RFC 8446 5.5 */
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

/* Ciphers as the kernel numbers them: AES-GCM, CCM and ChaCha20, SM4, ARIA. */
enum {
	CIPHER_FIRST = RTLS_CIPHER_AES_GCM_128,
	CIPHER_ARIA_128 = 57, /* TLS 1.2 only */
	CIPHER_LAST = 58,
};

bool
record_suite_known(uint16_t version, uint16_t cipher)
{
	if (cipher < CIPHER_FIRST || cipher > CIPHER_LAST)
		return false;
	return version == RTLS_TLS_1_2 || (version == RTLS_TLS_1_3 && cipher < CIPHER_ARIA_128);
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
