/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/siphash.h"

#include <CUnit/CUnit.h>

#include "support/harness.h"

/*
 * Key 00..0f, input 00..len-1, as in the paper's appendix A and the authors'
 * test vectors; the values of 1-3, for which they give none, are those of
 * OpenSSL's SIPHASH MAC with c-rounds 1 and d-rounds 3.
 */
static const struct {
	size_t len;
	uint64_t sip24;
	uint64_t sip13;
} vectors[] = {
	{ 0, UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0xabac0158050fc4dc) },
	{ 1, UINT64_C(0x74f839c593dc67fd), UINT64_C(0xc9f49bf37d57ca93) },
	{ 2, UINT64_C(0x0d6c8009d9a94f5a), UINT64_C(0x82cb9b024dc7d44d) },
	{ 3, UINT64_C(0x85676696d7fb7e2d), UINT64_C(0x8bf80ab8e7ddf7fb) },
	{ 4, UINT64_C(0xcf2794e0277187b7), UINT64_C(0xcf75576088d38328) },
	{ 5, UINT64_C(0x18765564cd99a68d), UINT64_C(0xdef9d52f49533b67) },
	{ 6, UINT64_C(0xcbc9466e58fee3ce), UINT64_C(0xc50d2b50c59f22a7) },
	{ 7, UINT64_C(0xab0200f58b01d137), UINT64_C(0xd3927d989bb11140) },
	{ 8, UINT64_C(0x93f5f5799a932462), UINT64_C(0x369095118d299a8e) },
	{ 9, UINT64_C(0x9e0082df0ba9e4b0), UINT64_C(0x25a48eb36c063de4) },
	{ 10, UINT64_C(0x7a5dbbc594ddb9f3), UINT64_C(0x79de85ee92ff097f) },
	{ 11, UINT64_C(0xf4b32f46226bada7), UINT64_C(0x70c118c1f94dc352) },
	{ 12, UINT64_C(0x751e8fbc860ee5fb), UINT64_C(0x78a384b157b4d9a2) },
	{ 13, UINT64_C(0x14ea5627c0843d90), UINT64_C(0x306f760c1229ffa7) },
	{ 14, UINT64_C(0xf723ca908e7af2ee), UINT64_C(0x605aa111c0f95d34) },
	{ 15, UINT64_C(0xa129ca6149be45e5), UINT64_C(0xd320d86d2a519956) },
	{ 36, UINT64_C(0x314dffbe0815a3b4), UINT64_C(0x2cf508d3ada26206) },
	{ 63, UINT64_C(0x958a324ceb064572), UINT64_C(0x9d199062b7bbb3a8) },
};

static void
test_vectors(void)
{
	uint8_t key[SIPHASH_KEY_LEN], data[64];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	for (size_t i = 0; i < HARNESS_COUNT(vectors); i++) {
		CU_ASSERT_EQUAL(siphash24(key, data, vectors[i].len), vectors[i].sip24);
		CU_ASSERT_EQUAL(siphash13(key, data, vectors[i].len), vectors[i].sip13);
	}
}

/* The alignment of the input does not matter, and no byte behind it does. */
static void
test_unaligned(void)
{
	static const uint8_t key[SIPHASH_KEY_LEN] = { 0xa5, 0x5a };
	uint64_t seed = harness_seed();
	uint8_t a[80], b[80];

	for (size_t len = 0; len <= 40; len++) {
		for (size_t i = 0; i < sizeof(a); i++) {
			a[i] = (uint8_t)harness_rand(&seed);
			b[i] = (uint8_t)harness_rand(&seed);
		}
		for (size_t off = 1; off < 8; off++) {
			for (size_t i = 0; i < len; i++)
				b[off + i] = a[i];
			CU_ASSERT_EQUAL(siphash13(key, a, len), siphash13(key, b + off, len));
			CU_ASSERT_EQUAL(siphash24(key, a, len), siphash24(key, b + off, len));
		}
	}
}

/* Each bit of key, data and length changes the value. */
static void
test_each_bit_counts(void)
{
	uint8_t key[SIPHASH_KEY_LEN] = { 1, 2, 3 }, data[40] = { 4, 5, 6 };
	uint64_t sip13 = siphash13(key, data, 36), sip24 = siphash24(key, data, 36);

	for (size_t bit = 0; bit < sizeof(key) * 8; bit++) {
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CU_ASSERT_NOT_EQUAL(siphash13(key, data, 36), sip13);
		CU_ASSERT_NOT_EQUAL(siphash24(key, data, 36), sip24);
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < 36 * 8; bit++) {
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CU_ASSERT_NOT_EQUAL(siphash13(key, data, 36), sip13);
		CU_ASSERT_NOT_EQUAL(siphash24(key, data, 36), sip24);
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* data[36..] is zero: the length alone tells these apart. */
	for (size_t len = 37; len <= sizeof(data); len++) {
		CU_ASSERT_NOT_EQUAL(siphash13(key, data, len), sip13);
		CU_ASSERT_NOT_EQUAL(siphash24(key, data, len), sip24);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "vectors of 2-4 and 1-3", test_vectors },
		{ "any alignment, nothing behind the input", test_unaligned },
		{ "each bit of key, data and length counts", test_each_bit_counts },
	};

	return harness_run("net/siphash", cases, HARNESS_COUNT(cases));
}
