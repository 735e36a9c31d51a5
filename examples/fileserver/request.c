/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "request.h"

#include "farewell.h"
#include "put.h"
#include "reply.h"

/* What a whole request asks for, or, with status 100, one whose body is to come. */
static enum turn
answer(struct conn *c, uint64_t now_us)
{
	int status = c->request.status;

	if (status == 100 || (status == 200 && c->request.put))
		return put_begin(c, now_us);
	if (status != 200)
		return reply_status(c, status, c->request.keep_alive, now_us);
	return reply_file(c, now_us);
}

enum turn
request_read(struct conn *c, uint64_t now_us)
{
	enum turn turn;
	ssize_t n;

	if (c->in_off < c->in_len) {
		c->in_off += http_feed(&c->request, c->in + c->in_off, c->in_len - c->in_off);
		return c->request.status != 0 ? answer(c, now_us) : TURN_AGAIN;
	}
	c->in_off = 0;
	c->in_len = 0;
	turn = state_receive(c, c->in, sizeof(c->in), &n);
	if (turn != TURN_AGAIN)
		return turn;
	if (n == 0)
		return farewell_begin(c, now_us);
	c->in_len = (size_t)n;
	return TURN_AGAIN;
}
