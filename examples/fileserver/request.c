/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "request.h"

#include <errno.h>

#include <recordtls/openssl.h>

#include "farewell.h"
#include "reply.h"

enum turn
request_read(struct conn *c, uint64_t now_us)
{
	ssize_t n;

	if (c->in_off < c->in_len) {
		c->in_off += http_feed(&c->request, c->in + c->in_off, c->in_len - c->in_off);
		return c->request.status != 0 ? reply_answer(c, now_us) : TURN_AGAIN;
	}
	c->in_off = 0;
	c->in_len = 0;
	n = rtls_ssl_recv(c->ssl, c->in, sizeof(c->in), 0);
	c->short_of_memory = n == -ENOMEM;
	if (n == -EAGAIN || n == -ENOMEM)
		/* The answer to a key update, too, may be owed still. */
		return state_wait(
			c,
			RTLS_READABLE | (rtls_ssl_service(c->ssl) == -EAGAIN ? RTLS_WRITABLE : 0));
	if (n <= 0)
		return n == 0 ? farewell_begin(c, now_us) : TURN_FAIL;
	c->in_len = (size_t)n;
	return TURN_AGAIN;
}
