/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/sched.h"

#include "stack/state.h"
#include "tcp/query.h"
#include "tcp/timer.h"

void
sock_schedule(struct rtls_sock *sock)
{
	if (sock->tx_listed || tcp_is_closed(&sock->tcp))
		return;
	TAILQ_INSERT_TAIL(&sock->stack->tx_list, sock, tx_link);
	sock->tx_listed = true;
}

void
sock_ready(struct rtls_sock *sock)
{
	if (sock->ready_listed || sock->watch == 0)
		return;
	TAILQ_INSERT_TAIL(&sock->stack->ready_list, sock, ready_link);
	sock->ready_listed = true;
}

void
sock_rearm(struct rtls_sock *sock)
{
	uint64_t at = RTE_MIN(tcp_deadline(&sock->tcp), sock_admit_deadline(sock));

	if (sock->path.listed && path_retry_us(&sock->path) < at)
		at = path_retry_us(&sock->path);
	/*
	 * A deadline that moved away leaves the node where it is: it fires, finds
	 * nothing due and is armed anew. So an ACK costs no wheel work.
	 */
	if (at == UINT64_MAX || (wheel_armed(&sock->timer) && sock->timer.at_us <= at))
		return;
	wheel_arm(&sock->stack->wheel, &sock->timer, at);
}
