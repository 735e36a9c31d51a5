/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Suites that the library's table does not carry, made by hand: they show that
 * the code reads everything from the entry.
 */
#ifndef RTLS_SUPPORT_SUITES_H
#define RTLS_SUPPORT_SUITES_H

#include <recordtls/tls.h>

#include "core/record.h"

/* RFC 5288: salt and explicit nonce. */
static const struct record_suite suite_tls12_gcm = {
	.version = RTLS_TLS_1_2,
	.cipher = RTLS_CIPHER_AES_GCM_128,
	.name = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
	.aead = RECORD_AEAD_AES_128_GCM,
	.key_len = 16,
	.explicit_nonce_len = 8,
	.inner_type_len = 0,
	.aad_len = RECORD_AAD_MAX,
	.body_max = RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_12,
	.body_min = 8 + RECORD_TAG_LEN,
};

/* RFC 7905: TLS 1.2 with the nonce of TLS 1.3. */
static const struct record_suite suite_tls12_chacha = {
	.version = RTLS_TLS_1_2,
	.cipher = 54,
	.name = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
	.aead = RECORD_AEAD_CHACHA20_POLY1305,
	.key_len = 32,
	.explicit_nonce_len = 0,
	.inner_type_len = 0,
	.aad_len = RECORD_AAD_MAX,
	.body_max = RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_12,
	.body_min = RECORD_TAG_LEN,
};

#endif
