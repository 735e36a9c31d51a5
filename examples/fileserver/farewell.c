/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "farewell.h"

#include <errno.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <recordtls/openssl.h>

#define SECOND_US  UINT64_C(1000000)
#define LINGER_US  (120 * SECOND_US) /* for the rest of what we answered already */
#define LINGER_MAX (UINT64_C(128) << 20)

enum turn
farewell_begin(struct conn *c, uint64_t now_us)
{
	return state_enter(c, CONN_CLOSE_NOTIFY, now_us);
}

enum turn
farewell_say(struct conn *c, uint64_t now_us)
{
	enum turn turn = state_may_send(c);

	if (turn != TURN_AGAIN)
		return turn;
	/* Also where libssl has the alert sealed, and there was no room for it. */
	if ((SSL_get_shutdown(c->ssl) & SSL_SENT_SHUTDOWN) == 0 || SSL_want_write(c->ssl)) {
		ERR_clear_error();
		if (SSL_shutdown(c->ssl) >= 0)
			return TURN_AGAIN;
		ERR_clear_error();
		return SSL_want_write(c->ssl) ? state_wait_to_send(c) : TURN_FAIL;
	}
	if (rtls_shutdown(c->sock, RTLS_SHUT_WR) < 0)
		return TURN_FAIL;
	c->linger_us = now_us + LINGER_US;
	c->linger_len = 0;
	return state_enter(c, CONN_LINGER, now_us);
}

/*
 * Reads the rest away: who still sends is to find our answer when he is done, not a reset. Not
 * for ever (RFC 9112 9.6).
 */
enum turn
farewell_linger(struct conn *c, uint64_t now_us)
{
	ssize_t n = rtls_ssl_recv(c->ssl, c->in, sizeof(c->in), 0);

	if (n > 0) {
		state_be_patient(c, CONN_WAIT_FAREWELL, now_us);
		c->linger_len += (uint64_t)n;
		if (now_us >= c->linger_us || c->linger_len > LINGER_MAX)
			return state_enter(c, CONN_END, now_us);
		return TURN_AGAIN;
	}
	c->short_of_memory = n == -ENOMEM;
	if (n == -EAGAIN || n == -ENOMEM)
		return state_wait(c, RTLS_READABLE);
	/* close_notify, a bare FIN or an error: nothing more comes that matters. */
	return state_enter(c, CONN_END, now_us);
}
