/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/checksum.h"

#include <CUnit/CUnit.h>

#include "support/harness.h"

/*
 * The model: a one's complement sum is the big number of all words, mod 65535,
 * where 0 stands for 0xffff unless all words are 0. A checksum is right when
 * data and checksum sum to 0 mod 65535.
 */
static uint32_t
model_sum(const uint8_t *p, size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (sum + (uint64_t)p[i] * (i % 2 == 0 ? 256 : 1)) % 65535;
	return (uint32_t)sum;
}

static void
test_published(void)
{
	/* RFC 1071 3 */
	static const uint8_t rfc1071[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	/* An IPv4 header, its checksum b861 included. */
	static const uint8_t ipv4[] = {
		0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
		0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7,
	};
	uint32_t sum;

	CU_ASSERT_EQUAL(checksum_fold(checksum_add(0, rfc1071, sizeof(rfc1071))), 0xddf2);
	CU_ASSERT_EQUAL(checksum_finish(checksum_add(0, rfc1071, sizeof(rfc1071))), 0x220d);
	CU_ASSERT_EQUAL(checksum_finish(checksum_add(0, ipv4, sizeof(ipv4))), 0);
	sum = checksum_add(0, ipv4, 10);
	CU_ASSERT_EQUAL(checksum_finish(checksum_add(sum, ipv4 + 12, 8)), 0xb861);
	/* RFC 1624 4: where equation 2 gave ffff */
	CU_ASSERT_EQUAL(checksum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static void
test_edges(void)
{
	static uint8_t ones[65535];
	uint8_t odd[3] = { 0x12, 0x34, 0x56 };

	CU_ASSERT_EQUAL(checksum_finish(checksum_add(0, odd, 0)), 0xffff);
	CU_ASSERT_EQUAL(checksum_fold(checksum_add(0, odd, 1)), 0x1200);
	CU_ASSERT_EQUAL(checksum_fold(checksum_add(0, odd, 3)), 0x1234 + 0x5600);
	for (size_t i = 0; i < sizeof(ones); i++)
		ones[i] = 0xff;
	CU_ASSERT_EQUAL(checksum_fold(checksum_add(0, ones, 65534)), 0xffff);
	CU_ASSERT_EQUAL(checksum_fold(checksum_add(0, ones, 65535)), 0xff00);
	/* The two carries of a fold. */
	CU_ASSERT_EQUAL(checksum_fold(UINT32_C(0xffffffff)), 0xffff);
	CU_ASSERT_EQUAL(checksum_fold(UINT32_C(0x0001ffff)), 0x0001);
}

static void
test_random_against_model(void)
{
	uint64_t seed = harness_seed();
	uint8_t data[128];

	for (int round = 0; round < 20000; round++) {
		uint32_t len = (uint32_t)(harness_rand(&seed) % (sizeof(data) + 1));
		uint32_t cut = len / 2 & ~1u;
		uint32_t sum;

		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = (uint8_t)harness_rand(&seed);
		sum = checksum_add(0, data, len);
		CU_ASSERT_EQUAL(checksum_fold(sum) % 65535, model_sum(data, len));
		/* In two pieces it is the same. */
		CU_ASSERT_EQUAL(checksum_add(checksum_add(0, data, cut), data + cut, len - cut),
				sum);
		CU_ASSERT_EQUAL((checksum_finish(sum) + model_sum(data, len)) % 65535, 0);
	}
}

/* Each single byte that changes is noticed, but for 00 against ff. */
static void
test_flips(void)
{
	uint8_t hdr[20] = { 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2 };
	uint16_t c = checksum_finish(checksum_add(0, hdr, sizeof(hdr)));

	put_be16(hdr + 10, c);
	CU_ASSERT_EQUAL(checksum_finish(checksum_add(0, hdr, sizeof(hdr))), 0);
	for (size_t i = 0; i < sizeof(hdr); i++) {
		for (unsigned int x = 1; x < 255; x++) {
			hdr[i] ^= (uint8_t)x;
			CU_ASSERT_NOT_EQUAL(checksum_finish(checksum_add(0, hdr, sizeof(hdr))), 0);
			hdr[i] ^= (uint8_t)x;
		}
	}
}

static void
test_update(void)
{
	uint64_t seed = harness_seed();
	uint8_t data[40];

	for (int round = 0; round < 20000; round++) {
		uint32_t at = (uint32_t)(harness_rand(&seed) % (sizeof(data) / 2)) * 2;
		uint16_t old_word, new_word, c;

		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = (uint8_t)harness_rand(&seed);
		c = checksum_finish(checksum_add(0, data, sizeof(data)));
		old_word = get_be16(data + at);
		new_word = (uint16_t)harness_rand(&seed);
		put_be16(data + at, new_word);
		CU_ASSERT_EQUAL(checksum_update16(c, old_word, new_word),
				checksum_finish(checksum_add(0, data, sizeof(data))));
	}
}

static void
test_pseudo_v4(void)
{
	struct net_addr src = net_addr_v4(UINT32_C(0xc0a80001));
	struct net_addr dst = net_addr_v4(UINT32_C(0xffeeddcc));
	/* RFC 9293 3.1 */
	uint8_t model[12] = { 0xc0, 0xa8, 0, 1, 0xff, 0xee, 0xdd, 0xcc, 0, 6, 0x05, 0xdc };

	CU_ASSERT_EQUAL(checksum_fold(checksum_pseudo(&src, &dst, 6, 1500)) % 65535,
			model_sum(model, sizeof(model)));
	model[10] = model[11] = 0;
	CU_ASSERT_EQUAL(checksum_fold(checksum_pseudo(&src, &dst, 6, 0)) % 65535,
			model_sum(model, sizeof(model)));
}

static void
test_pseudo_v6(void)
{
	uint64_t seed = harness_seed();

	for (int round = 0; round < 1000; round++) {
		struct net_addr src, dst;
		uint32_t len = (uint32_t)harness_rand(&seed) % 200000;
		uint8_t model[40] = { 0 }; /* RFC 8200 8.1 */

		for (size_t i = 0; i < 16; i++) {
			model[i] = src.b[i] = (uint8_t)harness_rand(&seed);
			model[16 + i] = dst.b[i] = (uint8_t)harness_rand(&seed);
		}
		model[0] = src.b[0] = 0x20;
		put_be32(model + 32, len);
		model[39] = 6;
		CU_ASSERT_EQUAL(checksum_fold(checksum_pseudo(&src, &dst, 6, len)) % 65535,
				model_sum(model, sizeof(model)));
	}
}

/* A raw sum in memory order joins after a swap, on hosts of either order. */
static void
test_memory_order(void)
{
	static const uint8_t data[] = { 0x17, 0x03, 0x03, 0x40, 0x11, 0xfe, 0xdc, 0x98 };
	uint32_t raw = 0;
	uint8_t b[2];

	for (size_t i = 0; i < sizeof(data); i += 2) {
		uint16_t word;

		memcpy(&word, data + i, 2);
		raw += word;
	}
	raw = checksum_fold(raw);
	memcpy(b, &(uint16_t){ (uint16_t)raw }, 2);
	CU_ASSERT_EQUAL(get_be16(b), checksum_fold(checksum_add(0, data, sizeof(data))));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "published values", test_published },
		{ "empty, odd, all ones", test_edges },
		{ "random data against the sum mod 65535", test_random_against_model },
		{ "a flipped byte is noticed", test_flips },
		{ "update of one word is the sum anew", test_update },
		{ "pseudo header of IPv4", test_pseudo_v4 },
		{ "pseudo header of IPv6", test_pseudo_v6 },
		{ "sums in memory order join after a swap", test_memory_order },
	};

	return harness_run("net/checksum", cases, HARNESS_COUNT(cases));
}
