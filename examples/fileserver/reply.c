/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "reply.h"

#include <recordtls/openssl.h>

#include "farewell.h"
#include "path.h"
#include "rekey.h"

/* Opens what the request asks for; returns the status of the answer. */
static int
find_file(struct conn *c, char *path, size_t cap, uint64_t now_us)
{
	int status = path_decode(c->request.target, path, cap);

	if (status != 200)
		return status;
	return body_open(&c->body, c->env->files, path, now_us, c->env->stack, c->ssl);
}

static enum turn
send_answer(struct conn *c, struct http_answer *a, uint64_t now_us)
{
	c->head_len = http_write(c->head, a);
	c->head_off = 0;
	c->env->requests++;
	return state_enter(c, CONN_HEAD, now_us);
}

/* Of a request that has nothing of its own but its status. */
enum turn
reply_status(struct conn *c, int status, bool keep_alive, uint64_t now_us)
{
	struct http_answer a = {
		.status = status,
		.head = c->request.head,
		.keep_alive = keep_alive,
		.may_put = c->request.may_put,
	};

	upload_close(c->upload);
	c->upload = NULL;
	return send_answer(c, &a, now_us);
}

enum turn
reply_file(struct conn *c, uint64_t now_us)
{
	struct http_answer a = {
		.head = c->request.head,
		.keep_alive = c->request.keep_alive,
	};
	char path[HTTP_TARGET_MAX + 1];

	a.status = find_file(c, path, sizeof(path), now_us);
	if (a.status != 200)
		return reply_status(c, a.status, a.keep_alive, now_us);
	a.length = c->body.len;
	a.type = http_type(path);
	if (a.head || a.length == 0)
		body_close(&c->body);
	return send_answer(c, &a, now_us);
}

static enum turn
finish_answer(struct conn *c, uint64_t now_us)
{
	bool more = c->request.keep_alive;

	body_close(&c->body);
	if (!more)
		return farewell_begin(c, now_us);
	http_next(&c->request);
	return state_enter(c, CONN_REQUEST, now_us);
}

enum turn
reply_head(struct conn *c, uint64_t now_us)
{
	/* One record for the head and the beginning of the file. */
	int flags = body_is_open(&c->body) ? RTLS_MSG_MORE : 0;
	ssize_t n = rtls_ssl_send(c->ssl, c->head + c->head_off, c->head_len - c->head_off, flags);

	if (n < 0)
		return state_after_refusal(c, n);
	c->head_off += (size_t)n;
	if (c->head_off < c->head_len)
		return TURN_AGAIN;
	return body_is_open(&c->body) ? state_enter(c, CONN_BODY, now_us) :
					finish_answer(c, now_us);
}

enum turn
reply_body(struct conn *c, uint64_t now_us)
{
	/* rtls_ssl_send() serves by itself. */
	enum turn turn = c->body.way == BODY_SENDFILE ? state_may_send(c) : TURN_AGAIN;
	ssize_t n;

	if (turn != TURN_AGAIN)
		return turn;
	n = body_send(&c->body, c->sock, c->ssl);
	if (n < 0)
		return state_after_refusal(c, n);
	/* The file became shorter than what Content-Length promised. */
	if (n == 0)
		return TURN_ABORT;
	return c->body.off < c->body.len ? rekey_after(c, (size_t)n) : finish_answer(c, now_us);
}
