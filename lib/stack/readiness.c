/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/readiness.h"
#include "tcp/query.h"

static bool
is_writable(const struct rtls_sock *sock)
{
	const struct reader_chunk *c = reader_lane_head(&sock->lane);

	if (!tcp_may_send(&sock->tcp) || sock->starved)
		return false;
	if (sock->lane_waits && (c == NULL || !c->filled))
		return false;
	/* What is loaded needs no more of the connection's share. */
	return session_tx_room(&sock->tx) > 0 ||
	       (c != NULL && c->filled && session_tx_may_queue(&sock->tx));
}

uint32_t
sock_bits(const struct rtls_sock *sock)
{
	bool ended = tcp_is_closed(&sock->tcp);
	uint32_t bits = 0;

	if (sock->phase == SOCK_LISTEN)
		return sock->nb_backlog > 0 ? RTLS_ACCEPT : 0;
	if (tcp_is_connecting(&sock->tcp))
		return 0;
	if (session_rx_readable(&sock->rx, tcp_peer_is_shut(&sock->tcp)) || ended)
		bits |= RTLS_READABLE;
	if (session_rx_control_ahead(&sock->rx))
		bits |= RTLS_CONTROL;
	if (is_writable(sock))
		bits |= RTLS_WRITABLE;
	if (sock->connected)
		bits |= RTLS_CONNECTED;
	if (ended)
		bits |= RTLS_HUP;
	if (sock->end_reason != RTLS_REASON_NONE && sock->end_reason != RTLS_REASON_CLOSED)
		bits |= RTLS_ERROR;
	if (sock->mode.changed)
		bits |= RTLS_MODE;
	return bits;
}
