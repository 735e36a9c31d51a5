/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "conn.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <recordtls/openssl.h>

#include "path.h"

#define SECOND_US  UINT64_C(1000000)
#define LINGER_US  (120 * SECOND_US) /* for the rest of what we answered already */
#define LINGER_MAX (UINT64_C(128) << 20)
#define READER_US  (60 * SECOND_US)
#define RETRY_US   (SECOND_US / 20)

/* How a state goes on. */
enum turn {
	TURN_AGAIN, /* there is more to do at once, perhaps in another state */
	TURN_WAIT,  /* for an event */
	TURN_FAIL,  /* over; an alert that libssl has sent still gets out */
	TURN_ABORT, /* over, and the peer must see that it was cut short */
};

/* Which wait bounds a state; from CONN_REQUEST on, see note_progress(). */
static const enum conn_wait wait_of[] = {
	[CONN_HANDSHAKE] = CONN_WAIT_READER, /* the listener ends it long before */
	[CONN_REQUEST] = CONN_WAIT_REQUEST,  [CONN_HEAD] = CONN_WAIT_READER,
	[CONN_BODY] = CONN_WAIT_READER,      [CONN_CLOSE_NOTIFY] = CONN_WAIT_FAREWELL,
	[CONN_LINGER] = CONN_WAIT_FAREWELL, /* since the last byte that came */
	[CONN_END] = CONN_WAIT_FAREWELL,
};

static const uint64_t patience_us[] = {
	[CONN_WAIT_ROOM] = RETRY_US,
	[CONN_WAIT_REQUEST] = 0, /* conn_env has it */
	[CONN_WAIT_READER] = READER_US,
	[CONN_WAIT_FAREWELL] = 10 * SECOND_US,
};

static void
be_patient(struct conn *c, enum conn_wait wait, uint64_t now_us)
{
	c->patience = wait;
	c->deadline_us = now_us + (wait == CONN_WAIT_REQUEST ? c->env->idle_us : patience_us[wait]);
}

static enum turn
enter(struct conn *c, enum conn_state state, uint64_t now_us)
{
	c->state = state;
	be_patient(c, wait_of[state], now_us);
	c->snd_queued = 0;
	return TURN_AGAIN;
}

/*
 * A slow reader is not an idle one: while our bytes wait for the peer, the time
 * counts from the last one that was sent or that it took. Called on both sides of
 * a step: a queue filled up to where it was before does not look changed.
 */
static void
note_progress(struct conn *c, uint64_t now_us)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	if (c->state == CONN_HANDSHAKE || c->state == CONN_END)
		return;
	rtls_sock_info(c->sock, &info);
	if (info.snd_queued == c->snd_queued)
		return;
	c->snd_queued = info.snd_queued;
	be_patient(c, info.snd_queued != 0 ? CONN_WAIT_READER : wait_of[c->state], now_us);
}

uint64_t
conn_due(const struct conn *c, uint64_t now_us, enum conn_wait *wait)
{
	/* Nor does an event tell that the peer has taken all. */
	bool soon = (c->wanted & RTLS_WRITABLE) != 0 || c->short_of_memory || c->snd_queued != 0;

	*wait = soon ? CONN_WAIT_ROOM : c->patience;
	return soon ? now_us + RETRY_US : c->deadline_us;
}

static enum turn
wait_for(struct conn *c, uint32_t events)
{
	c->wanted = events;
	return TURN_WAIT;
}

/* While it sends it does not receive; but key updates may be asked for (RFC 8446 4.6.3). */
static enum turn
wait_to_send(struct conn *c)
{
	return wait_for(c, RTLS_WRITABLE | RTLS_CONTROL);
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
	enter(c, CONN_HANDSHAKE, now_us);
	return true;
}

static struct rtls_sock *
release(struct conn *c)
{
	struct rtls_sock *k = c->sock;

	body_close(&c->body);
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
		return wait_for(c, RTLS_READABLE | (SSL_want_write(c->ssl) ? RTLS_WRITABLE : 0));
	if (rc < 0)
		return TURN_FAIL;
	return enter(c, CONN_REQUEST, now_us);
}

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
answer(struct conn *c, uint64_t now_us)
{
	struct http_answer a = {
		.status = c->request.status,
		.head = c->request.head,
		.keep_alive = c->request.keep_alive,
	};
	char path[HTTP_TARGET_MAX + 1];

	if (a.status == 200)
		a.status = find_file(c, path, sizeof(path), now_us);
	if (a.status == 200) {
		a.length = c->body.len;
		a.type = http_type(path);
		if (a.head || a.length == 0)
			body_close(&c->body);
	}
	c->head_len = http_write(c->head, &a);
	c->head_off = 0;
	c->env->requests++;
	return enter(c, CONN_HEAD, now_us);
}

static enum turn
farewell(struct conn *c, uint64_t now_us)
{
	return enter(c, CONN_CLOSE_NOTIFY, now_us);
}

static enum turn
read_request(struct conn *c, uint64_t now_us)
{
	ssize_t n;

	if (c->in_off < c->in_len) {
		c->in_off += http_feed(&c->request, c->in + c->in_off, c->in_len - c->in_off);
		return c->request.status != 0 ? answer(c, now_us) : TURN_AGAIN;
	}
	c->in_off = 0;
	c->in_len = 0;
	n = rtls_ssl_recv(c->ssl, c->in, sizeof(c->in), 0);
	c->short_of_memory = n == -ENOMEM;
	if (n == -EAGAIN || n == -ENOMEM)
		/* The answer to a key update, too, may be owed still. */
		return wait_for(c,
				RTLS_READABLE |
					(rtls_ssl_service(c->ssl) == -EAGAIN ? RTLS_WRITABLE : 0));
	if (n <= 0)
		return n == 0 ? farewell(c, now_us) : TURN_FAIL;
	c->in_len = (size_t)n;
	return TURN_AGAIN;
}

static enum turn
finish_answer(struct conn *c, uint64_t now_us)
{
	bool more = c->request.keep_alive;

	body_close(&c->body);
	if (!more)
		return farewell(c, now_us);
	http_next(&c->request);
	return enter(c, CONN_REQUEST, now_us);
}

/* TURN_AGAIN: now. Nothing is sent past what libssl owes. */
static enum turn
may_send(struct conn *c)
{
	int rc = rtls_ssl_service(c->ssl);

	return rc == 0 ? TURN_AGAIN : rc == -EAGAIN ? wait_to_send(c) : TURN_FAIL;
}

static enum turn
after_refusal(struct conn *c, ssize_t rc)
{
	return rc == -EAGAIN || rc == -ENOMEM ? wait_to_send(c) : TURN_FAIL;
}

static enum turn
send_head(struct conn *c, uint64_t now_us)
{
	/* One record for the head and the beginning of the file. */
	int flags = body_is_open(&c->body) ? RTLS_MSG_MORE : 0;
	ssize_t n = rtls_ssl_send(c->ssl, c->head + c->head_off, c->head_len - c->head_off, flags);

	if (n < 0)
		return after_refusal(c, n);
	c->head_off += (size_t)n;
	if (c->head_off < c->head_len)
		return TURN_AGAIN;
	return body_is_open(&c->body) ? enter(c, CONN_BODY, now_us) : finish_answer(c, now_us);
}

static enum turn
send_body(struct conn *c, uint64_t now_us)
{
	/* rtls_ssl_send() serves by itself. */
	enum turn turn = c->body.way == BODY_SENDFILE ? may_send(c) : TURN_AGAIN;
	ssize_t n;

	if (turn != TURN_AGAIN)
		return turn;
	n = body_send(&c->body, c->sock, c->ssl);
	if (n < 0)
		return after_refusal(c, n);
	/* The file became shorter than what Content-Length promised. */
	if (n == 0)
		return TURN_ABORT;
	return c->body.off < c->body.len ? TURN_AGAIN : finish_answer(c, now_us);
}

static enum turn
say_farewell(struct conn *c, uint64_t now_us)
{
	enum turn turn = may_send(c);

	if (turn != TURN_AGAIN)
		return turn;
	/* Also where libssl has the alert sealed, and there was no room for it. */
	if ((SSL_get_shutdown(c->ssl) & SSL_SENT_SHUTDOWN) == 0 || SSL_want_write(c->ssl)) {
		ERR_clear_error();
		if (SSL_shutdown(c->ssl) >= 0)
			return TURN_AGAIN;
		ERR_clear_error();
		return SSL_want_write(c->ssl) ? wait_to_send(c) : TURN_FAIL;
	}
	if (rtls_shutdown(c->sock, RTLS_SHUT_WR) < 0)
		return TURN_FAIL;
	c->linger_us = now_us + LINGER_US;
	c->linger_len = 0;
	return enter(c, CONN_LINGER, now_us);
}

/*
 * Reads the rest away: who still sends is to find our answer when he is done, not a reset. Not
 * for ever (RFC 9112 9.6).
 */
static enum turn
linger(struct conn *c, uint64_t now_us)
{
	ssize_t n = rtls_ssl_recv(c->ssl, c->in, sizeof(c->in), 0);

	if (n > 0) {
		be_patient(c, CONN_WAIT_FAREWELL, now_us);
		c->linger_len += (uint64_t)n;
		if (now_us >= c->linger_us || c->linger_len > LINGER_MAX)
			return enter(c, CONN_END, now_us);
		return TURN_AGAIN;
	}
	c->short_of_memory = n == -ENOMEM;
	if (n == -EAGAIN || n == -ENOMEM)
		return wait_for(c, RTLS_READABLE);
	/* close_notify, a bare FIN or an error: nothing more comes that matters. */
	return enter(c, CONN_END, now_us);
}

static enum turn
take_turn(struct conn *c, uint64_t now_us)
{
	switch (c->state) {
	case CONN_HANDSHAKE:
		return do_handshake(c, now_us);
	case CONN_REQUEST:
		return read_request(c, now_us);
	case CONN_HEAD:
		return send_head(c, now_us);
	case CONN_BODY:
		return send_body(c, now_us);
	case CONN_CLOSE_NOTIFY:
		return say_farewell(c, now_us);
	case CONN_LINGER:
		return linger(c, now_us);
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
		farewell(c, now_us);
		return go_on(c, now_us);
	}
	return c->state == CONN_LINGER ? enter(c, CONN_END, now_us) : TURN_ABORT;
}

bool
conn_step(struct conn *c, uint64_t now_us)
{
	enum turn turn;

	note_progress(c, now_us);
	turn = go_on(c, now_us);
	note_progress(c, now_us);
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
