/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/record.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "support/hex.h"
#include "support/suites.h"
#include "vectors/rfc8448.h"
#include "vectors/tls12_gcm.h"

static const struct record_suite *
tls13(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

static void
test_suite_found(void)
{
	const struct record_suite *s = tls13();

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_EQUAL(s->version, 0x0304);
	CU_ASSERT_EQUAL(s->cipher, 51);
	CU_ASSERT_STRING_EQUAL(s->name, "TLS_AES_128_GCM_SHA256");
	CU_ASSERT_EQUAL(s->key_len, 16);
	CU_ASSERT_EQUAL(s->explicit_nonce_len, 0);
	CU_ASSERT_EQUAL(s->inner_type_len, 1);
	CU_ASSERT_EQUAL(s->aad_len, 5);
	CU_ASSERT_EQUAL(s->body_min, 17);
	CU_ASSERT_EQUAL(s->body_max, 16640);
	/* RFC 8446 5.5: 2^24.5, so its square is just within 2^49. */
	CU_ASSERT(s->seal_limit * s->seal_limit <= UINT64_C(1) << 49);
	CU_ASSERT((s->seal_limit + 1) * (s->seal_limit + 1) > UINT64_C(1) << 49);
}

static void
test_suite_refused(void)
{
	static const struct {
		uint16_t version, cipher;
	} rows[] = {
		{ 0x0304, 0 },      { 0x0304, 50 }, { 0x0304, 0x1301 }, { 0x0304, 51 << 8 },
		{ 0x0304, 0xffff }, { 0, 51 },      { 0x0300, 51 },     { 0x0301, 51 },
		{ 0x0302, 51 },     { 0x0305, 51 }, { 0x0403, 51 },     { 0xfefc, 51 },
		{ 0xffff, 51 },     { 51, 0x0304 }, { 0, 0 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_PTR_NULL(record_suite_find(rows[i].version, rows[i].cipher));
}

/* Each row is found by version and cipher, has an AEAD, and the first is the one of all peers. */
static void
test_suite_rows(void)
{
	const struct record_suite *s, *first;
	unsigned int n = 0;

	CU_ASSERT_STRING_EQUAL(record_suite_row(0)->name, "TLS_AES_128_GCM_SHA256");
	for (; (s = record_suite_row(n)) != NULL; n++) {
		CU_ASSERT_PTR_EQUAL(record_suite_find(s->version, s->cipher), s);
		CU_ASSERT_FATAL(s->aead > RECORD_AEAD_NONE && s->aead < RECORD_AEADS);
		CU_ASSERT(s->key_len <= RECORD_KEY_MAX);
		first = record_suite_of_aead((enum record_aead)s->aead);
		CU_ASSERT_FATAL(first != NULL && first <= s);
		CU_ASSERT(first->aead == s->aead && first->key_len == s->key_len);
	}
	CU_ASSERT_PTR_NULL(record_suite_row(n + 1));
	CU_ASSERT_PTR_NULL(record_suite_row(UINT_MAX));
	CU_ASSERT_PTR_NULL(record_suite_of_aead(RECORD_AEAD_NONE));
	CU_ASSERT_PTR_NULL(record_suite_of_aead(RECORD_AEADS));
}

static void
test_sizes(void)
{
	const struct {
		const struct record_suite *s;
		uint32_t plain, prefix, suffix, wire;
	} rows[] = {
		{ tls13(), 0, 5, 17, 22 },
		{ tls13(), 1, 5, 17, 23 },
		{ tls13(), 50, 5, 17, 72 }, /* RFC 8448: 72 octets for 50 */
		{ tls13(), 16384, 5, 17, 16406 },
		{ suite_tls12_gcm(), 0, 13, 16, 29 },
		{ suite_tls12_gcm(), 5, 13, 16, 34 },
		{ suite_tls12_gcm(), 16384, 13, 16, 16413 },
		{ suite_tls12_chacha(), 0, 5, 16, 21 },
		{ suite_tls12_chacha(), 16384, 5, 16, 16405 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		const struct record_suite *s = rows[i].s;
		uint32_t inner = rows[i].plain + s->inner_type_len;

		CU_ASSERT_EQUAL(record_prefix_len(s), rows[i].prefix);
		CU_ASSERT_EQUAL(record_suffix_len(s), rows[i].suffix);
		CU_ASSERT_EQUAL(record_wire_len(s, rows[i].plain), rows[i].wire);
		CU_ASSERT_EQUAL(record_inner_len(s, rows[i].wire - 5), inner);
		CU_ASSERT(rows[i].wire <= RECORD_WIRE_MAX_TX);
	}
	CU_ASSERT_EQUAL(RECORD_WIRE_MAX_RX, 16645);
}

static void
test_header_write(void)
{
	const struct {
		const struct record_suite *s;
		uint8_t type;
		uint32_t plain, pad;
		uint8_t hdr[RECORD_HDR_LEN];
	} rows[] = {
		{ tls13(), RECORD_DATA, 50, 0, { 0x17, 3, 3, 0x00, 0x43 } },
		{ tls13(), RECORD_ALERT, 2, 0, { 0x17, 3, 3, 0x00, 0x13 } },
		{ tls13(), RECORD_HANDSHAKE, 205, 0, { 0x17, 3, 3, 0x00, 0xde } },
		{ tls13(), RECORD_DATA, 0, 0, { 0x17, 3, 3, 0x00, 0x11 } },
		{ tls13(), RECORD_DATA, 0, 238, { 0x17, 3, 3, 0x00, 0xff } },
		{ tls13(), RECORD_DATA, 0, 239, { 0x17, 3, 3, 0x01, 0x00 } },
		{ tls13(), RECORD_ALERT, 2, 16382, { 0x17, 3, 3, 0x40, 0x11 } },
		{ tls13(), RECORD_DATA, 16384, 0, { 0x17, 3, 3, 0x40, 0x11 } },
		{ suite_tls12_gcm(), RECORD_DATA, 5, 0, { 0x17, 3, 3, 0x00, 0x1d } },
		{ suite_tls12_gcm(), RECORD_ALERT, 2, 0, { 0x15, 3, 3, 0x00, 0x1a } },
		{ suite_tls12_gcm(), RECORD_HANDSHAKE, 16, 0, { 0x16, 3, 3, 0x00, 0x28 } },
		{ suite_tls12_gcm(), RECORD_DATA, 16384, 0, { 0x17, 3, 3, 0x40, 0x18 } },
		{ suite_tls12_chacha(), RECORD_DATA, 0, 0, { 0x17, 3, 3, 0x00, 0x10 } },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint8_t hdr[RECORD_HDR_LEN + 1];
		struct record_header h;

		memset(hdr, 0xa5, sizeof(hdr));
		record_header_write(rows[i].s, rows[i].type, rows[i].plain, rows[i].pad, hdr);
		CU_ASSERT_EQUAL(memcmp(hdr, rows[i].hdr, RECORD_HDR_LEN), 0);
		CU_ASSERT_EQUAL(hdr[RECORD_HDR_LEN], 0xa5);
		/* What we write, we accept. */
		h = record_header_read(hdr);
		CU_ASSERT_EQUAL(record_header_check(rows[i].s, &h), 0);
	}
}

static void
test_header_read(void)
{
	static const uint8_t hdr[] = { 0xfe, 0x12, 0x34, 0xab, 0xcd };
	struct record_header h = record_header_read(hdr);

	CU_ASSERT_EQUAL(h.type, 0xfe);
	CU_ASSERT_EQUAL(h.version, 0x1234);
	CU_ASSERT_EQUAL(h.body_len, 0xabcd);
}

static void
test_header_check_rows(void)
{
	const struct {
		const struct record_suite *s;
		struct record_header h;
		int rc;
	} rows[] = {
		{ tls13(), { 23, 0x0303, 17 }, 0 },
		{ tls13(), { 23, 0x0303, 16640 }, 0 },
		{ tls13(), { 23, 0x0303, 16 }, -EMSGSIZE },
		{ tls13(), { 23, 0x0303, 0 }, -EMSGSIZE },
		{ tls13(), { 23, 0x0303, 16641 }, -EMSGSIZE },
		{ tls13(), { 23, 0x0303, 65535 }, -EMSGSIZE },
		{ tls13(), { 22, 0x0303, 100 }, -EINVAL },
		{ tls13(), { 21, 0x0303, 2 }, -EINVAL },
		{ tls13(), { 20, 0x0303, 1 }, -EINVAL }, /* after the handshake, RFC 8446 5 */
		{ tls13(), { 24, 0x0303, 100 }, -EINVAL },
		{ tls13(), { 23, 0x0304, 100 }, -EINVAL },
		{ tls13(), { 23, 0x0301, 100 }, -EINVAL },
		{ tls13(), { 0x47, 0x4554, 0x202f }, -EINVAL }, /* "GET /" */
		/* Not TLS and too long as well: told as not TLS. */
		{ tls13(), { 23, 0x0302, 65535 }, -EINVAL },
		{ tls13(), { 0, 0x0303, 0 }, -EINVAL },
		{ suite_tls12_gcm(), { 20, 0x0303, 25 }, 0 },
		{ suite_tls12_gcm(), { 21, 0x0303, 26 }, 0 },
		{ suite_tls12_gcm(), { 22, 0x0303, 40 }, 0 },
		{ suite_tls12_gcm(), { 23, 0x0303, 24 }, 0 },
		{ suite_tls12_gcm(), { 23, 0x0303, 16408 }, 0 },
		/* What a type means is for who reads it to say, as with the kernel. */
		{ suite_tls12_gcm(), { 19, 0x0303, 24 }, 0 },
		{ suite_tls12_gcm(), { 24, 0x0303, 24 }, 0 },
		{ suite_tls12_gcm(), { 255, 0x0303, 24 }, 0 },
		{ suite_tls12_gcm(), { 0, 0x0303, 24 }, -EINVAL },
		{ suite_tls12_gcm(), { 23, 0x0302, 24 }, -EINVAL },
		{ suite_tls12_gcm(), { 23, 0x0303, 23 }, -EMSGSIZE },
		{ suite_tls12_gcm(), { 23, 0x0303, 16409 }, -EMSGSIZE },
		{ suite_tls12_chacha(), { 23, 0x0303, 16 }, 0 },
		{ suite_tls12_chacha(), { 23, 0x0303, 15 }, -EMSGSIZE },
		{ suite_tls12_chacha(), { 23, 0x0303, 16400 }, 0 },
		{ suite_tls12_chacha(), { 23, 0x0303, 16401 }, -EMSGSIZE },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(record_header_check(rows[i].s, &rows[i].h), rows[i].rc);
}

/* Every value of each field, the others good: how many pass says all. */
static void
test_header_check_all(void)
{
	struct record_header h = { RECORD_DATA, 0x0303, 100 };
	unsigned int types = 0, versions = 0, lens = 0, bad = 0;

	for (unsigned int v = 0; v <= UINT8_MAX; v++) {
		h.type = (uint8_t)v;
		types += record_header_check(tls13(), &h) == 0;
	}
	h.type = RECORD_DATA;
	for (unsigned int v = 0; v <= UINT16_MAX; v++) {
		h.version = (uint16_t)v;
		versions += record_header_check(tls13(), &h) == 0;
	}
	h.version = 0x0303;
	for (unsigned int v = 0; v <= UINT16_MAX; v++) {
		int rc;

		h.body_len = (uint16_t)v;
		rc = record_header_check(tls13(), &h);
		lens += rc == 0;
		bad += rc != 0 && rc != -EMSGSIZE;
	}
	CU_ASSERT_EQUAL(types, 1);
	CU_ASSERT_EQUAL(versions, 1);
	CU_ASSERT_EQUAL(lens, 16640 - 17 + 1);
	CU_ASSERT_EQUAL(bad, 0);
}

/* RFC 8446 5.3 in its own words: the number, padded to the left, xored bytewise. */
static void
naive_xor_nonce(const uint8_t *iv, uint64_t rec_no, uint8_t *out)
{
	uint8_t padded[12] = { 0 };

	for (int i = 11; rec_no != 0; i--) {
		padded[i] = (uint8_t)(rec_no % 256);
		rec_no /= 256;
	}
	for (int i = 0; i < 12; i++)
		out[i] = iv[i] ^ padded[i];
}

static void
test_nonce_xor(void)
{
	static const uint64_t numbers[] = {
		0,
		1,
		255,
		256,
		65535,
		65536,
		UINT32_MAX,
		UINT64_C(1) << 32,
		UINT64_C(0x0102030405060708),
		UINT64_C(1) << 63,
		UINT64_MAX,
	};
	uint64_t rng = harness_seed();

	for (size_t i = 0; i < 1000; i++) {
		uint64_t no = i < HARNESS_COUNT(numbers) ? numbers[i] : harness_rand(&rng);
		const struct record_suite *s = i % 2 == 0 ? tls13() : suite_tls12_chacha();
		uint8_t iv[12], base[12], nonce[12], want[12];

		for (size_t b = 0; b < sizeof(iv); b++)
			iv[b] = (uint8_t)harness_rand(&rng);
		/* The first number plays no part. */
		record_iv_base(s, iv, harness_rand(&rng), base);
		record_nonce(s, base, no, nonce);
		naive_xor_nonce(iv, no, want);
		CU_ASSERT_EQUAL(memcmp(nonce, want, 12), 0);
		record_nonce_received(s, base, no, NULL, nonce);
		CU_ASSERT_EQUAL(memcmp(nonce, want, 12), 0);
	}
}

static void
test_nonce_xor_by_hand(void)
{
	static const uint8_t iv[12] = {
		0x5b, 0x78, 0x92, 0x3d, 0xee, 0x08, 0x57, 0x90, 0x33, 0xe5, 0x23, 0xd9,
	};
	static const uint8_t want[12] = {
		0x5b, 0x78, 0x92, 0x3d, 0xee, 0x08, 0x57, 0x90, 0x32, 0xe7, 0x20, 0xdd,
	};
	uint8_t nonce[12];

	record_nonce(tls13(), iv, 0, nonce);
	CU_ASSERT_EQUAL(memcmp(nonce, iv, 12), 0);
	record_nonce(tls13(), iv, 0x01020304, nonce);
	CU_ASSERT_EQUAL(memcmp(nonce, want, 12), 0);
}

/* The schoolbook's addition of one, last byte first. */
static void
naive_increment(uint8_t *counter)
{
	for (int i = 7; i >= 0; i--)
		if (++counter[i] != 0)
			break;
}

static void
test_nonce_counter(void)
{
	static const struct {
		uint8_t iv[12];
		uint64_t first;
	} rows[] = {
		{ { 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0 }, 0 },
		{ { 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 1 }, 1 },
		{ { 9, 8, 7, 6, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xf0 }, 1 },
		{ { 9, 8, 7, 6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0 }, 0 },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 77 },
		{ { 5, 5, 5, 5, 0, 0, 0, 0, 0, 0, 0, 3 }, UINT64_C(1) << 40 },
		{ { 5, 5, 5, 5, 0, 0, 0, 0, 0, 0, 0, 3 }, UINT64_MAX - 40 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint8_t base[12], nonce[12], want[12];

		memcpy(want, rows[i].iv, 12);
		record_iv_base(suite_tls12_gcm(), rows[i].iv, rows[i].first, base);
		for (uint64_t n = 0; n < 300; n++) {
			record_nonce(suite_tls12_gcm(), base, rows[i].first + n, nonce);
			CU_ASSERT_EQUAL(memcmp(nonce, want, 12), 0);
			naive_increment(want + 4);
		}
	}
}

/* In place, and the salt is never touched. */
static void
test_iv_base_in_place(void)
{
	uint8_t iv[12] = { 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t want[12] = {
		1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	};

	record_iv_base(suite_tls12_gcm(), iv, 1, iv);
	CU_ASSERT_EQUAL(memcmp(iv, want, 12), 0);
	record_iv_base(tls13(), iv, 1, iv);
	CU_ASSERT_EQUAL(memcmp(iv, want, 12), 0);
}

static void
test_nonce_received(void)
{
	static const uint8_t iv[12] = { 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5 };
	static const uint8_t wire[8] = { 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7 };
	static const uint8_t want[12] = {
		1, 2, 3, 4, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
	};
	uint8_t nonce[12];

	/* Whatever the number: the peer chose. */
	for (uint64_t no = 0; no < 3; no++) {
		record_nonce_received(suite_tls12_gcm(), iv, no, wire, nonce);
		CU_ASSERT_EQUAL(memcmp(nonce, want, 12), 0);
	}
}

/* libssl's own records carry the counter on the wire. */
static void
test_nonce_on_the_wire(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(tls12_gcm_records); i++) {
		const struct record_vector *v = &tls12_gcm_records[i];
		uint8_t iv[12], base[12], nonce[12], wire[200];

		hex_read(v->iv, iv, sizeof(iv));
		hex_read(v->wire, wire, sizeof(wire));
		record_iv_base(suite_tls12_gcm(), iv, TLS12_GCM_FIRST_REC_NO, base);
		record_nonce(suite_tls12_gcm(), base, v->rec_no, nonce);
		CU_ASSERT_EQUAL(memcmp(nonce, iv, 4), 0);
		CU_ASSERT_EQUAL(memcmp(nonce + 4, wire + RECORD_HDR_LEN, 8), 0);
	}
}

static void
test_aad(void)
{
	const struct {
		const struct record_suite *s;
		uint8_t hdr[RECORD_HDR_LEN];
		uint64_t rec_no;
		uint32_t len;
		uint8_t aad[RECORD_AAD_MAX];
	} rows[] = {
		{ tls13(), { 23, 3, 3, 0x00, 0x43 }, 0, 5, { 23, 3, 3, 0x00, 0x43 } },
		{ tls13(), { 23, 3, 3, 0x41, 0x00 }, UINT64_MAX, 5, { 23, 3, 3, 0x41, 0x00 } },
		{ suite_tls12_gcm(),
		  { 23, 3, 3, 0x00, 0x1d },
		  1,
		  13,
		  { 0, 0, 0, 0, 0, 0, 0, 1, 23, 3, 3, 0, 5 } },
		{ suite_tls12_gcm(),
		  { 21, 3, 3, 0x00, 0x18 },
		  UINT64_C(0x0102030405060708),
		  13,
		  { 1, 2, 3, 4, 5, 6, 7, 8, 21, 3, 3, 0, 0 } },
		{ suite_tls12_gcm(),
		  { 23, 3, 3, 0x40, 0x18 },
		  UINT64_MAX,
		  13,
		  { 255, 255, 255, 255, 255, 255, 255, 255, 23, 3, 3, 0x40, 0 } },
		{ suite_tls12_chacha(),
		  { 22, 3, 3, 0x01, 0x20 },
		  256,
		  13,
		  { 0, 0, 0, 0, 0, 0, 1, 0, 22, 3, 3, 0x01, 0x10 } },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint8_t aad[RECORD_AAD_MAX];
		uint32_t len;

		memset(aad, 0xa5, sizeof(aad));
		len = record_aad(rows[i].s, rows[i].hdr, rows[i].rec_no, aad);
		CU_ASSERT_EQUAL(len, rows[i].len);
		CU_ASSERT_EQUAL(len, rows[i].s->aad_len);
		CU_ASSERT_EQUAL(memcmp(aad, rows[i].aad, rows[i].len), 0);
	}
}

/* Headers as others wrote them. */
static void
check_headers(const struct record_suite *s, const struct record_vector *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t plain[300], wire[300], hdr[RECORD_HDR_LEN];
		size_t plain_len = hex_read(v[i].plain, plain, sizeof(plain));
		size_t wire_len = hex_read(v[i].wire, wire, sizeof(wire));
		struct record_header h = record_header_read(wire);

		record_header_write(s, v[i].type, (uint32_t)plain_len, 0, hdr);
		CU_ASSERT_EQUAL(memcmp(hdr, wire, RECORD_HDR_LEN), 0);
		CU_ASSERT_EQUAL(record_wire_len(s, (uint32_t)plain_len), wire_len);
		CU_ASSERT_EQUAL(record_header_check(s, &h), 0);
	}
}

static void
test_headers_of_others(void)
{
	check_headers(tls13(), rfc8448_records, HARNESS_COUNT(rfc8448_records));
	check_headers(suite_tls12_gcm(), tls12_gcm_records, HARNESS_COUNT(tls12_gcm_records));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "suite table carries TLS_AES_128_GCM_SHA256", test_suite_found },
		{ "suite table refuses everything else", test_suite_refused },
		{ "suite table row by row", test_suite_rows },
		{ "sizes", test_sizes },
		{ "header written", test_header_write },
		{ "header read", test_header_read },
		{ "header accepted and refused", test_header_check_rows },
		{ "header, every value of every field", test_header_check_all },
		{ "nonce: xor against a naive model", test_nonce_xor },
		{ "nonce: xor worked by hand", test_nonce_xor_by_hand },
		{ "nonce: counter against a naive model", test_nonce_counter },
		{ "nonce: base IV in place", test_iv_base_in_place },
		{ "nonce: explicit part of the peer's choice", test_nonce_received },
		{ "nonce: counter as libssl sent it", test_nonce_on_the_wire },
		{ "additional data", test_aad },
		{ "headers as published and as libssl sent them", test_headers_of_others },
	};

	return harness_run("core/record", cases, HARNESS_COUNT(cases));
}
