/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/rx_quiet.h"

#include "stack/stack.h"

static const struct binding *
binding_of(const struct rtls_sock *sock)
{
	return &sock->stack->bindings[sock->path.binding];
}

void
rx_quiet_wait(struct rtls_sock *sock)
{
	if (sock->mode.rx_waits || sock->mode.over)
		return;
	sock->mode.rx_waits = true;
	sock->mode.rx_waits_since = binding_of(sock)->rx_taken;
	TAILQ_INSERT_TAIL(&sock->stack->quiet_list, sock, quiet_link);
}

void
rx_quiet_forget(struct rtls_sock *sock)
{
	if (!sock->mode.rx_waits)
		return;
	sock->mode.rx_waits = false;
	TAILQ_REMOVE(&sock->stack->quiet_list, sock, quiet_link);
}

void
rx_quiet_wait_anew(struct rtls_sock *sock)
{
	rx_quiet_forget(sock);
	rx_quiet_wait(sock);
}

bool
rx_quiet_now(const struct rtls_sock *sock)
{
	return binding_of(sock)->rx_quiet;
}

bool
rx_quiet_came(const struct rtls_sock *sock, const struct binding *b)
{
	uint32_t ahead = b->port->rx_ahead;

	if (binding_of(sock) != b)
		return false;
	return b->rx_quiet || (ahead != 0 && b->rx_taken - sock->mode.rx_waits_since >= ahead);
}
