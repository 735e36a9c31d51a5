/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the poll looks at next: connections with something to send, to report, or a deadline. */
#ifndef RTLS_STACK_SCHED_H
#define RTLS_STACK_SCHED_H

#include "stack/sock.h"
#include "tcp/timer.h"

void sock_schedule_slow(struct rtls_sock *sock);

/* The connection may have something to send: the poll will ask it. */
static inline void
sock_schedule(struct rtls_sock *sock)
{
	if (!sock->tx_listed && sock->tcp.state != TCP_CLOSED)
		sock_schedule_slow(sock);
}

void sock_ready_slow(struct rtls_sock *sock);

/* Its events may have changed. */
static inline void
sock_ready(struct rtls_sock *sock)
{
	if (!sock->ready_listed && sock->watch != 0)
		sock_ready_slow(sock);
}

void sock_rearm_slow(struct rtls_sock *sock, uint64_t at_us);

/*
 * Its deadlines may have changed. One that moved away leaves the node where it is: it fires, finds
 * nothing due and is armed anew. So an ACK costs no wheel work.
 */
static inline void
sock_rearm(struct rtls_sock *sock)
{
	uint64_t at_us = tcp_deadline(&sock->tcp), admit_us = sock_admit_deadline(sock);

	if (admit_us < at_us)
		at_us = admit_us;
	if (sock->path.listed && path_retry_us(&sock->path) < at_us)
		at_us = path_retry_us(&sock->path);
	if (at_us != UINT64_MAX && (!wheel_armed(&sock->timer) || sock->timer.at_us > at_us))
		sock_rearm_slow(sock, at_us);
}

#endif
