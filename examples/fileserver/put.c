/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "put.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include <recordtls/openssl.h>

#include "path.h"
#include "rekey.h"
#include "reply.h"

enum {
	PIECE_LEN = 64 << 10, /* of what a client sends, in one go */
};

/* The status of an answer; 200: c->upload is open. */
static int
open_upload(struct conn *c)
{
	char path[HTTP_TARGET_MAX + 1];
	uint64_t len = c->request.body_len;
	int status = path_decode(c->request.target, path, sizeof(path));

	return status != 200 ?
		       status :
		       upload_open(c->env->uploads, path,
				   len != HTTP_UNKNOWN ? len : UPLOAD_UNKNOWN, c, &c->upload);
}

static int
take_bytes(void *upload, const char *bytes, size_t len)
{
	return upload_take(upload, bytes, len);
}

enum turn
put_begin(struct conn *c, uint64_t now_us)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	bool is_whole = c->request.status == 200;
	int status = open_upload(c);

	if (status != 200)
		return reply_status(c, status, is_whole && c->request.keep_alive, now_us);
	c->upload_us = now_us;
	if (is_whole)
		return state_enter(c, CONN_STORE, now_us);
	http_take(&c->request, take_bytes, c->upload);
	/* Not where the body is coming already (RFC 9110 10.1.1). */
	if (!c->request.expects || c->in_off < c->in_len)
		return state_enter(c, CONN_UPLOAD, now_us);
	memcpy(c->head, go_on, sizeof(go_on) - 1);
	c->head_len = sizeof(go_on) - 1;
	c->head_off = 0;
	return state_enter(c, CONN_CONTINUE, now_us);
}

enum turn
put_continue(struct conn *c, uint64_t now_us)
{
	ssize_t n = rtls_ssl_send(c->ssl, c->head + c->head_off, c->head_len - c->head_off, 0);

	if (n < 0)
		return state_after_refusal(c, n);
	c->head_off += (size_t)n;
	return c->head_off < c->head_len ? TURN_AGAIN : state_enter(c, CONN_UPLOAD, now_us);
}

/* Its thread tells when it has done something; key updates may be asked for meanwhile. */
static enum turn
wait_for_writer(struct conn *c)
{
	int rc = rtls_ssl_service(c->ssl);

	if (rc < 0 && rc != -EAGAIN)
		return TURN_FAIL;
	return state_wait(c, RTLS_CONTROL | (rc == -EAGAIN ? RTLS_WRITABLE : 0));
}

static enum turn
feed(struct conn *c, const char *bytes, size_t len, size_t *taken, uint64_t now_us)
{
	*taken = http_feed(&c->request, bytes, len);
	state_be_patient(c, CONN_WAIT_WRITER, now_us);
	if (c->request.status == 0)
		return TURN_AGAIN;
	if (c->request.status == 200)
		return state_enter(c, CONN_STORE, now_us);
	return reply_status(c, c->request.status, false, now_us);
}

/* What came with the head, or behind a chunk. */
static enum turn
take_rest(struct conn *c, size_t room, uint64_t now_us)
{
	size_t len = RTE_MIN(c->in_len - c->in_off, room), taken;
	enum turn turn = feed(c, c->in + c->in_off, len, &taken, now_us);

	c->in_off += taken;
	return turn;
}

/* Of a known length: nothing behind it is read. */
static enum turn
take_piece(struct conn *c, size_t room, uint64_t now_us)
{
	static char piece[PIECE_LEN]; /* there is one thread */
	uint64_t left = c->request.body_len - c->request.body_off;
	enum turn turn;
	size_t taken;
	ssize_t n;

	room = RTE_MIN(room, sizeof(piece));
	turn = state_receive(c, piece, RTE_MIN(room, left), &n);
	if (turn == TURN_AGAIN)
		turn = rekey_after(c, (size_t)n);
	if (turn != TURN_AGAIN)
		return turn;
	return n != 0 ? feed(c, piece, (size_t)n, &taken, now_us) : TURN_FAIL;
}

/* In chunks: behind the last one may be the next request. */
static enum turn
take_chunks(struct conn *c, size_t room)
{
	enum turn turn;
	ssize_t n;

	c->in_off = 0;
	c->in_len = 0;
	turn = state_receive(c, c->in, RTE_MIN(sizeof(c->in), room), &n);
	if (turn == TURN_AGAIN)
		turn = rekey_after(c, (size_t)n);
	if (turn != TURN_AGAIN)
		return turn;
	c->in_len = (size_t)n;
	return n != 0 ? TURN_AGAIN : TURN_FAIL;
}

/* Nothing is read that there is no room for: the window closes. An end within the body is no end of it. */
enum turn
put_take(struct conn *c, uint64_t now_us)
{
	size_t room = upload_room(c->upload);
	int status = upload_status(c->upload);

	if (status != 0)
		return reply_status(c, status, false, now_us);
	if (room == 0)
		return wait_for_writer(c);
	/* A byte now and then would keep its place for ever. */
	if (upload_is_slow(c->upload, now_us - c->upload_us))
		return reply_status(c, 408, false, now_us);
	if (c->in_off < c->in_len)
		return take_rest(c, room, now_us);
	return c->request.body_len != HTTP_UNKNOWN ? take_piece(c, room, now_us) :
						     take_chunks(c, room);
}

enum turn
put_store(struct conn *c, uint64_t now_us)
{
	int status = upload_end(c->upload);

	if (status == 0)
		return wait_for_writer(c);
	if (status == 201 || status == 204) {
		c->env->stored++;
		file_cache_look(c->env->files);
	}
	return reply_status(c, status, c->request.keep_alive, now_us);
}
