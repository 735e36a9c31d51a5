/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/neighbour_wait.h"

#include "stack/late_reset.h"
#include "stack/sched.h"
#include "stack/state.h"

void
neighbour_wait(struct rtls_sock *sock)
{
	if (sock->path.listed)
		return;
	TAILQ_INSERT_TAIL(&sock->stack->path_list, sock, path_link);
	sock->path.listed = true;
}

void
neighbour_unwait(struct rtls_sock *sock)
{
	if (!sock->path.listed)
		return;
	TAILQ_REMOVE(&sock->stack->path_list, sock, path_link);
	sock->path.listed = false;
}

void
neighbour_learned(struct rtls_stack *s)
{
	struct rtls_sock *sock;

	late_reset_learned(s);
	while ((sock = TAILQ_FIRST(&s->path_list)) != NULL) {
		neighbour_unwait(sock);
		sock_schedule(sock);
	}
}
