/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <recordtls/openssl.h>

#include "path.h"

#define SECOND_US UINT64_C(1000000)
#define READER_US (60 * SECOND_US) /* for a peer that takes nothing of what waits for it */

/* How a state goes on. */
enum turn {
	TURN_AGAIN, /* there is more to do at once, perhaps in another state */
	TURN_WAIT,  /* for an event */
	TURN_FAIL,  /* over; an alert that libssl has sent still gets out */
	TURN_ABORT, /* over, and the peer must see that it was cut short */
};

/* How long a state may last; from CONN_REQUEST on, see note_progress(). */
static const uint64_t patience_us[] = {
	[CONN_HANDSHAKE] = 10 * SECOND_US,
	[CONN_REQUEST] = 60 * SECOND_US,
	[CONN_HEAD] = READER_US,
	[CONN_BODY] = READER_US,
	[CONN_CLOSE_NOTIFY] = 10 * SECOND_US,
	[CONN_LINGER] = 5 * SECOND_US,
	[CONN_END] = 0,
};

static enum turn
enter(struct conn *c, enum conn_state state, uint64_t now_us)
{
	c->state = state;
	c->deadline_us = now_us + patience_us[state];
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
	struct rtls_sock_info info;

	if (c->state == CONN_HANDSHAKE || c->state == CONN_END)
		return;
	rtls_sock_info(c->sock, &info);
	if (info.snd_queued == c->snd_queued)
		return;
	c->snd_queued = info.snd_queued;
	c->deadline_us = now_us + (info.snd_queued != 0 ? READER_US : patience_us[c->state]);
}

static enum turn
wait_for(struct conn *c, uint32_t events)
{
	c->wanted = events;
	return TURN_WAIT;
}

bool
conn_open(struct conn *c, struct conn_env *env, struct rtls_sock *k, uint64_t now_us)
{
	memset(c, 0, offsetof(struct conn, request));
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

static void
drop_file(struct conn *c)
{
	if (c->file != NULL)
		rtls_file_put(c->file);
	c->file = NULL;
}

static struct rtls_sock *
release(struct conn *c)
{
	struct rtls_sock *k = c->sock;

	drop_file(c);
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
	struct rtls_ssl_status st;
	int rc = rtls_ssl_service(c->ssl);

	if (rc == -EAGAIN)
		return wait_for(c, RTLS_READABLE | (SSL_want_write(c->ssl) ? RTLS_WRITABLE : 0));
	if (rc < 0)
		return TURN_FAIL;
	/* Without our keys rtls_send() would send clear text. */
	if (rtls_ssl_status(c->ssl, &st) < 0 || !st.tx_handed_over)
		return TURN_ABORT;
	return enter(c, CONN_REQUEST, now_us);
}

/* Opens what the request asks for; returns the status of the answer. */
static int
find_file(struct conn *c, char *path, size_t cap)
{
	int fd, rc, status;

	status = path_decode(c->request.target, path, cap);
	if (status == 200)
		status = path_open(c->env->root_fd, path, &fd);
	if (status != 200)
		return status;
	rc = rtls_file_open(c->env->stack, fd, NULL, &c->file);
	if (rc == 0)
		return 200;
	close(fd);
	return rc == -ENOMEM ? 503 : 404;
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
		a.status = find_file(c, path, sizeof(path));
	if (a.status == 200) {
		a.length = rtls_file_size(c->file);
		a.type = http_type(path);
		c->file_off = 0;
		c->file_len = a.length;
		if (a.head || a.length == 0)
			drop_file(c);
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
	int rc = rtls_ssl_service(c->ssl);

	if (rc < 0 && rc != -EAGAIN)
		return TURN_FAIL;
	if (c->in_off < c->in_len) {
		c->in_off += http_feed(&c->request, c->in + c->in_off, c->in_len - c->in_off);
		return c->request.status != 0 ? answer(c, now_us) : TURN_AGAIN;
	}
	c->in_off = 0;
	c->in_len = 0;
	ERR_clear_error();
	if (SSL_read_ex(c->ssl, c->in, sizeof(c->in), &c->in_len))
		return TURN_AGAIN;
	switch (SSL_get_error(c->ssl, 0)) {
	case SSL_ERROR_WANT_READ:
		/* A KeyUpdate may have come; its answer is owed. */
		rc = rtls_ssl_service(c->ssl);
		if (rc < 0 && rc != -EAGAIN)
			return TURN_FAIL;
		return wait_for(c, RTLS_READABLE | (rc == -EAGAIN ? RTLS_WRITABLE : 0));
	case SSL_ERROR_WANT_WRITE:
		return wait_for(c, RTLS_READABLE | RTLS_WRITABLE);
	case SSL_ERROR_ZERO_RETURN:
		return farewell(c, now_us);
	default:
		ERR_clear_error();
		return TURN_FAIL;
	}
}

static enum turn
finish_answer(struct conn *c, uint64_t now_us)
{
	bool more = c->request.keep_alive;

	drop_file(c);
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

	return rc == 0 ? TURN_AGAIN : rc == -EAGAIN ? wait_for(c, RTLS_WRITABLE) : TURN_FAIL;
}

static enum turn
after_refusal(struct conn *c, ssize_t rc)
{
	return rc == -EAGAIN || rc == -ENOMEM ? wait_for(c, RTLS_WRITABLE) : TURN_FAIL;
}

static enum turn
send_head(struct conn *c, uint64_t now_us)
{
	/* One record for the head and the beginning of the file. */
	int flags = c->file != NULL ? RTLS_MSG_MORE : 0;
	enum turn turn = may_send(c);
	ssize_t n;

	if (turn != TURN_AGAIN)
		return turn;
	n = rtls_send(c->sock, c->head + c->head_off, c->head_len - c->head_off, flags);
	if (n < 0)
		return after_refusal(c, n);
	c->head_off += (size_t)n;
	if (c->head_off < c->head_len)
		return TURN_AGAIN;
	return c->file != NULL ? enter(c, CONN_BODY, now_us) : finish_answer(c, now_us);
}

static enum turn
send_body(struct conn *c, uint64_t now_us)
{
	enum turn turn = may_send(c);
	ssize_t n;

	if (turn != TURN_AGAIN)
		return turn;
	n = rtls_sendfile(c->sock, c->file, c->file_off, c->file_len - c->file_off, 0);
	if (n < 0)
		return after_refusal(c, n);
	/* The file became shorter than what Content-Length promised. */
	if (n == 0)
		return TURN_ABORT;
	c->file_off += (uint64_t)n;
	return c->file_off < c->file_len ? TURN_AGAIN : finish_answer(c, now_us);
}

static enum turn
say_farewell(struct conn *c, uint64_t now_us)
{
	enum turn turn = may_send(c);

	if (turn != TURN_AGAIN)
		return turn;
	if ((SSL_get_shutdown(c->ssl) & SSL_SENT_SHUTDOWN) == 0) {
		ERR_clear_error();
		if (SSL_shutdown(c->ssl) < 0 && !SSL_want_write(c->ssl)) {
			ERR_clear_error();
			return TURN_FAIL;
		}
		/* The alert itself may wait for room. */
		return TURN_AGAIN;
	}
	if (rtls_shutdown(c->sock, RTLS_SHUT_WR) < 0)
		return TURN_FAIL;
	return enter(c, CONN_LINGER, now_us);
}

/* Reads the rest away: closing with bytes unread would be a reset, and cut our answer short. */
static enum turn
linger(struct conn *c, uint64_t now_us)
{
	size_t n;

	ERR_clear_error();
	if (SSL_read_ex(c->ssl, c->in, sizeof(c->in), &n))
		return TURN_AGAIN;
	if (SSL_get_error(c->ssl, 0) == SSL_ERROR_WANT_READ)
		return wait_for(c, RTLS_READABLE);
	/* close_notify, a bare FIN or an error: nothing more comes that matters. */
	ERR_clear_error();
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

bool
conn_step(struct conn *c, uint64_t now_us)
{
	enum turn turn = TURN_AGAIN;

	note_progress(c, now_us);
	/* The buffers of a connection bound what it can do in one go. */
	while (turn == TURN_AGAIN && c->state != CONN_END)
		turn = take_turn(c, now_us);
	note_progress(c, now_us);
	if (turn == TURN_WAIT && c->state != CONN_END && now_us >= c->deadline_us)
		turn = TURN_ABORT;
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
