/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sock/check.h"
#include "sock/move.h"
#include "stack/readiness.h"
#include "stack/sched.h"
#include "stack/state.h"

int
rtls_sock_watch(struct rtls_sock *sock, uint32_t bits, void *user)
{
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	sock->watch = bits;
	sock->user = user;
	sock_ready(sock);
	return 0;
}

/*
 * Who watches for control records and not for what is readable does not receive: what it waits for
 * becomes known only when records are opened.
 */
static uint32_t
bits_of(struct rtls_sock *sock)
{
	uint32_t bits;

	if (sock->watch == 0)
		return 0;
	if ((sock->watch & (RTLS_CONTROL | RTLS_READABLE)) == RTLS_CONTROL)
		sock_look_ahead(sock);
	bits = sock_bits(sock, sock->watch);
	if ((bits & RTLS_MODE) != 0)
		sock->mode.changed = false;
	if ((bits & RTLS_SOFT_ERROR) != 0)
		sock->soft_due = false;
	return bits;
}

/*
 * Level-triggered without a list of all sockets: who may be ready is on the ready
 * list, and stays there, behind the others, as long as it really is.
 */
unsigned int
rtls_events(struct rtls_stack *s, struct rtls_event *ev, unsigned int n)
{
	struct sock_list turn = TAILQ_HEAD_INITIALIZER(turn);
	struct rtls_sock *sock;
	unsigned int found = 0;
	uint32_t bits;

	if (s == NULL || ev == NULL)
		return 0;
	TAILQ_CONCAT(&turn, &s->ready_list, ready_link);
	while (found < n && (sock = TAILQ_FIRST(&turn)) != NULL) {
		TAILQ_REMOVE(&turn, sock, ready_link);
		sock->ready_listed = false;
		bits = bits_of(sock);
		if (bits == 0)
			continue;
		ev[found++] = (struct rtls_event){ .sock = sock, .user = sock->user, .bits = bits };
		sock_ready(sock);
	}
	/* Who had no turn comes first the next time. */
	TAILQ_CONCAT(&turn, &s->ready_list, ready_link);
	TAILQ_CONCAT(&s->ready_list, &turn, ready_link);
	return found;
}
