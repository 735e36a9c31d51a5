/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/keys.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <linux/tls.h>
#include <openssl/crypto.h>

#include "core/bytes.h"
#include "core/record.h"

/*
 * Where the fields of each structure stand, by enum record_aead; salt and iv together make the 12
 * bytes. libssl hands over more than is carried.
 */
static const struct layout {
	uint16_t cipher; /* the kernel's number; 0: no structure is known */
	uint8_t key_len;
	uint8_t salt_len;
	uint8_t iv_len;
	size_t key_off;
	size_t salt_off;
	size_t iv_off;
	size_t rec_no_off;
} layouts[RECORD_AEADS] = {
	[RECORD_AEAD_AES_128_GCM] = {
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key_len = TLS_CIPHER_AES_GCM_128_KEY_SIZE,
		.salt_len = TLS_CIPHER_AES_GCM_128_SALT_SIZE,
		.iv_len = TLS_CIPHER_AES_GCM_128_IV_SIZE,
		.key_off = offsetof(struct tls12_crypto_info_aes_gcm_128, key),
		.salt_off = offsetof(struct tls12_crypto_info_aes_gcm_128, salt),
		.iv_off = offsetof(struct tls12_crypto_info_aes_gcm_128, iv),
		.rec_no_off = offsetof(struct tls12_crypto_info_aes_gcm_128, rec_seq),
	},
	[RECORD_AEAD_AES_256_GCM] = {
		.cipher = TLS_CIPHER_AES_GCM_256,
		.key_len = TLS_CIPHER_AES_GCM_256_KEY_SIZE,
		.salt_len = TLS_CIPHER_AES_GCM_256_SALT_SIZE,
		.iv_len = TLS_CIPHER_AES_GCM_256_IV_SIZE,
		.key_off = offsetof(struct tls12_crypto_info_aes_gcm_256, key),
		.salt_off = offsetof(struct tls12_crypto_info_aes_gcm_256, salt),
		.iv_off = offsetof(struct tls12_crypto_info_aes_gcm_256, iv),
		.rec_no_off = offsetof(struct tls12_crypto_info_aes_gcm_256, rec_seq),
	},
	[RECORD_AEAD_AES_128_CCM] = {
		.cipher = TLS_CIPHER_AES_CCM_128,
		.key_len = TLS_CIPHER_AES_CCM_128_KEY_SIZE,
		.salt_len = TLS_CIPHER_AES_CCM_128_SALT_SIZE,
		.iv_len = TLS_CIPHER_AES_CCM_128_IV_SIZE,
		.key_off = offsetof(struct tls12_crypto_info_aes_ccm_128, key),
		.salt_off = offsetof(struct tls12_crypto_info_aes_ccm_128, salt),
		.iv_off = offsetof(struct tls12_crypto_info_aes_ccm_128, iv),
		.rec_no_off = offsetof(struct tls12_crypto_info_aes_ccm_128, rec_seq),
	},
	[RECORD_AEAD_CHACHA20_POLY1305] = {
		.cipher = TLS_CIPHER_CHACHA20_POLY1305,
		.key_len = TLS_CIPHER_CHACHA20_POLY1305_KEY_SIZE,
		.salt_len = TLS_CIPHER_CHACHA20_POLY1305_SALT_SIZE,
		.iv_len = TLS_CIPHER_CHACHA20_POLY1305_IV_SIZE,
		.key_off = offsetof(struct tls12_crypto_info_chacha20_poly1305, key),
		.salt_off = offsetof(struct tls12_crypto_info_chacha20_poly1305, salt),
		.iv_off = offsetof(struct tls12_crypto_info_chacha20_poly1305, iv),
		.rec_no_off = offsetof(struct tls12_crypto_info_chacha20_poly1305, rec_seq),
	},
};

_Static_assert(RTLS_CIPHER_AES_GCM_128 == TLS_CIPHER_AES_GCM_128, "the kernel's numbers");
_Static_assert(RTLS_TLS_1_3 == TLS_1_3_VERSION, "the kernel's numbers");
_Static_assert(TLS_CIPHER_AES_GCM_128_SALT_SIZE + TLS_CIPHER_AES_GCM_128_IV_SIZE == 12,
	       "a nonce has 12 bytes");
_Static_assert(TLS_CIPHER_CHACHA20_POLY1305_SALT_SIZE + TLS_CIPHER_CHACHA20_POLY1305_IV_SIZE == 12,
	       "a nonce has 12 bytes");

static const struct layout *
layout_find(uint16_t cipher)
{
	for (size_t i = 0; i < RECORD_AEADS; i++)
		if (layouts[i].cipher != 0 && layouts[i].cipher == cipher)
			return &layouts[i];
	return NULL;
}

int
keys_parse(const void *crypto_info, struct rtls_keys *out)
{
	const uint8_t *info = crypto_info;
	struct tls_crypto_info head;
	const struct layout *l;

	OPENSSL_cleanse(out, sizeof(*out));
	memcpy(&head, info, sizeof(head));
	l = layout_find(head.cipher_type);
	if (l == NULL)
		return -EINVAL;

	out->version = head.version;
	out->cipher = head.cipher_type;
	memcpy(out->key, info + l->key_off, l->key_len);
	memcpy(out->iv, info + l->salt_off, l->salt_len);
	memcpy(out->iv + l->salt_len, info + l->iv_off, l->iv_len);
	out->rec_no = get_be64(info + l->rec_no_off);
	return 0;
}

bool
keys_carried(const struct rtls_keys *keys)
{
	return rtls_suite_carried(NULL, keys->version, keys->cipher) == 0;
}
