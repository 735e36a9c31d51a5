/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/rx_quiet.h"

#include "stack/state.h"

static const struct netif *
netif_of(const struct rtls_sock *sock)
{
	return &sock->stack->netifs[sock->path.netif];
}

void
rx_quiet_wait(struct rtls_sock *sock)
{
	if (sock->mode.rx_waits || sock->mode.over)
		return;
	sock->mode.rx_waits = true;
	sock->rx.tls->quiet_since = netif_of(sock)->rx_taken;
	TAILQ_INSERT_TAIL(&sock->stack->quiet_list, sock, rx.tls->quiet_link);
}

void
rx_quiet_forget(struct rtls_sock *sock)
{
	if (!sock->mode.rx_waits)
		return;
	sock->mode.rx_waits = false;
	TAILQ_REMOVE(&sock->stack->quiet_list, sock, rx.tls->quiet_link);
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
	return netif_of(sock)->rx_quiet;
}

bool
rx_quiet_came(const struct rtls_sock *sock, const struct netif *nif)
{
	uint32_t ahead = nif->port->rx_ahead;

	if (netif_of(sock) != nif)
		return false;
	return nif->rx_quiet || (ahead != 0 && nif->rx_taken - sock->rx.tls->quiet_since >= ahead);
}
