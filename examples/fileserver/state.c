/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "state.h"

#include <errno.h>

#include <openssl/ssl.h>

#include <recordtls/openssl.h>

#define SECOND_US UINT64_C(1000000)
#define WRITER_US (60 * SECOND_US)
#define READER_US (60 * SECOND_US)
#define RETRY_US  (SECOND_US / 20)

/* Which wait bounds a state; from CONN_REQUEST on, see state_note_progress(). */
static const enum conn_wait wait_of[] = {
	[CONN_HANDSHAKE] = CONN_WAIT_READER, /* the listener ends it long before */
	[CONN_REQUEST] = CONN_WAIT_REQUEST,
	[CONN_CONTINUE] = CONN_WAIT_READER,
	[CONN_UPLOAD] = CONN_WAIT_WRITER,
	[CONN_STORE] = CONN_WAIT_WRITER,
	[CONN_HEAD] = CONN_WAIT_READER,
	[CONN_BODY] = CONN_WAIT_READER,
	[CONN_CLOSE_NOTIFY] = CONN_WAIT_FAREWELL,
	[CONN_LINGER] = CONN_WAIT_FAREWELL, /* since the last byte that came */
	[CONN_END] = CONN_WAIT_FAREWELL,
};

static const uint64_t patience_us[] = {
	[CONN_WAIT_ROOM] = RETRY_US,           [CONN_WAIT_REQUEST] = 0, /* conn_env has it */
	[CONN_WAIT_WRITER] = WRITER_US,        [CONN_WAIT_READER] = READER_US,
	[CONN_WAIT_FAREWELL] = 10 * SECOND_US,
};

void
state_be_patient(struct conn *c, enum conn_wait wait, uint64_t now_us)
{
	c->patience = wait;
	c->deadline_us = now_us + (wait == CONN_WAIT_REQUEST ? c->env->idle_us : patience_us[wait]);
}

enum turn
state_enter(struct conn *c, enum conn_state state, uint64_t now_us)
{
	c->state = state;
	state_be_patient(c, wait_of[state], now_us);
	c->snd_queued = 0;
	return TURN_AGAIN;
}

void
state_note_progress(struct conn *c, uint64_t now_us)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	if (c->state == CONN_HANDSHAKE || c->state == CONN_END)
		return;
	rtls_sock_info(c->sock, &info);
	if (info.snd_queued == c->snd_queued)
		return;
	c->snd_queued = info.snd_queued;
	state_be_patient(c, info.snd_queued != 0 ? CONN_WAIT_READER : wait_of[c->state], now_us);
}

enum turn
state_wait(struct conn *c, uint32_t events)
{
	c->wanted = events;
	return TURN_WAIT;
}

/* While it sends it does not receive; but key updates may be asked for (RFC 8446 4.6.3). */
enum turn
state_wait_to_send(struct conn *c)
{
	return state_wait(c, RTLS_WRITABLE | RTLS_CONTROL);
}

enum turn
state_may_send(struct conn *c)
{
	int rc = rtls_ssl_service(c->ssl);

	return rc == 0 ? TURN_AGAIN : rc == -EAGAIN ? state_wait_to_send(c) : TURN_FAIL;
}

enum turn
state_after_refusal(struct conn *c, ssize_t rc)
{
	return rc == -EAGAIN || rc == -ENOMEM ? state_wait_to_send(c) : TURN_FAIL;
}

enum turn
state_receive(struct conn *c, char *to, size_t len, ssize_t *n)
{
	*n = rtls_ssl_recv(c->ssl, to, len, 0);
	c->short_of_memory = *n == -ENOMEM;
	if (*n == -EAGAIN || *n == -ENOMEM)
		/* The answer to a key update, too, may be owed still. */
		return state_wait(
			c,
			RTLS_READABLE | (rtls_ssl_service(c->ssl) == -EAGAIN ? RTLS_WRITABLE : 0));
	return *n < 0 ? TURN_FAIL : TURN_AGAIN;
}
