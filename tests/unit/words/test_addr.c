/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/addr.h>

#include "support/harness.h"

enum { UNTOUCHED = 77 };

static bool
same(const struct rtls_addr *a, const struct rtls_addr *b)
{
	return a->family == b->family && a->port == b->port && memcmp(a->ip, b->ip, 16) == 0;
}

/* Reads text in both forms of the call; an error leaves everything as it was. */
static void
expect_parsed(const char *text, const struct rtls_addr *with_prefix, int prefix_len,
	      const struct rtls_addr *without)
{
	static const struct rtls_addr before = {
		.family = UNTOUCHED, .reserved = UNTOUCHED, .port = UNTOUCHED, .ip = { UNTOUCHED }
	};
	struct rtls_addr a = before, b = before;
	uint8_t prefix = UNTOUCHED;

	CU_ASSERT_EQUAL(rtls_addr_parse(text, &a, &prefix), with_prefix == NULL ? -EINVAL : 0);
	CU_ASSERT_EQUAL(prefix, with_prefix == NULL ? UNTOUCHED : prefix_len);
	CU_ASSERT(same(&a, with_prefix == NULL ? &before : with_prefix));
	CU_ASSERT_EQUAL(rtls_addr_parse(text, &b, NULL), without == NULL ? -EINVAL : 0);
	CU_ASSERT(same(&b, without == NULL ? &before : without));
}

static void
test_parse(void)
{
	static const struct {
		const char *text;
		uint8_t ip[4];
		int prefix_len; /* -1: not with room for one */
		int port;       /* -1: not without */
	} rows[] = {
		{ "192.0.2.1", { 192, 0, 2, 1 }, 32, 0 },
		{ "0.0.0.0", { 0 }, 32, 0 },
		{ "255.255.255.255/0", { 255, 255, 255, 255 }, 0, -1 },
		{ "10.1.2.3/8", { 10, 1, 2, 3 }, 8, -1 },
		{ "10.1.2.3/32", { 10, 1, 2, 3 }, 32, -1 },
		{ "192.0.2.1:443", { 192, 0, 2, 1 }, -1, 443 },
		{ "0.0.0.0:1", { 0 }, -1, 1 },
		{ "255.255.255.255:65535", { 255, 255, 255, 255 }, -1, 65535 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct rtls_addr a = { .family = RTLS_IPV4 }, b;

		memcpy(a.ip, rows[i].ip, 4);
		b = a;
		b.port = (uint16_t)rows[i].port;
		expect_parsed(rows[i].text, rows[i].prefix_len < 0 ? NULL : &a, rows[i].prefix_len,
			      rows[i].port < 0 ? NULL : &b);
	}
}

static void
test_parse_refused(void)
{
	static const char *const texts[] = {
		"",
		"10.1.2",
		"10.1.2.3.4",
		"10.1.2.256",
		"10.1.2.03",
		"010.1.2.3",
		"10.1.2.3 ",
		" 10.1.2.3",
		"10.1.2.3\n",
		"10.1.2.3/",
		"10.1.2.3/33",
		"10.1.2.3/-1",
		"10.1.2.3/08",
		"10.1.2.3/00",
		"10.1.2.3/024",
		"10.1.2.3/+8",
		"10.1.2.3/ 8",
		"10.1.2.3/8/8",
		"10.1.2.3/8 ",
		"10.1.2.3/4294967304",
		"10.1.2.3/18446744073709551624",
		"/8",
		":443",
		"host",
		"host:443",
		"111.111.111.111111111111111111111",
		"10.1.2.3:",
		"10.1.2.3:0",
		"10.1.2.3:00",
		"10.1.2.3:0443",
		"10.1.2.3:65536",
		"10.1.2.3:4294967739",
		"10.1.2.3:18446744073709552059",
		"10.1.2.3:-1",
		"10.1.2.3:+443",
		"10.1.2.3: 443",
		"10.1.2.3:443 ",
		"10.1.2.3:443:443",
		"10.1.2.3:0x1bb",
		"10.1.2.3:https",
		"10.1.2.3:443/24",
		"10.1.2.3/24:443",
		"[10.1.2.3]:443",
		"10.1.2.3::443",
		/* Not yet. */
		"2001:db8::1",
		"[2001:db8::1]:443",
		"::ffff:10.1.2.3",
	};

	for (size_t i = 0; i < HARNESS_COUNT(texts); i++)
		expect_parsed(texts[i], NULL, 0, NULL);
}

static void
test_format(void)
{
	static const struct {
		struct rtls_addr a;
		const char *text;
	} rows[] = {
		{ { .family = RTLS_IPV4, .port = 0, .ip = { 192, 0, 2, 1 } }, "192.0.2.1" },
		{ { .family = RTLS_IPV4, .port = 443, .ip = { 192, 0, 2, 1 } }, "192.0.2.1:443" },
		{ { .family = RTLS_IPV4, .port = 0, .ip = { 0 } }, "0.0.0.0" },
		{ { .family = RTLS_IPV4, .port = 65535, .ip = { 255, 255, 255, 255 } },
		  "255.255.255.255:65535" },
		/* What stands behind an IPv4 address is not its. */
		{ { .family = RTLS_IPV4, .port = 0, .ip = { 10, 0, 0, 1, 9, 9, 9 } }, "10.0.0.1" },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		size_t len = strlen(rows[i].text);
		char buf[RTLS_ADDR_TEXT + 1];

		/* Any length of buf: all of it or nothing, and not a byte behind it. */
		for (size_t size = 0; size <= RTLS_ADDR_TEXT; size++) {
			memset(buf, '#', sizeof(buf));
			CU_ASSERT_EQUAL(rtls_addr_format(&rows[i].a, buf, size),
					size > len ? 0 : -ENOSPC);
			if (size > 0)
				CU_ASSERT_STRING_EQUAL(buf, size > len ? rows[i].text : "");
			CU_ASSERT_EQUAL(buf[size], '#');
		}
	}
}

static void
test_format_refused(void)
{
	static const uint8_t families[] = { 0, 1, 6, 10, 255 };
	struct rtls_addr a = { .ip = { 10, 0, 0, 1 } };
	char buf[RTLS_ADDR_TEXT];

	for (size_t i = 0; i < HARNESS_COUNT(families); i++) {
		a.family = families[i];
		memset(buf, '#', sizeof(buf));
		CU_ASSERT_EQUAL(rtls_addr_format(&a, buf, sizeof(buf)), -EAFNOSUPPORT);
		CU_ASSERT_STRING_EQUAL(buf, "");
		buf[0] = '#';
		CU_ASSERT_EQUAL(rtls_addr_format(&a, buf, 0), -EAFNOSUPPORT);
		CU_ASSERT_EQUAL(buf[0], '#');
	}
	CU_ASSERT_EQUAL(rtls_addr_format(NULL, buf, sizeof(buf)), -EINVAL);
	CU_ASSERT_STRING_EQUAL(buf, "");
	a.family = RTLS_IPV4;
	CU_ASSERT_EQUAL(rtls_addr_format(&a, NULL, sizeof(buf)), -EINVAL);
	CU_ASSERT_EQUAL(rtls_addr_format(&a, NULL, 0), -EINVAL);
}

/* What is printed is what the C library prints, and is read as what it was. */
static void
test_round_trip(void)
{
	uint64_t state = harness_seed();

	for (int i = 0; i < (harness_full() ? 1000000 : 10000); i++) {
		uint64_t bits = harness_rand(&state);
		struct rtls_addr a = { .family = RTLS_IPV4 }, back;
		char text[RTLS_ADDR_TEXT], ip[INET_ADDRSTRLEN];

		memcpy(a.ip, &bits, 4);
		/* Few bits as often as many. */
		a.port = (uint16_t)((bits >> 48) >> harness_below(&state, 17));
		CU_ASSERT_EQUAL(rtls_addr_format(&a, text, sizeof(text)), 0);
		CU_ASSERT_EQUAL(rtls_addr_parse(text, &back, NULL), 0);
		CU_ASSERT(same(&a, &back));
		inet_ntop(AF_INET, a.ip, ip, sizeof(ip));
		CU_ASSERT_EQUAL(strncmp(text, ip, strlen(ip)), 0);
		CU_ASSERT_EQUAL(text[strlen(ip)], a.port == 0 ? '\0' : ':');
	}
}

/* One byte of a text is changed: it is refused, or it is what is printed again. */
static void
test_damaged(void)
{
	static const char bytes[] = "0123456789.:/[] -+x";
	uint64_t state = harness_seed();
	unsigned int taken = 0, refused = 0;

	for (int i = 0; i < (harness_full() ? 1000000 : 20000); i++) {
		struct rtls_addr a = { .family = RTLS_IPV4, .ip = { 192, 0, 2, 13 } };
		char text[RTLS_ADDR_TEXT], again[RTLS_ADDR_TEXT];

		a.port = (uint16_t)harness_below(&state, 65536);
		CU_ASSERT_EQUAL(rtls_addr_format(&a, text, sizeof(text)), 0);
		text[harness_below(&state, (uint32_t)strlen(text))] =
			bytes[harness_below(&state, sizeof(bytes) - 1)];
		if (rtls_addr_parse(text, &a, NULL) < 0) {
			refused++;
			continue;
		}
		taken++;
		CU_ASSERT_EQUAL(rtls_addr_format(&a, again, sizeof(again)), 0);
		CU_ASSERT_STRING_EQUAL(text, again);
	}
	CU_ASSERT(taken > 0 && refused > 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "read", test_parse },
		{ "not read", test_parse_refused },
		{ "printed", test_format },
		{ "not printed", test_format_refused },
		{ "printed and read again", test_round_trip },
		{ "damaged texts", test_damaged },
	};

	return harness_run("unit/words/addr", cases, HARNESS_COUNT(cases));
}
