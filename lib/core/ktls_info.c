/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/ktls_info.h"

#include <string.h>

#include "core/bytes.h"

/* By enum record_aead: decision 45's kind of map. */
static const struct ktls_layout layouts[RECORD_AEADS] = {
	[RECORD_AEAD_AES_128_GCM] = { RTLS_CIPHER_AES_GCM_128, 16, 4 },
	[RECORD_AEAD_AES_256_GCM] = { RTLS_CIPHER_AES_GCM_256, 32, 4 },
	[RECORD_AEAD_AES_128_CCM] = { RTLS_CIPHER_AES_CCM_128, 16, 4 },
	[RECORD_AEAD_CHACHA20_POLY1305] = { RTLS_CIPHER_CHACHA20_POLY1305, 32, 0 },
};

const struct ktls_layout *
ktls_layout_find(uint16_t cipher)
{
	for (size_t i = 0; i < RECORD_AEADS; i++)
		if (layouts[i].key_len != 0 && layouts[i].cipher == cipher)
			return &layouts[i];
	return NULL;
}

void
ktls_head_read(const uint8_t *info, uint16_t *version, uint16_t *cipher)
{
	memcpy(version, info, sizeof(*version));
	memcpy(cipher, info + sizeof(*version), sizeof(*cipher));
}

void
ktls_head_write(uint8_t *info, uint16_t version, uint16_t cipher)
{
	memcpy(info, &version, sizeof(version));
	memcpy(info + sizeof(version), &cipher, sizeof(cipher));
}

/* Where the pieces are. */
struct places {
	uint32_t iv_len, key, salt, number;
};

static struct places
places_of(const struct ktls_layout *l)
{
	struct places at = { .iv_len = RECORD_NONCE_LEN - l->salt_len };

	at.key = KTLS_HEAD_LEN + at.iv_len;
	at.salt = at.key + l->key_len;
	at.number = at.salt + l->salt_len;
	return at;
}

void
ktls_info_read(const struct ktls_layout *l, const uint8_t *info, struct rtls_keys *out)
{
	struct places at = places_of(l);

	memset(out, 0, sizeof(*out));
	ktls_head_read(info, &out->version, &out->cipher);
	memcpy(out->iv, info + at.salt, l->salt_len);
	memcpy(out->iv + l->salt_len, info + KTLS_HEAD_LEN, at.iv_len);
	memcpy(out->key, info + at.key, l->key_len);
	out->rec_no = get_be64(info + at.number);
}

void
ktls_info_write(const struct ktls_layout *l, const struct rtls_keys *keys, uint8_t *info)
{
	struct places at = places_of(l);

	ktls_head_write(info, keys->version, keys->cipher);
	memcpy(info + KTLS_HEAD_LEN, keys->iv + l->salt_len, at.iv_len);
	memcpy(info + at.key, keys->key, l->key_len);
	memcpy(info + at.salt, keys->iv, l->salt_len);
	put_be64(info + at.number, keys->rec_no);
}
