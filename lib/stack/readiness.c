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

static bool
is_readable(const struct rtls_sock *sock)
{
	return session_rx_readable(&sock->rx, tcp_peer_is_shut(&sock->tcp)) ||
	       tcp_is_closed(&sock->tcp);
}

uint32_t
sock_bits(const struct rtls_sock *sock, uint32_t wanted)
{
	uint32_t bits = 0;

	if (sock->phase == SOCK_LISTEN)
		return sock->nb_backlog > 0 ? wanted & RTLS_ACCEPT : 0;
	if (sock->soft_due)
		bits |= wanted & RTLS_SOFT_ERROR;
	if (tcp_is_connecting(&sock->tcp))
		return bits;
	/* What nobody waits for is not looked at: it is asked after each segment. */
	if ((wanted & RTLS_READABLE) != 0 && is_readable(sock))
		bits |= RTLS_READABLE;
	if ((wanted & RTLS_CONTROL) != 0 && session_rx_control_ahead(&sock->rx))
		bits |= RTLS_CONTROL;
	if ((wanted & RTLS_WRITABLE) != 0 && is_writable(sock))
		bits |= RTLS_WRITABLE;
	if (sock->connected)
		bits |= wanted & RTLS_CONNECTED;
	if (sock->mode.changed)
		bits |= wanted & RTLS_MODE;
	if (tcp_is_closed(&sock->tcp))
		bits |= RTLS_HUP;
	if (sock->end_reason != RTLS_REASON_NONE && sock->end_reason != RTLS_REASON_CLOSED)
		bits |= RTLS_ERROR;
	return bits;
}
