/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fetch/answer.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

#define OK     "HTTP/1.1 200 OK\r\n"
#define LENGTH "Content-Length: 5\r\n\r\n"
#define CHUNKS "Transfer-Encoding: chunked\r\n\r\n"

enum outcome {
	WHOLE,
	CUT,   /* fine as far as it goes, and the connection's end is not its own */
	WRONG, /* refused */
};

/* What one answer means, however it is cut into pieces, when the connection ends behind it. */
static const struct {
	const char *text;
	enum outcome outcome;
	int status;
	const char *body;
} rows[] = {
	{ OK LENGTH "hello", WHOLE, 200, "hello" },
	{ OK LENGTH "helloHTTP/1.1 200 OK\r\n", WHOLE, 200, "hello" },
	{ "HTTP/1.0 200 OK\r\n" LENGTH "hello", WHOLE, 200, "hello" },
	{ OK "Content-Length: 0\r\n\r\n", WHOLE, 200, "" },
	{ OK CHUNKS "5\r\nhello\r\n0\r\n\r\n", WHOLE, 200, "hello" },
	{ OK CHUNKS "1;x=y\r\nh\r\n4\r\nello\r\n0\r\nTrailer: x\r\n\r\n", WHOLE, 200, "hello" },
	/* To the end of the connection (RFC 9112 6.3). */
	{ OK "\r\nhello", WHOLE, 200, "hello" },
	{ OK "\r\n", WHOLE, 200, "" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", WHOLE, 204, "" },
	{ "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", WHOLE, 304, "" },
	{ "HTTP/1.1 404 Not Found\r\n" LENGTH "hello", WHOLE, 404, "hello" },
	{ "HTTP/1.1 100 Continue\r\n\r\n" OK LENGTH "hello", WHOLE, 200, "hello" },
	{ "HTTP/1.1 103 Early Hints\r\nLocation: /x\r\n\r\nHTTP/1.1 100 \r\n\r\n" OK LENGTH "hello",
	  WHOLE, 200, "hello" },
	{ OK LENGTH "hell", CUT, 200, "hell" },
	{ OK LENGTH, CUT, 200, "" },
	{ OK "Content-Length: 5\r\n", CUT, 0, "" },
	{ OK CHUNKS "5\r\nhello\r\n", CUT, 200, "hello" },
	{ OK CHUNKS "5\r\nhello\r\n0\r\n", CUT, 200, "hello" },
	{ OK CHUNKS "5\r\nhel", CUT, 200, "hel" },
	{ "", CUT, 0, "" },
	{ "HTTP/1.1 2", CUT, 0, "" },
	{ "HTTP/1.1 100 Continue\r\n\r\n", CUT, 0, "" },
	{ "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", WRONG, 0, "" },
	{ "HTTP/1.1 101 Switching\r\n\r\n", WRONG, 0, "" },
	{ "HTTP/2.0 200 OK\r\n" LENGTH "hello", WRONG, 0, "" },
	{ "HTTP/0.9 200 OK\r\n" LENGTH "hello", WRONG, 0, "" },
	{ "HTTP/3.1 200 OK\r\n" LENGTH "hello", WRONG, 0, "" },
	{ "hello", WRONG, 0, "" },
	{ "SSH-2.0-OpenSSH\r\n", WRONG, 0, "" },
	{ "GET / HTTP/1.1\r\n\r\n", WRONG, 0, "" },
	{ "HTTP/1.1 OK\r\n\r\n", WRONG, 0, "" },
	{ OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", WRONG, 0, "" },
	{ OK "Content-Length: 5\r\n" CHUNKS "0\r\n\r\n", WRONG, 0, "" },
	{ OK "Content-Length: -5\r\n\r\n", WRONG, 0, "" },
	{ OK "Content-Length: 99999999999999999999999\r\n\r\n", WRONG, 0, "" },
	{ OK "Transfer-Encoding: gzip\r\n\r\nhello", WRONG, 0, "" },
	{ OK "Transfer-Encoding: chunked, gzip\r\n\r\nhello", WRONG, 0, "" },
	{ OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", WRONG, 0, "" },
	{ OK "Transfer-Encoding: gzip\r\n" CHUNKS "0\r\n\r\n", WRONG, 0, "" },
	{ OK "Transfer-Encoding: Chunked \r\n\r\n5\r\nhello\r\n0\r\n\r\n", WHOLE, 200, "hello" },
	{ OK CHUNKS "x\r\n", WRONG, 200, "" },
	{ OK CHUNKS "fffffffffffffffff\r\n", WRONG, 200, "" },
	{ OK CHUNKS "5\r\nhelloworld", WRONG, 200, "hello" },
	{ OK "bad field\r\n\r\n", WRONG, 0, "" },
};

struct sink {
	size_t len;
	size_t max;
	char bytes[64];
};

static int
take(void *user, const char *bytes, size_t len)
{
	struct sink *s = user;

	if (len > s->max - s->len)
		return 1;
	memcpy(s->bytes + s->len, bytes, len);
	s->len += len;
	return 0;
}

/* NULL, or why it was refused. */
static const char *
play(struct answer *a, struct sink *s, const char *text, size_t piece)
{
	size_t len = strlen(text), n;
	const char *why = NULL;

	*s = (struct sink){ .max = sizeof(s->bytes) };
	answer_init(a, take, s);
	for (size_t off = 0; off < len && why == NULL && !a->done; off += n) {
		n = len - off < piece ? len - off : piece;
		why = answer_feed(a, text + off, n);
	}
	return why;
}

static void
check_row(size_t i, size_t piece)
{
	static struct answer a;
	struct sink s;
	enum outcome outcome = play(&a, &s, rows[i].text, piece) != NULL ? WRONG :
			       answer_end(&a)                            ? WHOLE :
									   CUT;

	if (outcome != rows[i].outcome || a.status != rows[i].status ||
	    s.len != strlen(rows[i].body) || a.body_len != s.len)
		printf("# row %zu in pieces of %zu: outcome %d, status %d, %zu bytes\n", i, piece,
		       outcome, a.status, s.len);
	CU_ASSERT_EQUAL(outcome, rows[i].outcome);
	CU_ASSERT_EQUAL(a.status, rows[i].status);
	CU_ASSERT_EQUAL(s.len, strlen(rows[i].body));
	CU_ASSERT_EQUAL(a.body_len, s.len);
	CU_ASSERT_EQUAL(memcmp(s.bytes, rows[i].body, s.len), 0);
}

static void
test_answers(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		for (size_t piece = 1; piece < 100; piece++)
			check_row(i, piece);
}

static void
test_continue(void)
{
	static struct answer a;
	struct sink s;

	CU_ASSERT_PTR_NULL(play(&a, &s, "HTTP/1.1 103 Early Hints\r\n\r\n", 100));
	CU_ASSERT_FALSE(a.may_send);
	CU_ASSERT_PTR_NULL(play(&a, &s, "HTTP/1.1 100 Continue\r\n\r\n", 100));
	CU_ASSERT_TRUE(a.may_send);
	CU_ASSERT_EQUAL(a.status, 0);
	CU_ASSERT_PTR_NULL(play(&a, &s, OK LENGTH, 100));
	CU_ASSERT_FALSE(a.may_send);
}

static void
test_fields(void)
{
	static const char text[] =
		"HTTP/1.1 103 Early\r\nContent-Range: bytes 1-2/3\r\nLocation: /early\r\n\r\n"
		"HTTP/1.1 206 Partial\r\n"
		"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		"last-MODIFIED:   Sun, 06 Nov 1994 08:49:36 GMT\r\n"
		"Content-Range: bytes 10-14/4000000000000\r\n"
		"Location: /a\xff\xfe b\r\n" CHUNKS
		"5\r\nhello\r\n0\r\nLocation: /trailer\r\nContent-Range: bytes 0-1/2\r\n\r\n";
	static struct answer a;
	struct sink s;

	for (size_t piece = 1; piece < sizeof(text); piece++) {
		CU_ASSERT_PTR_NULL(play(&a, &s, text, piece));
		CU_ASSERT_TRUE(a.done);
		CU_ASSERT_EQUAL(a.date, 784111777); /* RFC 9110 5.6.7 has this date */
		CU_ASSERT_EQUAL(a.last_modified, 784111776);
		CU_ASSERT_EQUAL(a.range_first, 10);
		CU_ASSERT_EQUAL(a.range_total, UINT64_C(4000000000000));
		CU_ASSERT_STRING_EQUAL(a.location, "/a???b");
	}
}

/* It is printed on a terminal. */
static void
test_location(void)
{
	static struct answer a;
	char text[256];
	struct sink s;

	for (int c = 1; c < 256; c++) {
		snprintf(text, sizeof(text), "HTTP/1.1 301 x\r\nLocation: /a%cb\r\n" LENGTH, c);
		play(&a, &s, text, sizeof(text));
		for (const char *p = a.location; *p != '\0'; p++)
			CU_ASSERT(*p > ' ' && *p <= '~');
	}
	CU_ASSERT_STRING_EQUAL(a.location, "/a?b");
}

static void
test_ranges(void)
{
	static const struct {
		const char *value;
		uint64_t first;
		uint64_t total;
	} ranges[] = {
		{ "bytes 0-4/5", 0, 5 },
		{ "bytes 5-9/*", 5, ANSWER_UNKNOWN },
		{ "bytes */7", ANSWER_UNKNOWN, 7 },
		{ "Bytes 1-1/2", 1, 2 },
		{ "bytes 9-5/10", ANSWER_UNKNOWN, ANSWER_UNKNOWN },
		{ "bytes -5/10", ANSWER_UNKNOWN, ANSWER_UNKNOWN },
		{ "bytes 5-/10", ANSWER_UNKNOWN, ANSWER_UNKNOWN },
		{ "bytes 5/10", ANSWER_UNKNOWN, ANSWER_UNKNOWN },
		{ "bytes 0-4", ANSWER_UNKNOWN, ANSWER_UNKNOWN },
		{ "lines 0-4/5", ANSWER_UNKNOWN, ANSWER_UNKNOWN },
		{ "bytes 99999999999999999999-99999999999999999999/*", ANSWER_UNKNOWN,
		  ANSWER_UNKNOWN },
		{ "bytes 0-4/99999999999999999999", ANSWER_UNKNOWN, ANSWER_UNKNOWN },
		{ "bytes", ANSWER_UNKNOWN, ANSWER_UNKNOWN },
		{ "", ANSWER_UNKNOWN, ANSWER_UNKNOWN },
	};
	static struct answer a;
	char text[256];
	struct sink s;

	for (size_t i = 0; i < HARNESS_COUNT(ranges); i++) {
		snprintf(text, sizeof(text), "HTTP/1.1 206 x\r\nContent-Range: %s\r\n" LENGTH,
			 ranges[i].value);
		CU_ASSERT_PTR_NULL(play(&a, &s, text, sizeof(text)));
		if (a.range_first != ranges[i].first || a.range_total != ranges[i].total)
			printf("# '%s'\n", ranges[i].value);
		CU_ASSERT_EQUAL(a.range_first, ranges[i].first);
		CU_ASSERT_EQUAL(a.range_total, ranges[i].total);
	}
}

/* Heads without an end, and fields that are longer than what is kept of them. */
static void
test_limits(void)
{
	static char line[8192];
	static struct answer a;
	const char *why = NULL;
	struct sink s;
	size_t sent = 0;

	memset(line, 'a', sizeof(line) - 1);
	memcpy(line, "Location: ", 10);
	memcpy(line + sizeof(line) - 3, "\r\n", 3);
	CU_ASSERT_PTR_NULL(play(&a, &s, OK, 100));
	while (why == NULL && sent < 100 * sizeof(line)) {
		why = answer_feed(&a, line, strlen(line));
		sent += strlen(line);
	}
	CU_ASSERT_PTR_NOT_NULL(why);
	CU_ASSERT(sent <= ANSWER_HEAD_MAX + 2 * sizeof(line));
	CU_ASSERT_STRING_EQUAL(a.location, "");
}

/* Chunks without an end to what stands between them, and trailers without one. */
static void
test_framing(void)
{
	static const char *const beginnings[] = { "5\r\nhello\r\n0\r\n", "5\r\nhello\r\n5;" };
	static char line[8192];
	static struct answer a;

	for (size_t i = 0; i < HARNESS_COUNT(beginnings); i++) {
		const char *why;
		struct sink s;
		size_t sent = 0;

		memset(line, 'a', sizeof(line) - 1);
		if (i == 0) {
			memcpy(line, "Trailer: ", 9);
			memcpy(line + sizeof(line) - 3, "\r\n", 3);
		}
		CU_ASSERT_PTR_NULL(play(&a, &s, OK CHUNKS, 100));
		why = answer_feed(&a, beginnings[i], strlen(beginnings[i]));
		CU_ASSERT_PTR_NULL(why);
		while (why == NULL && sent < 100 * sizeof(line)) {
			why = answer_feed(&a, line, strlen(line));
			sent += strlen(line);
		}
		CU_ASSERT_PTR_NOT_NULL(why);
		CU_ASSERT(sent <= ANSWER_HEAD_MAX + 2 * sizeof(line));
		CU_ASSERT_FALSE(a.done);
	}
}

/* A small piece costs more than it holds, and is no attack. */
static void
test_small_chunks(void)
{
	static struct answer a;
	const char *why;
	struct sink s;

	why = play(&a, &s, "HTTP/1.1 404 Not Found\r\n" CHUNKS, 100);
	s.max = SIZE_MAX;
	for (int i = 0; i < ANSWER_HEAD_MAX && why == NULL; i++) {
		s.len = 0;
		why = answer_feed(&a, "1\r\nx\r\n", 6);
	}
	CU_ASSERT_PTR_NULL(why);
	CU_ASSERT_PTR_NULL(answer_feed(&a, "0\r\n\r\n", 5));
	CU_ASSERT_TRUE(a.done);
}

static void
test_full_sink(void)
{
	static const char text[] = OK LENGTH "hello";
	static struct answer a;
	struct sink s = { .max = 3 };

	answer_init(&a, take, &s);
	CU_ASSERT_PTR_NOT_NULL(answer_feed(&a, text, sizeof(text) - 1));
	CU_ASSERT_FALSE(answer_end(&a));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what an answer is, in any pieces", test_answers },
		{ "100 (Continue)", test_continue },
		{ "fields, of the answer's head alone", test_fields },
		{ "nothing of Location that a terminal obeys", test_location },
		{ "Content-Range", test_ranges },
		{ "heads and fields that are too long", test_limits },
		{ "chunks and trailers that are too long", test_framing },
		{ "many small chunks", test_small_chunks },
		{ "a body that nobody takes", test_full_sink },
	};
	return harness_run("fetch/answer", cases, HARNESS_COUNT(cases));
}
