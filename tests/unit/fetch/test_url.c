/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fetch/url.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

#define LABEL_63 "a23456789012345678901234567890123456789012345678901234567890123"
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63

static const struct {
	const char *text;
	const char *host;
	uint16_t port;
	const char *authority;
	const char *target;
	bool is_name;
} good[] = {
	{ "https://10.77.0.2/file", "10.77.0.2", 443, "10.77.0.2", "/file", false },
	{ "https://10.77.0.2:8443/", "10.77.0.2", 8443, "10.77.0.2:8443", "/", false },
	{ "HTTPS://10.77.0.2", "10.77.0.2", 443, "10.77.0.2", "/", false },
	{ "https://example.org/a/b?c=d&e#f", "example.org", 443, "example.org", "/a/b?c=d&e",
	  true },
	{ "https://Example.ORG", "example.org", 443, "example.org", "/", true },
	{ "https://example.org.:444/", "example.org", 444, "example.org:444", "/", true },
	{ "https://example.org:443/", "example.org", 443, "example.org", "/", true },
	{ "https://example.org?a", "example.org", 443, "example.org", "/?a", true },
	{ "https://example.org#a", "example.org", 443, "example.org", "/", true },
	{ "https://localhost:65535", "localhost", 65535, "localhost:65535", "/", true },
	{ "https://a_b.x-1/%20", "a_b.x-1", 443, "a_b.x-1", "/%20", true },
	{ "https://1.2.3.4.example/", "1.2.3.4.example", 443, "1.2.3.4.example", "/", true },
	{ "https://" LABEL_63 "/", LABEL_63, 443, LABEL_63, "/", true },
	{ "https://h/@:80/..", "h", 443, "h", "/@:80/..", true },
};

static const char *const bad[] = {
	"",
	"https",
	"https://",
	"https:///path",
	"https://:443/",
	"https://./",
	"http://10.77.0.2/",
	"ftp://10.77.0.2/",
	"10.77.0.2/file",
	"//10.77.0.2/file",
	"https:/10.77.0.2/file",
	"https://user@10.77.0.2/",
	"https://user:secret@example.org/",
	"https://example.org@10.77.0.2/",
	"https://[::1]/",
	"https://[2001:db8::1]:443/",
	"https://example.org:/",
	"https://example.org:0/",
	"https://example.org:65536/",
	"https://example.org:443x/",
	"https://example.org:-1/",
	"https://example.org:+1/",
	"https://example.org: 1/",
	"https://example.org:000443/",
	"https://example..org/",
	"https://.example.org/",
	"https://example.org../",
	"https://exa mple.org/",
	"https://exa%6dple.org/",
	"https://ex\xc3\xa4mple.org/",
	"https://example.org/a b",
	"https://example.org/a\r\nHost: other",
	"https://example.org/a\tb",
	"https://example.org/\x7f",
	"https://example.org/\xff",
	"https://example.org\\a/",
	"https://example.org;a/",
	/* Not addresses, and no names (RFC 3696 2): */
	"https://10.77.0/",
	"https://10.77.0.256/",
	"https://1.2.3.4.5/",
	"https://010.77.0.2/",
	"https://2130706433/",
	"https://example.1/",
	"https://a" LABEL_63 "/",
	"https://" NAME_253 "/",
};

static void
test_good(void)
{
	struct url u;

	for (size_t i = 0; i < HARNESS_COUNT(good); i++) {
		const char *wrong = url_parse(good[i].text, &u);

		if (wrong != NULL) {
			printf("# %s: %s\n", good[i].text, wrong);
			CU_ASSERT_PTR_NULL(wrong);
			continue;
		}
		CU_ASSERT_STRING_EQUAL(u.host, good[i].host);
		CU_ASSERT_STRING_EQUAL(u.authority, good[i].authority);
		CU_ASSERT_STRING_EQUAL(u.target, good[i].target);
		CU_ASSERT_EQUAL(u.port, good[i].port);
		CU_ASSERT_EQUAL(u.is_name, good[i].is_name);
		CU_ASSERT_EQUAL(u.addr.family, good[i].is_name ? 0 : RTLS_IPV4);
		CU_ASSERT_EQUAL(u.addr.port, good[i].port);
	}
}

static void
test_bad(void)
{
	struct url u;

	for (size_t i = 0; i < HARNESS_COUNT(bad); i++) {
		if (url_parse(bad[i], &u) == NULL)
			printf("# %s is taken for a URL of %s\n", bad[i], u.host);
		CU_ASSERT_PTR_NOT_NULL(url_parse(bad[i], &u));
	}
}

/* As long as it may be, and a byte more. */
static void
test_length(void)
{
	static char text[URL_MAX + 2];
	struct url u;

	memset(text, 'a', sizeof(text) - 1);
	memcpy(text, "https://h/", 10);
	CU_ASSERT_PTR_NOT_NULL(url_parse(text, &u));
	text[URL_MAX] = '\0';
	CU_ASSERT_PTR_NULL(url_parse(text, &u));
	CU_ASSERT_EQUAL(strlen(u.target), URL_MAX - strlen("https://h"));
	/* The slash that is missing has room, too. */
	text[9] = '?';
	CU_ASSERT_PTR_NULL(url_parse(text, &u));
	CU_ASSERT_EQUAL(strlen(u.target), URL_MAX - strlen("https://h") + 1);
}

static void
test_resolve(void)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{ "example.org:444:192.0.2.1", true },
		{ "EXAMPLE.org:444:192.0.2.1", true },
		{ "example.org:443:192.0.2.1", false },
		{ "example.com:444:192.0.2.1", false },
		{ "example.org.:444:192.0.2.1", false },
		{ "example:444:192.0.2.1", false },
		{ "example.org:444:192.0.2", false },
		{ "example.org:444:192.0.2.1:444", false },
		{ "example.org:444:", false },
		{ "example.org:444", false },
		{ "example.org", false },
		{ "", false },
		{ "::", false },
		{ "example.org:0444x:192.0.2.1", false },
		{ "example.org:444:[::1]", false },
		{ "example.org:444:other.org", false },
	};
	static const uint8_t ip[4] = { 192, 0, 2, 1 };

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct url u;
		const char *wrong;

		CU_ASSERT_PTR_NULL_FATAL(url_parse("https://example.org:444/", &u));
		wrong = url_resolve(&u, rows[i].text);
		if ((wrong == NULL) != rows[i].ok)
			printf("# %s: %s\n", rows[i].text, wrong != NULL ? wrong : "taken");
		CU_ASSERT_EQUAL(wrong == NULL, rows[i].ok);
		CU_ASSERT_EQUAL(u.addr.family, rows[i].ok ? RTLS_IPV4 : 0);
		CU_ASSERT_EQUAL(u.addr.port, 444);
		if (rows[i].ok)
			CU_ASSERT_EQUAL(memcmp(u.addr.ip, ip, sizeof(ip)), 0);
	}
}

/* An address stays what the URL says. */
static void
test_resolve_address(void)
{
	struct url u;

	CU_ASSERT_PTR_NULL(url_parse("https://10.77.0.2/", &u));
	CU_ASSERT_PTR_NOT_NULL(url_resolve(&u, "10.77.0.2:443:192.0.2.1"));
	CU_ASSERT_EQUAL(u.addr.ip[0], 10);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what a URL says", test_good },
		{ "what is none, or cannot be fetched", test_bad },
		{ "the longest", test_length },
		{ "where a name is", test_resolve },
		{ "where an address is", test_resolve_address },
	};
	return harness_run("fetch/url", cases, HARNESS_COUNT(cases));
}
