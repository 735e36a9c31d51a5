/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/sched.h"

#include "stack/state.h"

void
sock_schedule_slow(struct rtls_sock *sock)
{
	TAILQ_INSERT_TAIL(&sock->stack->tx_list, sock, tx_link);
	sock->tx_listed = true;
}

void
sock_ready_slow(struct rtls_sock *sock)
{
	TAILQ_INSERT_TAIL(&sock->stack->ready_list, sock, ready_link);
	sock->ready_listed = true;
}

void
sock_rearm_slow(struct rtls_sock *sock, uint64_t at_us)
{
	wheel_arm(&sock->stack->wheel, &sock->timer, at_us);
}
