/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/remote_count.h"
#include "stack/admission.h"
#include "stack/sched.h"
#include "stack/state.h"
#include "stack/tell.h"
#include "tcp/query.h"

/* Where a connection of a stage waits to make room; NULL: it makes none. */
static struct sock_list *
list_of(const struct rtls_sock *sock, enum admit_stage stage)
{
	switch (stage) {
	case ADMIT_SILENT:
		return &sock->listener->silent;
	case ADMIT_TLS_SILENT:
		return &sock->stack->tls_silent;
	case ADMIT_TLS:
		return &sock->stack->tls_unfinished;
	case ADMIT_LINGER:
		return &sock->stack->lingering;
	case ADMIT_NONE:
	case ADMIT_OURS:
		break;
	}
	return NULL;
}

static void
unlist(struct rtls_sock *sock)
{
	struct sock_list *list = list_of(sock, (enum admit_stage)sock->admit_listed);

	if (list != NULL)
		TAILQ_REMOVE(list, sock, admit_link);
	sock->admit_listed = ADMIT_NONE;
}

/* It stands where its stage is; the end of a list is its youngest. */
static void
enlist(struct rtls_sock *sock)
{
	enum admit_stage stage = (enum admit_stage)sock->admit.stage;
	struct sock_list *list;

	/* An accepted one that speaks no TLS is the program's business. */
	if (stage == ADMIT_SILENT && sock->phase != SOCK_BACKLOG)
		stage = ADMIT_NONE;
	if (stage == (enum admit_stage)sock->admit_listed)
		return;
	unlist(sock);
	list = list_of(sock, stage);
	sock->admit_listed = (uint8_t)stage;
	if (list != NULL)
		TAILQ_INSERT_TAIL(list, sock, admit_link);
}

static void
step(struct rtls_sock *sock, enum admit_event event)
{
	sock->admit.stage = (uint8_t)admit_step((enum admit_stage)sock->admit.stage, event);
	enlist(sock);
}

bool
admission_remote_full(struct rtls_stack *s, const struct net_addr *remote)
{
	if (s->remotes == NULL || remote_count_of(s->remotes, remote) < s->conf.max_per_remote)
		return false;
	stack_count(s, CNT_REMOTE_LIMITED);
	tell_remote(s, remote, 0, NOTE_REMOTE_LIMIT, "%u", s->conf.max_per_remote);
	return true;
}

void
admission_open(struct rtls_sock *sock, struct rtls_sock *listener)
{
	sock->admit.conf = listener->admit.conf;
	sock->admit.since_us = sock->stack->now_us;
	sock->admit.passive = true;
	sock->remote_counted = sock->stack->remotes != NULL &&
			       remote_count_take(sock->stack->remotes, &sock->tuple.remote,
						 UINT32_MAX);
	step(sock, ADMIT_OPENED);
}

void
admission_accepted(struct rtls_sock *sock)
{
	enlist(sock);
}

void
admission_heard(struct rtls_sock *sock)
{
	if (sock->admit.stage != ADMIT_NONE && tcp_has_heard(&sock->tcp))
		step(sock, ADMIT_HEARD);
}

/* Both directions have keys, or another library keeps their records. */
static bool
is_finished(const struct rtls_sock *sock)
{
	return (sock_has_keys(sock, RTLS_TX) || sock->kept[RTLS_TX]) &&
	       (sock_has_keys(sock, RTLS_RX) || sock->kept[RTLS_RX]);
}

void
admission_guarded(struct rtls_sock *sock)
{
	bool known = sock->admit.stage == ADMIT_TLS_SILENT || sock->admit.stage == ADMIT_TLS ||
		     sock->admit.stage == ADMIT_OURS;

	/* An active open has TCP's own patience until it is there. */
	if (known || tcp_is_connecting(&sock->tcp) || tcp_is_closed(&sock->tcp) ||
	    is_finished(sock))
		return;
	sock->admit.since_us = sock->stack->now_us;
	step(sock, sock->admit.passive ? ADMIT_GUARDED : ADMIT_BEGUN);
	sock_rearm(sock);
}

void
admission_keyed(struct rtls_sock *sock)
{
	if (sock->admit.stage != ADMIT_NONE && is_finished(sock))
		step(sock, ADMIT_FINISHED);
}

void
admission_orphaned(struct rtls_sock *sock)
{
	if (sock->phase != SOCK_ORPHAN || !tcp_waits_for_fin(&sock->tcp) ||
	    sock->admit.stage == ADMIT_LINGER)
		return;
	sock->admit.since_us = sock->stack->now_us;
	step(sock, ADMIT_LINGERS);
}

void
admission_leave(struct rtls_sock *sock)
{
	unlist(sock);
	sock->admit.stage = ADMIT_NONE;
}

void
admission_forget(struct rtls_sock *sock)
{
	admission_leave(sock);
	if (sock->made_room)
		sock->stack->nb_leaving--;
	sock->made_room = false;
	if (sock->remote_counted)
		remote_count_give(sock->stack->remotes, &sock->tuple.remote);
	sock->remote_counted = false;
}
