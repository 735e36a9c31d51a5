/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fileserver/http.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

#define HOST "Host: x\r\n"

/* What one request means, however it is cut into pieces. */
static const struct {
	const char *text;
	int status;
	bool head;
	bool keep_alive;
	const char *target;
} requests[] = {
	{ "GET /a HTTP/1.1\r\n" HOST "\r\n", 200, false, true, "/a" },
	{ "HEAD /a?b HTTP/1.1\r\n" HOST "\r\n", 200, true, true, "/a?b" },
	{ "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 200, false, true, "/" },
	{ "GET / HTTP/1.1\r\nhOST: x\r\n\r\n", 200, false, true, "/" },
	{ "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 200, false, false, "/" },
	{ "GET / HTTP/1.1\r\n" HOST "Connection: Keep-Alive, Close\r\n\r\n", 200, false, false,
	  "/" },
	{ "GET / HTTP/1.0\r\n\r\n", 200, false, false, "/" },
	{ "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, false, true, "/" },
	{ "GET https://x/a HTTP/1.1\r\n" HOST "\r\n", 200, false, true, "https://x/a" },
	{ "GET / HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n", 200, false, true,
	  "/" },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 200, false, true, "/" },
	{ "POST / HTTP/1.1\r\n" HOST "\r\n", 405, false, true, "/" },
	{ "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 405, false, true, "*" },
	{ "DELETE /a HTTP/1.1\r\n" HOST "\r\n", 405, false, true, "/a" },
	{ "CONNECT x:443 HTTP/1.1\r\n" HOST "\r\n", 405, false, true, "x:443" },
	/* Bodies are not read. */
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", 405, false, false, "/" },
	{ "PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 405, false, false, "/" },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", 413, false, false, "/" },
	/* RFC 9112 3.2 */
	{ "GET / HTTP/1.1\r\n\r\n", 400, false, false, "/" },
	{ "GET / HTTP/1.1\r\nHosts: x\r\n\r\n", 400, false, false, "/" },
	{ "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400, false, false, "/" },
	/* Malformed. */
	{ "GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400, false, false, NULL },
	{ "BREW / HTTP/1.1\r\n" HOST "\r\n", 400, false, false, NULL },
	{ "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, false, false, NULL },
	{ "GET / HTTP/1.1\r\n" HOST " folded\r\n\r\n", 400, false, false, NULL },
	{ "GET / HTTX/1.1\r\n" HOST "\r\n", 400, false, false, NULL },
	{ "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, false, false, NULL },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
	  false, false, NULL },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400, false, false, NULL },
};

static void
check_request(size_t i, size_t piece)
{
	static struct http_request r;
	size_t len = strlen(requests[i].text), off = 0;

	http_init(&r);
	while (off < len && r.status == 0) {
		size_t n = len - off < piece ? len - off : piece;

		off += http_feed(&r, requests[i].text + off, n);
	}
	if (r.status != requests[i].status)
		printf("# row %zu in pieces of %zu: status %d\n", i, piece, r.status);
	CU_ASSERT_EQUAL(r.status, requests[i].status);
	CU_ASSERT_EQUAL(r.keep_alive, requests[i].keep_alive);
	if (requests[i].target != NULL) {
		CU_ASSERT_EQUAL(r.head, requests[i].head);
		CU_ASSERT_STRING_EQUAL(r.target, requests[i].target);
	}
}

static void
test_requests(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(requests); i++)
		for (size_t piece = 1; piece < 80; piece++)
			check_request(i, piece);
}

#define PUT "PUT /a HTTP/1.1\r\n" HOST
#define GET "GET /b HTTP/1.1\r\n" HOST "\r\n"

/* Where PUT is taken: what the head comes to, and behind the body. */
static const struct {
	const char *text;
	int head; /* 0: nothing is looked at before the end */
	int end;  /* 0: it does not come */
	bool expects;
	bool keep_alive;
	uint64_t body_len;
	const char *body;
} put_rows[] = {
	{ PUT "Content-Length: 5\r\n\r\nhello" GET, 100, 200, false, true, 5, "hello" },
	{ PUT "Content-Length: 5\r\nConnection: close\r\n\r\nhello", 100, 200, false, false, 5,
	  "hello" },
	{ PUT "Content-Length: 5\r\nExpect: 100-Continue\r\n\r\nhello" GET, 100, 200, true, true, 5,
	  "hello" },
	{ PUT "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\n\r\n" GET, 100, 200,
	  false, true, HTTP_UNKNOWN, "hello" },
	{ PUT "Transfer-Encoding: chunked\r\n\r\n0\r\nHost: x\r\nExpect: y\r\n\r\n" GET, 100, 200,
	  false, true, HTTP_UNKNOWN, "" },
	{ PUT "Content-Length: 0\r\n\r\n" GET, 0, 200, false, true, 0, "" },
	{ "PUT /a HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello", 100, 200,
	  false, false, 5, "hello" },
	{ PUT "Content-Length: 5\r\n\r\nhell", 100, 0, false, false, 5, "hell" },
	{ PUT "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 100, 0, false, false,
	  HTTP_UNKNOWN, "hello" },
	{ PUT "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloo", 100, 400, false, false, HTTP_UNKNOWN,
	  "hello" },
	{ PUT "Transfer-Encoding: chunked\r\n\r\nx", 100, 400, false, false, HTTP_UNKNOWN, "" },
	{ PUT "\r\n" GET, 0, 411, false, true, 0, "" },
	{ PUT "Expect: 100-continue\r\n\r\n", 0, 411, true, true, 0, "" },
	{ PUT "Content-Length: 5\r\nContent-Range: bytes 0-4/9\r\n\r\nhello", 0, 400, false, false,
	  0, "" },
	{ PUT "Content-Length: 5\r\nExpect: something\r\n\r\nhello", 0, 417, false, false, 0, "" },
	{ PUT "Content-Length: 5\r\nExpect: 100-continues\r\n\r\nhello", 0, 417, false, false, 0,
	  "" },
	{ PUT "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 0, 400, false, false, 0, "" },
	{ PUT "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, 400, false,
	  false, 0, "" },
	{ PUT "Transfer-Encoding: gzip\r\n\r\nhello", 0, 400, false, false, 0, "" },
	{ PUT "Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n", 0, 501, false, false, 0,
	  "" },
	{ PUT "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 0, 501,
	  false, false, 0, "" },
	{ "PUT /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 0, 400, false, false, 0, "" },
	{ "POST /a HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", 0, 405, false, false, 0,
	  "" },
	{ "DELETE /a HTTP/1.1\r\n" HOST "\r\n", 0, 405, false, true, 0, "" },
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
		return 413;
	memcpy(s->bytes + s->len, bytes, len);
	s->len += len;
	return 0;
}

/* Feeds all of it, and takes the body. Returns what the head came to. */
static int
play_put(struct http_request *r, struct sink *s, const char *text, size_t piece, size_t *off)
{
	size_t len = strlen(text);
	int head = 0;

	http_init(r);
	r->may_put = true;
	while (*off < len && r->status == 0) {
		*off += http_feed(r, text + *off, len - *off < piece ? len - *off : piece);
		if (r->status == 100 && head == 0) {
			head = 100;
			CU_ASSERT_EQUAL(http_feed(r, text + *off, len - *off), 0);
			http_take(r, take, s);
		}
	}
	return head;
}

static void
check_put(size_t i, size_t piece)
{
	static struct http_request r;
	struct sink s = { .max = sizeof(s.bytes) };
	size_t off = 0;
	int head = play_put(&r, &s, put_rows[i].text, piece, &off);

	if (head != put_rows[i].head || r.status != put_rows[i].end ||
	    s.len != strlen(put_rows[i].body))
		printf("# row %zu in pieces of %zu: %d, %d, %zu bytes\n", i, piece, head, r.status,
		       s.len);
	CU_ASSERT_EQUAL(head, put_rows[i].head);
	CU_ASSERT_EQUAL(r.status, put_rows[i].end);
	CU_ASSERT_EQUAL(r.keep_alive, put_rows[i].keep_alive);
	CU_ASSERT_EQUAL(s.len, strlen(put_rows[i].body));
	CU_ASSERT_EQUAL(memcmp(s.bytes, put_rows[i].body, s.len), 0);
	CU_ASSERT_EQUAL(r.body_off, s.len);
	if (head == 100) {
		CU_ASSERT_EQUAL(r.expects, put_rows[i].expects);
		CU_ASSERT_EQUAL(r.body_len, put_rows[i].body_len);
	}
	if (r.status != 200 || !r.keep_alive)
		return;
	/* What is behind it is the next request, to the byte. */
	http_next(&r);
	http_feed(&r, put_rows[i].text + off, strlen(put_rows[i].text) - off);
	CU_ASSERT_EQUAL(r.status, 200);
	CU_ASSERT_FALSE(r.put);
	CU_ASSERT_TRUE(r.may_put);
	CU_ASSERT_STRING_EQUAL(r.target, "/b");
}

static void
test_puts(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(put_rows); i++)
		for (size_t piece = 1; piece < 120; piece++)
			check_put(i, piece);
}

/* A body that its taker ends, and one that is nothing but frames. */
static void
test_put_limits(void)
{
	static const char text[] = PUT "Content-Length: 5\r\n\r\nhello" GET;
	static const char chunk[] = "1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\na\r\n";
	static struct http_request r;
	struct sink s = { .max = 3 };
	size_t off = 0;

	play_put(&r, &s, text, sizeof(text), &off);
	CU_ASSERT_EQUAL(r.status, 413);
	CU_ASSERT_FALSE(r.keep_alive);

	off = 0;
	s = (struct sink){ .max = sizeof(s.bytes) };
	play_put(&r, &s, PUT "Transfer-Encoding: chunked\r\n\r\n", 100, &off);
	for (int i = 0; i < 4000 && r.status == 0; i++) {
		s.len = 0;
		http_feed(&r, chunk, sizeof(chunk) - 1);
	}
	CU_ASSERT_EQUAL(r.status, 431);
	CU_ASSERT_FALSE(r.keep_alive);

	/* The smallest chunks that there are. */
	off = 0;
	play_put(&r, &s, PUT "Transfer-Encoding: chunked\r\n\r\n", 100, &off);
	for (int i = 0; i < 20000 && r.status == 0; i++) {
		s.len = 0;
		http_feed(&r, "1\r\na\r\n", 6);
	}
	CU_ASSERT_EQUAL(r.status, 0);
}

static void
test_pipelined(void)
{
	static const char text[] = "GET /1 HTTP/1.1\r\n" HOST "\r\n"
				   "HEAD /2 HTTP/1.1\r\n" HOST
				   "Connection: upgrade\r\nUpgrade: x\r\n\r\n"
				   "POST /3 HTTP/1.1\r\n" HOST "\r\n"
				   "GET /4 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\nrest";
	static const int status[] = { 200, 200, 405, 200 };
	static struct http_request r;
	size_t off = 0;
	char target[8];

	http_init(&r);
	for (unsigned int i = 0; i < 4; i++) {
		off += http_feed(&r, text + off, sizeof(text) - 1 - off);
		CU_ASSERT_EQUAL(r.status, status[i]);
		CU_ASSERT_EQUAL(r.head, i == 1);
		CU_ASSERT_EQUAL(r.keep_alive, i != 3);
		snprintf(target, sizeof(target), "/%u", i + 1);
		CU_ASSERT_STRING_EQUAL(r.target, target);
		/* Nothing is taken before the answer is sent. */
		CU_ASSERT_EQUAL(http_feed(&r, text + off, sizeof(text) - 1 - off), 0);
		if (i != 3)
			http_next(&r);
	}
	CU_ASSERT_EQUAL(sizeof(text) - 1 - off, 4);
}

static void
test_limits(void)
{
	static char text[HTTP_HEAD_MAX + 1000];
	static struct http_request r;

	memset(text, 'a', sizeof(text));
	memcpy(text, "GET /", 5);
	memcpy(text + 4 + HTTP_TARGET_MAX, " HTTP/1.1\r\n" HOST "\r\n", 22);
	http_init(&r);
	http_feed(&r, text, 4 + HTTP_TARGET_MAX + 22);
	CU_ASSERT_EQUAL(r.status, 200);
	CU_ASSERT_EQUAL(r.target_len, HTTP_TARGET_MAX);

	memset(text, 'a', sizeof(text));
	memcpy(text, "GET /", 5);
	http_init(&r);
	for (size_t off = 0; off < sizeof(text) && r.status == 0; off += 100)
		http_feed(&r, text + off, 100);
	CU_ASSERT_EQUAL(r.status, 414);
	CU_ASSERT_FALSE(r.keep_alive);

	memset(text, 'a', sizeof(text));
	memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
	http_init(&r);
	for (size_t off = 0; off < sizeof(text) && r.status == 0; off += 100)
		http_feed(&r, text + off, 100);
	CU_ASSERT_EQUAL(r.status, 431);
	CU_ASSERT_FALSE(r.keep_alive);
}

static void
test_random_bytes(void)
{
	uint64_t seed = harness_seed();
	static struct http_request r;
	char text[300];

	for (unsigned int i = 0; i < (harness_full() ? 200000u : 5000u); i++) {
		size_t pick = harness_rand(&seed) % HARNESS_COUNT(requests);
		size_t len = strlen(requests[pick].text);

		memcpy(text, requests[pick].text, len);
		for (unsigned int j = 0; j < 2; j++)
			text[harness_rand(&seed) % len] = (char)harness_rand(&seed);
		http_init(&r);
		for (size_t off = 0, n; off < len && r.status == 0; off += n) {
			n = http_feed(&r, text + off, 1 + harness_rand(&seed) % (len - off));
			CU_ASSERT_FATAL(n <= len - off && (n != 0 || r.status != 0));
		}
		CU_ASSERT_FATAL(memchr(r.target, '\0', r.target_len) == NULL);
	}
}

static void
test_answers(void)
{
	struct http_answer a = {
		.status = 200, .keep_alive = true, .length = 12345678901, .type = "text/html"
	};
	char out[HTTP_ANSWER_MAX];
	size_t n = http_write(out, &a);

	CU_ASSERT_EQUAL(n, strlen(out));
	CU_ASSERT_EQUAL(strncmp(out, "HTTP/1.1 200 OK\r\nDate: ", 23), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nContent-Type: text/html\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nContent-Length: 12345678901\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nAccept-Ranges: none\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nConnection: keep-alive\r\n\r\n"));
	CU_ASSERT_PTR_NULL(strstr(out, "Allow"));
	CU_ASSERT_STRING_EQUAL(out + n - 4, "\r\n\r\n");

	a = (struct http_answer){ .status = 405 };
	n = http_write(out, &a);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nAllow: GET, HEAD\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nContent-Length: 23\r\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(out, "\r\nConnection: close\r\n\r\n405 Method Not Allowed\n"));

	a.may_put = true;
	http_write(out, &a);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nAllow: GET, HEAD, PUT\r\n"));

	/* RFC 9110 8.6: there is no body, nor the length of one. */
	a = (struct http_answer){ .status = 204, .keep_alive = true };
	n = http_write(out, &a);
	CU_ASSERT_EQUAL(strncmp(out, "HTTP/1.1 204 No Content\r\n", 25), 0);
	CU_ASSERT_PTR_NULL(strstr(out, "Content-Length"));
	CU_ASSERT_PTR_NULL(strstr(out, "Content-Type"));
	CU_ASSERT_STRING_EQUAL(out + n - 4, "\r\n\r\n");

	a = (struct http_answer){ .status = 201, .keep_alive = true };
	http_write(out, &a);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nContent-Length: 12\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\n\r\n201 Created\n"));

	/* RFC 9110 9.3.2: the head of GET's answer, and nothing behind it. */
	a = (struct http_answer){ .status = 404, .head = true, .keep_alive = true };
	n = http_write(out, &a);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "\r\nContent-Length: 14\r\n"));
	CU_ASSERT_STRING_EQUAL(out + n - 4, "\r\n\r\n");
}

static void
test_types(void)
{
	CU_ASSERT_STRING_EQUAL(http_type("a/b.html"), "text/html");
	CU_ASSERT_STRING_EQUAL(http_type("a.TXT"), "text/plain");
	CU_ASSERT_STRING_EQUAL(http_type("a.tar.xz"), "application/octet-stream");
	CU_ASSERT_STRING_EQUAL(http_type("a"), "application/octet-stream");
	CU_ASSERT_STRING_EQUAL(http_type(""), "application/octet-stream");
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "requests in pieces of every size", test_requests },
		{ "PUT in pieces of every size", test_puts },
		{ "limits of PUT", test_put_limits },
		{ "pipelined requests", test_pipelined },
		{ "limits", test_limits },
		{ "damaged requests", test_random_bytes },
		{ "answers", test_answers },
		{ "media types", test_types },
	};
	return harness_run("fileserver/http", cases, HARNESS_COUNT(cases));
}
