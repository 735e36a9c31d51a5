/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/icmp.h"

#include <CUnit/CUnit.h>

#include "net/addr.h"
#include "support/harness.h"

static void
test_input(void)
{
	static const struct {
		uint8_t type, code;
		uint32_t contiguous_len, l4_len;
		enum icmp_action expect;
	} rows[] = {
		{ 8, 0, 8, 8, ICMP_REPLY },
		{ 8, 0, 8, 1480, ICMP_REPLY },
		{ 8, 0, 64, 64, ICMP_REPLY },
		{ 8, 0, 64, 7, ICMP_BAD },
		{ 8, 0, 64, 0, ICMP_BAD },
		{ 8, 0, 7, 64, ICMP_BAD },
		{ 8, 1, 64, 64, ICMP_IGNORE },
		{ 0, 0, 64, 64, ICMP_IGNORE }, /* never answer an answer */
		{ 3, 4, 64, 64, ICMP_IGNORE },
		{ 5, 1, 64, 64, ICMP_IGNORE },
		{ 13, 0, 64, 64, ICMP_IGNORE },
		{ 255, 255, 64, 64, ICMP_IGNORE },
	};
	struct icmp_limit limit;

	icmp_limit_init(&limit, 1000, 100, 0);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint32_t before = limit.tokens;
		uint8_t hdr[64] = { rows[i].type, rows[i].code };

		CU_ASSERT_EQUAL(icmp_input(hdr, rows[i].contiguous_len, rows[i].l4_len, &limit, 0),
				rows[i].expect);
		/* Only a reply costs. */
		CU_ASSERT_EQUAL(before - limit.tokens, rows[i].expect == ICMP_REPLY ? 1 : 0);
	}
}

static void
test_flood(void)
{
	struct icmp_limit limit;
	uint8_t hdr[8] = { 8 };
	uint32_t replies = 0;

	/* 10 at once, 1000 a second; 100 requests each millisecond for 5 s. */
	icmp_limit_init(&limit, 1000, 10, 77);
	for (uint64_t us = 0; us < 5000000; us += 10) {
		enum icmp_action a = icmp_input(hdr, 8, 8, &limit, 77 + us);

		if (a == ICMP_REPLY)
			replies++;
		else
			CU_ASSERT_EQUAL(a, ICMP_LIMITED);
	}
	/* The bucket and one for each whole millisecond that had passed. */
	CU_ASSERT_EQUAL(replies, 10 + 4999);
}

/* In no interval are there more than burst + what it earns: random gaps. */
static void
test_rate_bound(void)
{
	static uint64_t taken_us[4096];
	uint64_t seed = harness_seed(), now_us = harness_rand(&seed) >> 8;
	struct icmp_limit limit;
	size_t n = 0;

	icmp_limit_init(&limit, 250, 7, now_us);
	while (n < HARNESS_COUNT(taken_us)) {
		uint64_t r = harness_rand(&seed);

		now_us += r % 16 == 0 ? r >> 32 & 0xfff : r >> 32 & 0x7f;
		if (icmp_limit_take(&limit, now_us))
			taken_us[n++] = now_us;
	}
	for (size_t first = 0; first < n; first++)
		for (size_t last = first; last < n && last < first + 64; last++)
			CU_ASSERT(last - first + 1 <=
				  7 + (taken_us[last] - taken_us[first]) / 250 + 1);
}

static void
test_limit_edges(void)
{
	struct icmp_limit limit;

	icmp_limit_init(&limit, 1000, 1, 5000);
	CU_ASSERT_TRUE(icmp_limit_take(&limit, 5000));
	CU_ASSERT_FALSE(icmp_limit_take(&limit, 5000));
	CU_ASSERT_FALSE(icmp_limit_take(&limit, 4000)); /* backwards */
	CU_ASSERT_FALSE(icmp_limit_take(&limit, 5999));
	CU_ASSERT_TRUE(icmp_limit_take(&limit, 6000));
	CU_ASSERT_FALSE(icmp_limit_take(&limit, 6000));
	/* A long silence fills the bucket, no more. */
	CU_ASSERT_TRUE(icmp_limit_take(&limit, UINT64_MAX / 2));
	CU_ASSERT_FALSE(icmp_limit_take(&limit, UINT64_MAX / 2));
	/* The remainder of an interval is not lost. */
	icmp_limit_init(&limit, 1000, 5, 0);
	for (int i = 0; i < 5; i++)
		CU_ASSERT_TRUE(icmp_limit_take(&limit, 0));
	CU_ASSERT_TRUE(icmp_limit_take(&limit, 1900));
	CU_ASSERT_TRUE(icmp_limit_take(&limit, 2000));
	CU_ASSERT_FALSE(icmp_limit_take(&limit, 2999));
}

/* The reply's checksum is the one that a sum over the reply gives. */
static void
test_reply_checksum(void)
{
	uint64_t seed = harness_seed();

	for (int round = 0; round < 70000; round++) {
		uint8_t msg[16];
		uint32_t request = 0x0800, rest = 0;
		uint16_t c;

		for (size_t i = 4; i < sizeof(msg); i += 2) {
			uint16_t word = (uint16_t)harness_rand(&seed);

			/* All values of the first word: the carries at the edges too. */
			if (i == 4)
				word = (uint16_t)round;
			rest += word;
		}
		if (round % 2 == 0)
			rest = (uint32_t)round;
		request += rest;
		while (request > 0xffff)
			request = (request & 0xffff) + (request >> 16);
		while (rest > 0xffff)
			rest = (rest & 0xffff) + (rest >> 16);
		c = icmp_echo_reply_checksum((uint16_t)~request);
		/* All words and the checksum sum to ffff. */
		rest += c;
		while (rest > 0xffff)
			rest = (rest & 0xffff) + (rest >> 16);
		CU_ASSERT_EQUAL(rest, 0xffff);
		/* A wrong checksum stays wrong. */
		rest = (uint16_t)~c;
		rest += icmp_echo_reply_checksum((uint16_t)(~request ^ 0x10));
		while (rest > 0xffff)
			rest = (rest & 0xffff) + (rest >> 16);
		CU_ASSERT_NOT_EQUAL(rest, 0xffff);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what is answered, ignored, refused", test_input },
		{ "a flood is answered at the rate", test_flood },
		{ "no interval holds more than it may", test_rate_bound },
		{ "limit: backwards, remainder, silence", test_limit_edges },
		{ "checksum of the reply", test_reply_checksum },
	};

	return harness_run("net/icmp", cases, HARNESS_COUNT(cases));
}
