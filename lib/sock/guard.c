/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include <recordtls/guard.h>

#include "sock/check.h"
#include "sock/move.h"
#include "stack/admission.h"
#include "stack/memory.h"
#include "stack/sched.h"
#include "stack/state.h"
#include "stack/tell.h"

int
rtls_sock_guard(struct rtls_sock *sock, struct rtls_guard *out)
{
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	if (out == NULL || sock->phase == SOCK_LISTEN)
		return -EINVAL;
	/* Read ahead to be sent in clear: what asked for it is refused from now on. */
	if (!sock_has_keys(sock, RTLS_TX)) {
		memory_drop_ahead(sock);
		sock->lane_waits = false;
		sock_ready(sock);
	}
	sock->guard = ++sock->stack->last_guard;
	admission_guarded(sock);
	sock->tx.handshake = true;
	out->sock = sock;
	out->token = sock->guard;
	return 0;
}

/* A closed handle's slot may belong to another connection by now. */
int
rtls_guard_check(const struct rtls_guard *g)
{
	int rc = g == NULL ? -EINVAL : sock_check_handle(g->sock);

	if (rc != 0)
		return rc;
	return g->sock->guard == g->token && g->token != 0 ? 0 : -ENOKEY;
}

ssize_t
rtls_guard_send(const struct rtls_guard *g, const void *buf, size_t len, int flags)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf, .iov_len = len };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	int rc = rtls_guard_check(g);

	return rc != 0 ? rc : sock_sendmsg(g->sock, &m, flags);
}

ssize_t
rtls_guard_recv(const struct rtls_guard *g, void *buf, size_t len, int flags)
{
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	int rc = rtls_guard_check(g);

	return rc != 0 ? rc : sock_receive(g->sock, &m, flags, true);
}

static enum counter
counter_of(enum rtls_dir d)
{
	return d == RTLS_TX ? CNT_TLS_TX_NOT_HANDED_OVER : CNT_TLS_RX_NOT_HANDED_OVER;
}

int
rtls_guard_kept(const struct rtls_guard *g, enum rtls_dir d, const char *why)
{
	int rc = rtls_guard_check(g);
	struct rtls_sock *sock;

	if (rc != 0)
		return rc;
	sock = g->sock;
	if (why == NULL || (d != RTLS_TX && d != RTLS_RX) || sock_check_guard(sock, d) == 0)
		return -EINVAL;
	if (sock->kept[d])
		return 0;
	sock->kept[d] = true;
	admission_keyed(sock);
	tell_conn(sock, d == RTLS_TX ? NOTE_NOT_HANDED_OVER_TX : NOTE_NOT_HANDED_OVER_RX, "%s",
		  why);
	stack_count(sock->stack, counter_of(d));
	return 0;
}

int
rtls_guard_failed(const struct rtls_guard *g, const char *why)
{
	int rc = rtls_guard_check(g);

	if (rc != 0)
		return rc;
	if (why == NULL)
		return -EINVAL;
	tell_conn(g->sock, NOTE_HANDSHAKE_FAILED, "%s", why);
	return 0;
}
