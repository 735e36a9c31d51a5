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
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint8_t hdr[64] = { rows[i].type, rows[i].code };

		CU_ASSERT_EQUAL(icmp_input(hdr, rows[i].contiguous_len, rows[i].l4_len),
				rows[i].expect);
	}
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
		{ "checksum of the reply", test_reply_checksum },
	};

	return harness_run("net/icmp", cases, HARNESS_COUNT(cases));
}
