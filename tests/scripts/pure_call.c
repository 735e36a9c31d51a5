/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/pure.h"

#include <errno.h>
#include <string.h>

#include "tcp/open.h"
#include "tcp/query.h"
#include "tcp/user.h"

void
pure_set_opts(struct pure *p)
{
	tcp_opts_default(&p->c.opts);
	if (p->conf->cc == SCRIPT_CC_NEWRENO)
		p->c.opts.cc = TCP_CC_NEWRENO;
	p->c.opts.user_timeout_us = p->conf->user_timeout_us;
	p->c.opts.keep_idle_us = p->conf->keep_idle_us;
	p->c.opts.mss_limit = (uint16_t)p->conf->max_seg;
	p->c.opts.run_max = p->conf->cut;
	p->c.opts.pace_max = p->conf->max_rate;
}

static int64_t
why_closed(const struct pure *p, int64_t otherwise)
{
	switch ((enum tcp_end)p->c.end) {
	case TCP_END_RESET:
		return -ECONNRESET;
	case TCP_END_REFUSED:
		return -ECONNREFUSED;
	case TCP_END_TIMEOUT:
		return tcp_was_unreachable(&p->c) ? -EHOSTUNREACH : -ETIMEDOUT;
	case TCP_END_ABORTED:
		return -ECONNABORTED;
	case TCP_END_NONE:
	case TCP_END_NORMAL:
		break;
	}
	return otherwise;
}

static int64_t
pure_read(struct pure *p, uint32_t len, uint8_t *bytes)
{
	uint32_t n = pure_unread(p) < len ? (uint32_t)pure_unread(p) : len;

	if (n == 0 && !p->c.peer_fin)
		return tcp_is_closed(&p->c) ? why_closed(p, 0) : -EAGAIN;
	memcpy(bytes, p->stream + p->read, n);
	p->read += n;
	return n;
}

static int64_t
pure_send(struct pure *p, uint32_t len)
{
	if (tcp_is_closed(&p->c))
		return why_closed(p, -EPIPE) == -ECONNRESET ? -EPIPE : why_closed(p, -EPIPE);
	if (tcp_is_connecting(&p->c))
		return -ENOTCONN;
	if (!tcp_may_send(&p->c))
		return -EPIPE;
	tcp_send_ready(&p->c, tcp_send_end(&p->c) + len);
	return len;
}

static void
pure_abort(struct pure *p, uint64_t now_us)
{
	struct tcp_seg rst;

	if (tcp_abort(&p->c, now_us, &rst))
		pure_emit(p, &rst, now_us);
	pure_forget(p);
}

/* As rtls_close() does. */
static int64_t
pure_close(struct pure *p, uint64_t now_us)
{
	if (tcp_is_closed(&p->c)) {
		pure_forget(p);
		return 0;
	}
	if (tcp_is_connecting(&p->c) || (pure_unread(p) > 0 && tcp_is_delivered(&p->c))) {
		pure_abort(p, now_us);
		return 0;
	}
	p->owner = PURE_ORPHAN;
	if (pure_unread(p) > 0)
		tcp_unread(&p->c, now_us);
	tcp_orphan(&p->c, now_us);
	return 0;
}

static int64_t
pure_connect(struct pure *p, uint64_t now_us)
{
	pure_forget(p);
	pure_set_opts(p);
	tcp_conn_connect(&p->c, &p->params, END_LOCAL_PORT, END_REMOTE_PORT, p->conf->iss,
			 PURE_TS_OFFSET, (uint16_t)p->conf->mss, p->conf->room, now_us);
	p->owner = PURE_PROGRAM;
	return 0;
}

int64_t
pure_call(void *end, enum script_call call, uint32_t arg, uint8_t *bytes, uint64_t now_us)
{
	struct pure *p = end;

	switch (call) {
	case SCRIPT_LISTEN:
		p->listens = true;
		return 0;
	case SCRIPT_CONNECT:
		return pure_connect(p, now_us);
	case SCRIPT_ACCEPT:
		if (p->owner != PURE_BACKLOG)
			return -EAGAIN;
		p->owner = PURE_PROGRAM;
		return 0;
	case SCRIPT_SEND:
	case SCRIPT_READ:
	case SCRIPT_SHUTDOWN:
	case SCRIPT_CLOSE:
	case SCRIPT_ABORT:
		break;
	}
	if (p->owner != PURE_PROGRAM)
		return -ENOTCONN;
	switch (call) {
	case SCRIPT_SEND:
		return pure_send(p, arg);
	case SCRIPT_READ:
		return pure_read(p, arg, bytes);
	case SCRIPT_SHUTDOWN:
		if (tcp_is_connecting(&p->c))
			return -ENOTCONN;
		tcp_shutdown(&p->c);
		return 0;
	case SCRIPT_CLOSE:
		return pure_close(p, now_us);
	case SCRIPT_ABORT:
		pure_abort(p, now_us);
		return 0;
	case SCRIPT_LISTEN:
	case SCRIPT_CONNECT:
	case SCRIPT_ACCEPT:
		break;
	}
	return 0;
}
