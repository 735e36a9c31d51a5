/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE /* strptime() */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A name or a value may come in pieces; of what is too long the rest is left out, and it is no match. */
static void
append(char *to, size_t cap, size_t *len, const char *at, size_t n)
{
	size_t room = cap - 1 - *len;

	if (n > room)
		n = room;
	memcpy(to + *len, at, n);
	*len += n;
	to[*len] = '\0';
}

static int
on_header_field(llhttp_t *p, const char *at, size_t len)
{
	struct answer *a = p->data;

	append(a->name, sizeof(a->name), &a->name_len, at, len);
	return 0;
}

static int
on_header_value(llhttp_t *p, const char *at, size_t len)
{
	struct answer *a = p->data;

	append(a->value, sizeof(a->value), &a->value_len, at, len);
	return 0;
}

/* 0: it is no date (RFC 9110 5.6.7). */
static time_t
parse_date(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);

	return end != NULL && *end == '\0' ? timegm(&tm) : 0;
}

/* Digits, and where they end. NULL: none, or too many. */
static const char *
parse_number(const char *text, uint64_t *out)
{
	const char *p = text;

	*out = 0;
	while (*p >= '0' && *p <= '9' && p - text < 19)
		*out = *out * 10 + (uint64_t)(*p++ - '0');
	return p > text && (*p < '0' || *p > '9') ? p : NULL;
}

/* "bytes FIRST-LAST/TOTAL", or with a star for what is not known, or not there. */
static void
parse_range(struct answer *a)
{
	uint64_t first = ANSWER_UNKNOWN, last, total = ANSWER_UNKNOWN;
	const char *p = a->value + 6;

	if (strncasecmp(a->value, "bytes ", 6) != 0)
		return;
	if (*p == '*') {
		p++;
	} else {
		p = parse_number(p, &first);
		p = p != NULL && *p == '-' ? parse_number(p + 1, &last) : NULL;
		if (p == NULL || last < first)
			return;
	}
	if (*p != '/')
		return;
	if (p[1] != '*' && (p = parse_number(p + 1, &total)) == NULL)
		return;
	a->range_first = first;
	a->range_total = total;
}

static bool
is_chunked(const char *value)
{
	return strncasecmp(value, "chunked", 7) == 0 && value[7 + strspn(value + 7, " \t")] == '\0';
}

/* It is printed on somebody's terminal. */
static void
keep_printable(struct answer *a)
{
	for (size_t i = 0; i <= a->value_len; i++) {
		char c = a->value[i];

		a->location[i] = c == '\0' || (c > ' ' && c <= '~') ? c : '?';
	}
}

static int
on_header_value_complete(llhttp_t *p)
{
	struct answer *a = p->data;
	bool fits = a->value_len < sizeof(a->value) - 1;

	/* Trailers and what comes with 1xx say nothing that is wanted. */
	if (a->status == 0 && llhttp_get_status_code(p) >= 200 && fits) {
		if (strcasecmp(a->name, "location") == 0)
			keep_printable(a);
		else if (strcasecmp(a->name, "content-range") == 0)
			parse_range(a);
		else if (strcasecmp(a->name, "date") == 0)
			a->date = parse_date(a->value);
		else if (strcasecmp(a->name, "last-modified") == 0)
			a->last_modified = parse_date(a->value);
	}
	if (a->status == 0 && strcasecmp(a->name, "transfer-encoding") == 0 &&
	    !is_chunked(a->value))
		a->coded = true;
	a->name_len = 0;
	a->value_len = 0;
	a->name[0] = '\0';
	a->value[0] = '\0';
	return 0;
}

/* llhttp has a reason of its own for some callbacks that fail. */
static int
refuse(llhttp_t *p, const char *why)
{
	struct answer *a = p->data;

	a->why = why;
	return -1;
}

static int
on_headers_complete(llhttp_t *p)
{
	struct answer *a = p->data;
	int status = llhttp_get_status_code(p);

	if (p->http_major != 1)
		return refuse(p, "it is not HTTP/1");
	if (status == 101)
		return refuse(p, "it changes to another protocol");
	p->upgrade = 0;
	if (status < 200)
		return 0;
	if (a->coded || ((p->flags & F_TRANSFER_ENCODING) != 0 && (p->flags & F_CHUNKED) == 0))
		return refuse(p, "it has a transfer coding that was not asked for");
	a->status = status;
	if ((p->flags & F_CONTENT_LENGTH) != 0)
		a->length = p->content_length;
	return 0;
}

static int
on_body(llhttp_t *p, const char *at, size_t len)
{
	struct answer *a = p->data;

	if (a->body(a->user, at, len) != 0)
		return refuse(p, "its body is not taken");
	a->body_len += len;
	return 0;
}

static int
on_message_complete(llhttp_t *p)
{
	struct answer *a = p->data;

	if (a->status == 0) {
		a->may_send = a->may_send || llhttp_get_status_code(p) == 100;
		return 0;
	}
	a->done = true;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_header_field = on_header_field,
	.on_header_value = on_header_value,
	.on_header_value_complete = on_header_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

void
answer_init(struct answer *a, answer_body body, void *user)
{
	*a = (struct answer){ .body = body,
			      .user = user,
			      .length = ANSWER_UNKNOWN,
			      .range_first = ANSWER_UNKNOWN,
			      .range_total = ANSWER_UNKNOWN };
	llhttp_init(&a->parser, HTTP_RESPONSE, &settings);
	a->parser.data = a;
}

/* What frames a body counts, too: a chunk of one byte has five for that. */
static bool
is_too_long(const struct answer *a)
{
	return a->head_len > ANSWER_HEAD_MAX + 8 * a->body_len;
}

const char *
answer_feed(struct answer *a, const char *bytes, size_t len)
{
	uint64_t body_len = a->body_len;
	llhttp_errno_t err = llhttp_execute(&a->parser, bytes, len);
	const char *reason;

	if (a->done)
		return NULL;
	a->head_len += len - (a->body_len - body_len);
	if (err == HPE_OK)
		return is_too_long(a) ? "what is not its body is too long" : NULL;
	if (a->why != NULL)
		return a->why;
	reason = llhttp_get_error_reason(&a->parser);
	return reason != NULL && reason[0] != '\0' ? reason : llhttp_errno_name(err);
}

bool
answer_end(struct answer *a)
{
	if (!a->done && a->status != 0)
		llhttp_finish(&a->parser);
	return a->done;
}
