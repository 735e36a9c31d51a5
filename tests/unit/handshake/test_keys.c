/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/keys.h"

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <linux/tls.h>

#include "core/record.h"
#include "support/harness.h"

/* Counts up from `from`: every byte tells where it came from. */
static void
fill(unsigned char *p, size_t n, uint8_t from)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(from + i);
}

static void
check_counts(const uint8_t *p, size_t n, uint8_t from)
{
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(p[i], (uint8_t)(from + i));
}

static const unsigned char rec_seq[8] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08 };

static void
test_aes_gcm_128(void)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 },
	};
	static const uint8_t zeros[16];
	struct rtls_keys keys;

	fill(info.key, 16, 100);
	fill(info.salt, 4, 10);
	fill(info.iv, 8, 14);
	memcpy(info.rec_seq, rec_seq, 8);
	memset(&keys, 0xff, sizeof(keys));
	CU_ASSERT_EQUAL(keys_parse(&info, &keys), 0);
	CU_ASSERT_EQUAL(keys.version, RTLS_TLS_1_3);
	CU_ASSERT_EQUAL(keys.cipher, RTLS_CIPHER_AES_GCM_128);
	check_counts(keys.key, 16, 100);
	CU_ASSERT_EQUAL(memcmp(keys.key + 16, zeros, 16), 0);
	check_counts(keys.iv, 12, 10);
	CU_ASSERT_EQUAL(keys.rec_no, UINT64_C(0x0102030405060708));
	CU_ASSERT_TRUE(keys_carried(&keys));
	info.info.version = TLS_1_2_VERSION;
	CU_ASSERT_EQUAL(keys_parse(&info, &keys), 0);
	CU_ASSERT_EQUAL(keys.version, RTLS_TLS_1_2);
}

static void
test_aes_gcm_256(void)
{
	struct tls12_crypto_info_aes_gcm_256 info = {
		.info = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256 },
	};
	struct rtls_keys keys;

	fill(info.key, 32, 100);
	fill(info.salt, 4, 10);
	fill(info.iv, 8, 14);
	CU_ASSERT_EQUAL(keys_parse(&info, &keys), 0);
	CU_ASSERT_EQUAL(keys.cipher, 52);
	check_counts(keys.key, 32, 100);
	check_counts(keys.iv, 12, 10);
	CU_ASSERT_EQUAL(keys.rec_no, 0);
}

static void
test_chacha20(void)
{
	struct tls12_crypto_info_chacha20_poly1305 info = {
		.info = { TLS_1_3_VERSION, TLS_CIPHER_CHACHA20_POLY1305 },
	};
	struct rtls_keys keys;

	fill(info.key, 32, 100);
	fill(info.iv, 12, 10);
	memset(info.rec_seq, 0xff, 8);
	CU_ASSERT_EQUAL(keys_parse(&info, &keys), 0);
	check_counts(keys.key, 32, 100);
	check_counts(keys.iv, 12, 10);
	CU_ASSERT_EQUAL(keys.rec_no, UINT64_MAX);
}

static void
test_aes_ccm_128(void)
{
	struct tls12_crypto_info_aes_ccm_128 info = {
		.info = { TLS_1_2_VERSION, TLS_CIPHER_AES_CCM_128 },
	};
	struct rtls_keys keys;

	fill(info.key, 16, 100);
	fill(info.salt, 4, 10);
	fill(info.iv, 8, 14);
	CU_ASSERT_EQUAL(keys_parse(&info, &keys), 0);
	check_counts(keys.key, 16, 100);
	check_counts(keys.iv, 12, 10);
}

/* Only the two leading words may be looked at: there is nothing behind them here. */
static void
test_unknown_ciphers(void)
{
	static const uint16_t rows[] = {
		0, 1, 50, TLS_CIPHER_SM4_GCM, TLS_CIPHER_SM4_CCM, 57, 65535
	};
	static const struct rtls_keys nothing;
	struct rtls_keys keys;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tls_crypto_info info = { TLS_1_3_VERSION, rows[i] };

		memset(&keys, 0xff, sizeof(keys));
		CU_ASSERT_EQUAL(keys_parse(&info, &keys), -EINVAL);
		CU_ASSERT_EQUAL(memcmp(&keys, &nothing, sizeof(keys)), 0);
	}
}

/* Every suite that is carried has a structure, and one with the length of its key. */
static void
test_all_rows(void)
{
	const struct record_suite *s;

	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++) {
		unsigned char info[sizeof(struct tls_crypto_info) + 64];
		struct tls_crypto_info head = { s->version, s->cipher };
		struct rtls_keys keys;
		unsigned int n = 0;

		memset(info, 0xff, sizeof(info));
		memcpy(info, &head, sizeof(head));
		CU_ASSERT_EQUAL_FATAL(keys_parse(info, &keys), 0);
		while (n < sizeof(keys.key) && keys.key[n] == 0xff)
			n++;
		CU_ASSERT_EQUAL(n, s->key_len);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "AES-128-GCM", test_aes_gcm_128 },
		{ "AES-256-GCM", test_aes_gcm_256 },
		{ "ChaCha20-Poly1305", test_chacha20 },
		{ "AES-128-CCM", test_aes_ccm_128 },
		{ "unknown ciphers are refused", test_unknown_ciphers },
		{ "all suites", test_all_rows },
	};
	return harness_run("handshake/keys", cases, HARNESS_COUNT(cases));
}
