/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/icmp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
		{ 3, 0, 64, 64, ICMP_ERROR },
		{ 3, 4, 8, 8, ICMP_ERROR },
		{ 3, 15, 64, 64, ICMP_ERROR },
		{ 3, 16, 64, 64, ICMP_IGNORE },
		{ 3, 4, 64, 7, ICMP_BAD },
		{ 3, 4, 7, 64, ICMP_BAD },
		{ 4, 0, 64, 64, ICMP_IGNORE }, /* source quench: RFC 6633 */
		{ 5, 1, 64, 64, ICMP_IGNORE },
		{ 11, 0, 64, 64, ICMP_ERROR },
		{ 11, 1, 8, 8, ICMP_ERROR },
		{ 11, 2, 64, 64, ICMP_IGNORE },
		{ 11, 0, 64, 7, ICMP_BAD },
		{ 12, 0, 64, 64, ICMP_ERROR },
		{ 12, 2, 64, 64, ICMP_ERROR },
		{ 12, 3, 64, 64, ICMP_IGNORE },
		{ 12, 0, 7, 64, ICMP_BAD },
		{ 13, 0, 64, 64, ICMP_IGNORE },
		{ 255, 255, 64, 64, ICMP_IGNORE },
	};
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint8_t hdr[64] = { rows[i].type, rows[i].code };

		CU_ASSERT_EQUAL(icmp_input(hdr, rows[i].contiguous_len, rows[i].l4_len),
				rows[i].expect);
	}
}

/* What a router says of 192.0.2.2:443 -> 198.51.100.9:40000, sequence number 0x01020304. */
static void
an_error(uint8_t msg[36], uint8_t type, uint8_t code, uint16_t mtu, uint16_t quoted_len)
{
	static const uint8_t quote[28] = {
		0x45,     0,         0,          0,           0, 0, 0x40, 0,  60,  6,
		0,        0,         192,        0,           2, 2, 198,  51, 100, 9,
		443 >> 8, 443 & 255, 40000 >> 8, 40000 & 255, 1, 2, 3,    4,
	};

	memset(msg, 0, 8);
	msg[0] = type;
	msg[1] = code;
	put_be16(msg + 6, mtu);
	memcpy(msg + 8, quote, sizeof(quote));
	put_be16(msg + 10, quoted_len);
}

static void
test_error(void)
{
	static const struct {
		uint8_t type, code;
		uint16_t mtu, quoted_len, expect;
	} rows[] = {
		{ 3, 4, 1300, 1500, 1300 },
		{ 3, 4, 576, 1500, 576 },
		{ 3, 4, 575, 1500, 576 }, /* RFC 5927 7: no less, whoever says so */
		{ 3, 4, 1, 1500, 576 },
		{ 3, 4, 9000, 1500, 9000 },
		{ 3, 4, 65535, 1500, 65535 },
		/* Routers before RFC 1191: its table 7-1. */
		{ 3, 4, 0, 1500, 1492 },
		{ 3, 4, 0, 1492, 1006 },
		{ 3, 4, 0, 1006, 576 },
		{ 3, 4, 0, 40, 576 },
		{ 3, 4, 0, 0, 576 },
		{ 3, 4, 0, 9000, 8166 },
		{ 3, 4, 0, 65535, 32000 },
		{ 3, 3, 1300, 60, 0 },
		{ 3, 1, 0, 60, 0 },
		/* Only an unreachable one tells of an MTU. */
		{ 11, 0, 1300, 60, 0 },
		{ 12, 0, 1300, 60, 0 },
		{ 12, 4, 1300, 60, 0 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct net_addr local = net_addr_v4(0xc0000202), remote = net_addr_v4(0xc6336409);
		struct icmp_error e;
		uint8_t msg[36];

		an_error(msg, rows[i].type, rows[i].code, rows[i].mtu, rows[i].quoted_len);
		CU_ASSERT_EQUAL_FATAL(icmp_error_parse(msg, 36, 36, &e), 0);
		CU_ASSERT_EQUAL(e.type, rows[i].type);
		CU_ASSERT_EQUAL(e.code, rows[i].code);
		CU_ASSERT_EQUAL(e.mtu, rows[i].expect);
		CU_ASSERT_EQUAL(e.seq, 0x01020304);
		CU_ASSERT(net_addr_equal(&e.tuple.local, &local));
		CU_ASSERT(net_addr_equal(&e.tuple.remote, &remote));
		CU_ASSERT_EQUAL(e.tuple.local_port, 443);
		CU_ASSERT_EQUAL(e.tuple.remote_port, 40000);
	}
}

/* Quotes that are too short, or of nothing that we send. */
static void
test_error_refused(void)
{
	static const struct {
		uint8_t at, value;
		int expect;
	} rows[] = {
		{ 8, 0x46, -EINVAL },  { 8, 0x44, -EINVAL },  { 8, 0x65, -EINVAL },
		{ 8, 0, -EINVAL },     { 14, 0x20, -EINVAL }, { 15, 1, -EINVAL },
		{ 14, 0x1f, -EINVAL }, { 14, 0, 0 },          { 17, 17, -EINVAL },
		{ 17, 1, -EINVAL },    { 16, 0, 0 },
	};
	struct icmp_error e;
	uint8_t msg[36];

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		an_error(msg, 3, 4, 1300, 1500);
		msg[rows[i].at] = rows[i].value;
		CU_ASSERT_EQUAL(icmp_error_parse(msg, 36, 36, &e), rows[i].expect);
	}
	for (uint32_t len = 0; len <= 36; len++) {
		uint8_t *exact = malloc(len + (len == 0));

		an_error(msg, 3, 4, 1300, 1500);
		memcpy(exact, msg, len);
		CU_ASSERT_EQUAL(icmp_error_parse(exact, len, 1000, &e), len < 36 ? -EINVAL : 0);
		CU_ASSERT_EQUAL(icmp_error_parse(msg, 36, len, &e), len < 36 ? -EINVAL : 0);
		free(exact);
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
		{ "errors", test_error },
		{ "quotes that are refused", test_error_refused },
		{ "checksum of the reply", test_reply_checksum },
	};

	return harness_run("net/icmp", cases, HARNESS_COUNT(cases));
}
