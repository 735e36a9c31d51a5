/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "http.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static int
on_url(llhttp_t *p, const char *at, size_t len)
{
	struct http_request *r = p->data;

	if (len > (size_t)HTTP_TARGET_MAX - r->target_len) {
		r->status = 414;
		return HPE_USER;
	}
	memcpy(r->target + r->target_len, at, len);
	r->target_len += (uint16_t)len;
	r->target[r->target_len] = '\0';
	/* A NUL would end the target early. llhttp lets none through; it must not matter. */
	if (memchr(at, '\0', len) != NULL) {
		r->status = 400;
		return HPE_USER;
	}
	return 0;
}

/* It may come in pieces. A byte more than is looked for tells a longer one. */
static uint8_t
append(char *to, size_t cap, uint8_t len, const char *at, size_t n)
{
	for (size_t i = 0; i < n && len < cap; i++)
		to[len++] = at[i];
	return len;
}

static int
on_header_field(llhttp_t *p, const char *at, size_t len)
{
	struct http_request *r = p->data;

	r->field_len = append(r->field, sizeof(r->field), r->field_len, at, len);
	return 0;
}

static int
on_header_value(llhttp_t *p, const char *at, size_t len)
{
	struct http_request *r = p->data;

	r->value_len = append(r->value, sizeof(r->value), r->value_len, at, len);
	return 0;
}

static bool
is(const char *text, size_t len, const char *wanted)
{
	return len == strlen(wanted) && strncasecmp(text, wanted, len) == 0;
}

static int
on_header_value_complete(llhttp_t *p)
{
	struct http_request *r = p->data;

	/* Trailers say nothing that is wanted. */
	if (r->body == NULL && is(r->field, r->field_len, "host") && r->hosts < 2)
		r->hosts++;
	if (r->body == NULL && is(r->field, r->field_len, "content-range"))
		r->unfit = true;
	if (r->body == NULL && is(r->field, r->field_len, "expect")) {
		r->expects = is(r->value, r->value_len, "100-continue");
		r->unmet = r->unmet || !r->expects;
	}
	if (r->body == NULL && is(r->field, r->field_len, "transfer-encoding"))
		r->coded = r->coded || !is(r->value, r->value_len, "chunked");
	r->field_len = 0;
	r->value_len = 0;
	return 0;
}

/* Where it goes, its length has to be known, or to show (RFC 9110 9.3.4, 14.5). */
static int
judge_put(const struct http_request *r)
{
	if (!r->may_put)
		return 405;
	if (r->unfit)
		return 400;
	if (r->unmet)
		return 417;
	if (r->coded)
		return 501;
	return (r->parser.flags & (F_CHUNKED | F_CONTENT_LENGTH)) == 0 ? 411 : 200;
}

/* What to answer, once the head is read. */
static int
judge(const struct http_request *r)
{
	const llhttp_t *p = &r->parser;

	if (p->http_major != 1)
		return 505;
	/* RFC 9112 3.2 */
	if (r->hosts > 1 || (r->hosts == 0 && p->http_minor >= 1))
		return 400;
	if (p->method == HTTP_PUT)
		return judge_put(r);
	if (p->method != HTTP_GET && p->method != HTTP_HEAD)
		return 405;
	return 200;
}

static bool
has_body(const llhttp_t *p)
{
	return (p->flags & F_CHUNKED) != 0 ||
	       ((p->flags & F_CONTENT_LENGTH) != 0 && p->content_length != 0);
}

static int
on_headers_complete(llhttp_t *p)
{
	struct http_request *r = p->data;

	r->head = p->method == HTTP_HEAD;
	r->put = p->method == HTTP_PUT;
	/* Who asks for another protocol is served as if he had not. */
	p->upgrade = 0;
	/* RFC 9110 10.1.1: not for a client that may not know the answer. */
	r->expects = r->expects && p->http_minor >= 1;
	if (!has_body(p))
		return 0;
	r->status = judge(r);
	if (r->status == 200 && r->put) {
		r->status = 100;
		r->body_len = (p->flags & F_CHUNKED) != 0 ? HTTP_UNKNOWN : p->content_length;
		return HPE_PAUSED;
	}
	/* A body is not read: the answer goes out at once, and the connection ends. */
	if (r->status == 200)
		r->status = 413;
	return -1;
}

static int
on_body(llhttp_t *p, const char *at, size_t len)
{
	struct http_request *r = p->data;

	r->status = r->body(r->user, at, len);
	r->body_off += len;
	return r->status != 0 ? -1 : 0;
}

static int
on_message_complete(llhttp_t *p)
{
	struct http_request *r = p->data;

	/* What has its body was judged in front of that. */
	r->status = r->body != NULL ? 200 : judge(r);
	r->keep_alive = llhttp_should_keep_alive(p) != 0 && r->status != 505 && r->status != 400;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_url = on_url,
	.on_header_field = on_header_field,
	.on_header_value = on_header_value,
	.on_header_value_complete = on_header_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

static void
start(struct http_request *r)
{
	r->status = 0;
	r->head = false;
	r->keep_alive = false;
	r->put = false;
	r->expects = false;
	r->unfit = false;
	r->unmet = false;
	r->coded = false;
	r->body = NULL;
	r->body_len = 0;
	r->body_off = 0;
	r->hosts = 0;
	r->field_len = 0;
	r->value_len = 0;
	r->head_len = 0;
	r->target_len = 0;
	r->target[0] = '\0';
}

void
http_init(struct http_request *r)
{
	llhttp_init(&r->parser, HTTP_REQUEST, &settings);
	r->parser.data = r;
	r->may_put = false;
	start(r);
}

void
http_next(struct http_request *r)
{
	llhttp_resume(&r->parser);
	start(r);
}

void
http_take(struct http_request *r, http_body body, void *user)
{
	r->body = body;
	r->user = user;
	r->status = 0;
	llhttp_resume(&r->parser);
}

/* What frames a body counts, too: a chunk of one byte has six for that. */
static bool
is_too_long(const struct http_request *r)
{
	return r->head_len > HTTP_HEAD_MAX + 8 * r->body_off;
}

size_t
http_feed(struct http_request *r, const char *bytes, size_t len)
{
	uint64_t body_off = r->body_off;
	llhttp_errno_t err;
	size_t taken = len;

	if (r->status != 0)
		return 0;
	err = llhttp_execute(&r->parser, bytes, len);
	if (err != HPE_OK)
		taken = (size_t)(llhttp_get_error_pos(&r->parser) - bytes);
	/* A complete request has its status from on_message_complete(). */
	if (err != HPE_OK && r->status == 0)
		r->status = 400;
	r->head_len += taken - (r->body_off - body_off);
	if (is_too_long(r)) {
		r->status = 431;
		r->keep_alive = false;
	}
	return taken;
}

static const char *
reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 201:
		return "Created";
	case 204:
		return "No Content";
	case 400:
		return "Bad Request";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 409:
		return "Conflict";
	case 411:
		return "Length Required";
	case 413:
		return "Content Too Large";
	case 414:
		return "URI Too Long";
	case 417:
		return "Expectation Failed";
	case 431:
		return "Request Header Fields Too Large";
	case 501:
		return "Not Implemented";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	case 507:
		return "Insufficient Storage";
	default:
		return "Internal Server Error";
	}
}

size_t
http_write(char out[HTTP_ANSWER_MAX], const struct http_answer *a)
{
	char date[64] = "", text[64] = "", body[128] = "";
	uint64_t length = a->length;
	const char *type = a->type;
	time_t now = time(NULL);
	struct tm tm;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
	if (a->status != 200 && a->status != 204) {
		snprintf(text, sizeof(text), "%d %s\n", a->status, reason(a->status));
		length = strlen(text);
		type = "text/plain";
	}
	/* RFC 9110 8.6: no length where there is no body. */
	if (a->status != 204)
		snprintf(body, sizeof(body), "Content-Type: %s\r\nContent-Length: %" PRIu64 "\r\n",
			 type, length);
	return (size_t)snprintf(out, HTTP_ANSWER_MAX,
				"HTTP/1.1 %d %s\r\n"
				"Date: %s\r\n"
				"%s%s%s%s\r\n%s",
				a->status, reason(a->status), date, body,
				/* A file goes as a whole (RFC 9110 14.3). */
				a->status == 200 ? "Accept-Ranges: none\r\n" : "",
				a->status != 405 ? "" :
				a->may_put       ? "Allow: GET, HEAD, PUT\r\n" :
						   "Allow: GET, HEAD\r\n",
				a->keep_alive ? "Connection: keep-alive\r\n" :
						"Connection: close\r\n",
				a->head ? "" : text);
}

const char *
http_type(const char *name)
{
	static const struct {
		const char *ending;
		const char *type;
	} types[] = {
		{ ".html", "text/html" },      { ".htm", "text/html" },
		{ ".txt", "text/plain" },      { ".css", "text/css" },
		{ ".js", "text/javascript" },  { ".json", "application/json" },
		{ ".png", "image/png" },       { ".jpg", "image/jpeg" },
		{ ".svg", "image/svg+xml" },   { ".mp4", "video/mp4" },
		{ ".pdf", "application/pdf" },
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(dot, types[i].ending) == 0)
			return types[i].type;
	return "application/octet-stream";
}
