/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "conn.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <recordtls/openssl.h>

#include "farewell.h"
#include "put.h"
#include "reply.h"
#include "request.h"

#define RETRY_US UINT64_C(50000)

uint64_t
conn_due(const struct conn *c, uint64_t now_us, enum conn_wait *wait)
{
	/* Nor does an event tell that the peer has taken all. */
	bool soon = (c->wanted & RTLS_WRITABLE) != 0 || c->short_of_memory || c->snd_queued != 0;

	*wait = soon ? CONN_WAIT_ROOM : c->patience;
	return soon ? now_us + RETRY_US : c->deadline_us;
}

bool
conn_open(struct conn *c, struct conn_env *env, struct rtls_sock *k, uint64_t now_us)
{
	memset(c, 0, offsetof(struct conn, request));
	body_init(&c->body);
	c->env = env;
	c->sock = k;
	c->ssl = SSL_new(env->ctx);
	if (c->ssl == NULL || rtls_ssl_attach(c->ssl, k, RTLS_SSL_TRANSPARENT) < 0) {
		ERR_clear_error();
		conn_abort(c);
		return false;
	}
	SSL_set_accept_state(c->ssl);
	http_init(&c->request);
	c->request.may_put = env->uploads != NULL;
	state_enter(c, CONN_HANDSHAKE, now_us);
	return true;
}

static struct rtls_sock *
release(struct conn *c)
{
	struct rtls_sock *k = c->sock;

	body_close(&c->body);
	upload_close(c->upload);
	c->upload = NULL;
	/* Its BIO borrows the socket. */
	SSL_free(c->ssl);
	c->ssl = NULL;
	c->sock = NULL;
	c->state = CONN_END;
	return k;
}

void
conn_abort(struct conn *c)
{
	rtls_abort(release(c));
}

/* What was accepted is still sent. */
static void
conn_close(struct conn *c)
{
	rtls_close(release(c));
}

static enum turn
do_handshake(struct conn *c, uint64_t now_us)
{
	int rc = rtls_ssl_service(c->ssl);

	if (rc == -EAGAIN)
		return state_wait(c, RTLS_READABLE | (SSL_want_write(c->ssl) ? RTLS_WRITABLE : 0));
	if (rc < 0)
		return TURN_FAIL;
	return state_enter(c, CONN_REQUEST, now_us);
}

static enum turn
take_turn(struct conn *c, uint64_t now_us)
{
	switch (c->state) {
	case CONN_HANDSHAKE:
		return do_handshake(c, now_us);
	case CONN_REQUEST:
		return request_read(c, now_us);
	case CONN_CONTINUE:
		return put_continue(c, now_us);
	case CONN_UPLOAD:
		return put_take(c, now_us);
	case CONN_STORE:
		return put_store(c, now_us);
	case CONN_HEAD:
		return reply_head(c, now_us);
	case CONN_BODY:
		return reply_body(c, now_us);
	case CONN_CLOSE_NOTIFY:
		return farewell_say(c, now_us);
	case CONN_LINGER:
		return farewell_linger(c, now_us);
	case CONN_END:
		break;
	}
	return TURN_WAIT;
}

/* The buffers of a connection bound what it can do in one go. */
static enum turn
go_on(struct conn *c, uint64_t now_us)
{
	enum turn turn = TURN_AGAIN;

	while (turn == TURN_AGAIN && c->state != CONN_END)
		turn = take_turn(c, now_us);
	return turn;
}

/* Nobody is cut short who waits for nothing: the end of an idle connection is no failure. */
static enum turn
expired(struct conn *c, uint64_t now_us)
{
	if (c->state == CONN_REQUEST && c->snd_queued == 0) {
		farewell_begin(c, now_us);
		return go_on(c, now_us);
	}
	return c->state == CONN_LINGER ? state_enter(c, CONN_END, now_us) : TURN_ABORT;
}

bool
conn_step(struct conn *c, uint64_t now_us)
{
	enum turn turn;

	state_note_progress(c, now_us);
	turn = go_on(c, now_us);
	state_note_progress(c, now_us);
	if (turn == TURN_WAIT && c->state != CONN_END && now_us >= c->deadline_us)
		turn = expired(c, now_us);
	if (turn == TURN_ABORT || turn == TURN_FAIL)
		c->env->failed++;
	if (turn == TURN_ABORT) {
		conn_abort(c);
		return false;
	}
	if (turn == TURN_FAIL || c->state == CONN_END) {
		conn_close(c);
		return false;
	}
	if (c->wanted != c->watched) {
		rtls_sock_watch(c->sock, c->wanted, c);
		c->watched = c->wanted;
	}
	return true;
}
