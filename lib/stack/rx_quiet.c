/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/rx_quiet.h"

#include "stack/state.h"

static struct netif *
netif_of(const struct rtls_sock *sock)
{
	return stack_netif_of(sock, RTLS_RX);
}

void
rx_quiet_wait(struct rtls_sock *sock)
{
	if (sock->mode.rx_waits || sock->mode.over)
		return;
	sock->mode.rx_waits = true;
	sock->rx.tls->quiet_since = netif_of(sock)->rx_taken;
	sock->rx.tls->quiet_burst = 0;
	TAILQ_INSERT_TAIL(&netif_of(sock)->quiet_list, sock, rx.tls->quiet_link);
}

void
rx_quiet_forget(struct rtls_sock *sock)
{
	if (!sock->mode.rx_waits)
		return;
	sock->mode.rx_waits = false;
	TAILQ_REMOVE(&netif_of(sock)->quiet_list, sock, rx.tls->quiet_link);
}

void
rx_quiet_wait_anew(struct rtls_sock *sock)
{
	rx_quiet_forget(sock);
	rx_quiet_wait(sock);
	sock->rx.tls->quiet_burst = netif_of(sock)->rx_bursts;
}

bool
rx_quiet_now(const struct rtls_sock *sock)
{
	return netif_of(sock)->rx_quiet;
}

bool
rx_quiet_came(const struct rtls_sock *sock)
{
	const struct netif *nif = netif_of(sock);
	uint32_t ahead = nif->port->rx_ahead;

	if (nif->rx_bursts == sock->rx.tls->quiet_burst)
		return false;
	return nif->rx_quiet || (ahead != 0 && nif->rx_taken - sock->rx.tls->quiet_since >= ahead);
}

bool
rx_quiet_waits(const struct rtls_stack *s)
{
	for (uint32_t i = 0; i < s->nb_netifs; i++)
		if (!TAILQ_EMPTY(&s->netifs[i].quiet_list))
			return true;
	return false;
}
