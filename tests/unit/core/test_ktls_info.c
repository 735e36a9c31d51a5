/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The oracle is the kernel's header. */
#include "core/ktls_info.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <linux/tls.h>

#include "support/harness.h"

/* A structure of the kernel's by its fields. */
#define KTLS_ROW(name, NUMBER) \
	{ \
		.cipher = NUMBER, \
		.len = sizeof(struct tls12_crypto_info_##name), \
		.iv = offsetof(struct tls12_crypto_info_##name, iv), \
		.iv_len = sizeof(((struct tls12_crypto_info_##name *)0)->iv), \
		.key = offsetof(struct tls12_crypto_info_##name, key), \
		.key_len = sizeof(((struct tls12_crypto_info_##name *)0)->key), \
		.salt = offsetof(struct tls12_crypto_info_##name, salt), \
		.salt_len = sizeof(((struct tls12_crypto_info_##name *)0)->salt), \
		.number = offsetof(struct tls12_crypto_info_##name, rec_seq), \
	}

static const struct row {
	uint16_t cipher;
	size_t len, iv, iv_len, key, key_len, salt, salt_len, number;
} rows[] = {
	KTLS_ROW(aes_gcm_128, TLS_CIPHER_AES_GCM_128),
	KTLS_ROW(aes_gcm_256, TLS_CIPHER_AES_GCM_256),
	KTLS_ROW(aes_ccm_128, TLS_CIPHER_AES_CCM_128),
	KTLS_ROW(chacha20_poly1305, TLS_CIPHER_CHACHA20_POLY1305),
};

static_assert(RTLS_TLS_1_2 == TLS_1_2_VERSION && RTLS_TLS_1_3 == TLS_1_3_VERSION,
	      "the kernel's numbers");
static_assert(RTLS_CIPHER_AES_GCM_128 == TLS_CIPHER_AES_GCM_128 &&
		      RTLS_CIPHER_AES_GCM_256 == TLS_CIPHER_AES_GCM_256 &&
		      RTLS_CIPHER_AES_CCM_128 == TLS_CIPHER_AES_CCM_128 &&
		      RTLS_CIPHER_CHACHA20_POLY1305 == TLS_CIPHER_CHACHA20_POLY1305,
	      "the kernel's numbers");

/* A structure as a program fills it: every byte tells where it came from. */
static void
fill(const struct row *r, uint16_t version, uint8_t *info)
{
	struct tls_crypto_info head = { .version = version, .cipher_type = r->cipher };

	memcpy(info, &head, sizeof(head));
	for (size_t i = 0; i < r->iv_len; i++)
		info[r->iv + i] = (uint8_t)(1 + r->salt_len + i);
	for (size_t i = 0; i < r->salt_len; i++)
		info[r->salt + i] = (uint8_t)(1 + i);
	for (size_t i = 0; i < r->key_len; i++)
		info[r->key + i] = (uint8_t)(101 + i);
	for (size_t i = 0; i < 8; i++)
		info[r->number + i] = (uint8_t)(0xf1 + i);
}

static void
test_layouts(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		const struct ktls_layout *l = ktls_layout_find(rows[i].cipher);
		uint8_t info[KTLS_INFO_MAX + 1], again[KTLS_INFO_MAX + 1];
		struct rtls_keys keys;

		CU_ASSERT_PTR_NOT_NULL_FATAL(l);
		CU_ASSERT_EQUAL(ktls_info_len(l), rows[i].len);
		CU_ASSERT_FATAL(ktls_info_len(l) <= KTLS_INFO_MAX);
		memset(info, 0xee, sizeof(info));
		fill(&rows[i], TLS_1_3_VERSION, info);
		memset(&keys, 0xff, sizeof(keys));
		ktls_info_read(l, info, &keys);
		CU_ASSERT_EQUAL(keys.version, RTLS_TLS_1_3);
		CU_ASSERT_EQUAL(keys.cipher, rows[i].cipher);
		CU_ASSERT_EQUAL(keys.rec_no, UINT64_C(0xf1f2f3f4f5f6f7f8));
		for (uint8_t k = 0; k < 12; k++)
			CU_ASSERT_EQUAL(keys.iv[k], k + 1);
		for (uint8_t k = 0; k < 32; k++)
			CU_ASSERT_EQUAL(keys.key[k], k < rows[i].key_len ? 101 + k : 0);
		memset(again, 0xee, sizeof(again));
		ktls_info_write(l, &keys, again);
		CU_ASSERT_EQUAL(memcmp(again, info, sizeof(info)), 0);
	}
}

/* What is carried has a structure, and one with room for its key. */
static void
test_carried(void)
{
	const struct record_suite *s;

	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++) {
		const struct ktls_layout *l = ktls_layout_find(s->cipher);

		CU_ASSERT_PTR_NOT_NULL_FATAL(l);
		CU_ASSERT_EQUAL(l->key_len, s->key_len);
	}
}

static void
test_unknown(void)
{
	static const uint16_t none[] = {
		0, 1, 50, TLS_CIPHER_SM4_GCM, TLS_CIPHER_SM4_CCM, 57, 58, 59, 1024, 65535
	};

	for (size_t i = 0; i < HARNESS_COUNT(none); i++)
		CU_ASSERT_PTR_NULL(ktls_layout_find(none[i]));
}

static void
test_head(void)
{
	struct tls_crypto_info head = { .version = TLS_1_2_VERSION, .cipher_type = 53 }, out;
	uint16_t version, cipher;
	uint8_t bytes[KTLS_HEAD_LEN];

	static_assert(sizeof(head) == KTLS_HEAD_LEN, "the kernel's");
	memcpy(bytes, &head, sizeof(head));
	ktls_head_read(bytes, &version, &cipher);
	CU_ASSERT(version == 0x0303 && cipher == 53);
	ktls_head_write(bytes, 0x0304, 54);
	memcpy(&out, bytes, sizeof(out));
	CU_ASSERT(out.version == TLS_1_3_VERSION && out.cipher_type == 54);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the kernel's structures, byte by byte", test_layouts },
		{ "each suite has one", test_carried },
		{ "no other has", test_unknown },
		{ "version and cipher alone", test_head },
	};

	return harness_run("core/ktls_info", cases, HARNESS_COUNT(cases));
}
