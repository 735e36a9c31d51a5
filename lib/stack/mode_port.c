/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/mode_port.h"

#include "stack/mode_policy.h"
#include "stack/rx_quiet.h"
#include "stack/state.h"

bool
mode_port_older_has_context(const struct rtls_sock *sock, enum rtls_dir d)
{
	const struct epochs *all = sock_epochs_of(sock, d);
	const struct session_epoch *e;

	for (uint32_t i = 0; (e = epochs_next(all, &i)) != NULL;)
		if (e != all->now && e->ctx.state != OFFLOAD_NONE)
			return true;
	return false;
}

bool
mode_port_alone(const struct rtls_sock *sock)
{
	const struct epochs *all = sock_epochs_of(sock, RTLS_RX);
	const struct session_epoch *e;

	if (mode_port_older_has_context(sock, RTLS_RX))
		return false;
	for (uint32_t i = 0; (e = epochs_next(all, &i)) != NULL;)
		if (e != all->now && session_rx_marks_open(e))
			return false;
	return true;
}

bool
mode_port_free(const struct rtls_sock *sock, enum rtls_dir d)
{
	const struct session_epoch *e = sock_epochs_of(sock, d)->now;

	if (e == NULL)
		return true;
	/* Sending, one that is being deleted is forgotten when another one is added. */
	if (d == RTLS_TX)
		return !offload_has_context(&e->ctx) && !mode_port_older_has_context(sock, d);
	return e->ctx.state == OFFLOAD_NONE && !session_rx_marks_open(e) && mode_port_alone(sock) &&
	       session_rx_device_blameless(&sock->rx);
}

bool
mode_port_suits(const struct rtls_sock *sock, enum rtls_dir d, uint8_t netif)
{
	return mode_not_for_newcomers_at(sock, d, netif) == RTLS_MODE_REASON_NONE;
}

static uint8_t
goes_by(const struct rtls_sock *sock, enum rtls_dir d)
{
	return d == RTLS_TX ? sock->path.netif : sock->mode.rx_by;
}

static void
set(struct rtls_sock *sock, enum rtls_dir d, uint8_t netif)
{
	/* There is nothing that it could wait for at the old one's queue. */
	if (d == RTLS_RX)
		rx_quiet_forget(sock);
	sock->mode.dir[d].netif = netif;
}

void
mode_port_choose(struct rtls_sock *sock, enum rtls_dir d)
{
	uint8_t by = goes_by(sock, d);

	if (by != sock->mode.dir[d].netif && mode_port_free(sock, d))
		set(sock, d, by);
}

void
mode_port_follow(struct rtls_sock *sock, enum rtls_dir d)
{
	if (mode_port_suits(sock, d, goes_by(sock, d)))
		mode_port_choose(sock, d);
}
