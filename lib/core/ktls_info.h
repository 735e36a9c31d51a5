/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Keys as the Linux kernel's TLS socket options carry them (linux/tls.h, tls12_crypto_info_*): bytes
 * at fixed places, version and cipher in the host's byte order, the number as on the wire:
 *   version(2) cipher(2) iv key salt number(8)
 * salt and iv together are the 12 bytes of struct rtls_keys. Pure, and without the kernel's header,
 * which is what the tests compare with.
 */
#ifndef RTLS_CORE_KTLS_INFO_H
#define RTLS_CORE_KTLS_INFO_H

#include <stdint.h>

#include <recordtls/tls.h>

#include "core/record.h"

enum {
	KTLS_HEAD_LEN = 4, /* version and cipher, which is all that every structure has */
	KTLS_NUMBER_LEN = 8,
	KTLS_INFO_MAX = KTLS_HEAD_LEN + RECORD_NONCE_LEN + RECORD_KEY_MAX + KTLS_NUMBER_LEN,
};

struct ktls_layout {
	uint16_t cipher;
	uint8_t key_len;
	uint8_t salt_len; /* the other bytes of the nonce are the structure's iv */
};

/* NULL: no suite with this cipher is carried. */
const struct ktls_layout *ktls_layout_find(uint16_t cipher);

static inline uint32_t
ktls_info_len(const struct ktls_layout *l)
{
	return KTLS_HEAD_LEN + RECORD_NONCE_LEN + l->key_len + KTLS_NUMBER_LEN;
}

/* What the first KTLS_HEAD_LEN bytes say. */
void ktls_head_read(const uint8_t *info, uint16_t *version, uint16_t *cipher);
void ktls_head_write(uint8_t *info, uint16_t version, uint16_t cipher);

/* ktls_info_len() bytes of info, of the layout's cipher. The caller wipes *out. */
void ktls_info_read(const struct ktls_layout *l, const uint8_t *info, struct rtls_keys *out);
void ktls_info_write(const struct ktls_layout *l, const struct rtls_keys *keys, uint8_t *info);

#endif
