/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/remote_count.h"
#include "stack/admission.h"
#include "stack/state.h"
#include "stack/tell.h"

/* Where a connection of this stage waits to make room; NULL: it makes none. */
static struct sock_list *
list_of(struct rtls_sock *sock)
{
	switch ((enum admit_stage)sock->admit.stage) {
	case ADMIT_SILENT:
		/* An accepted one that speaks no TLS is the program's business. */
		return sock->phase == SOCK_BACKLOG ? &sock->listener->silent : NULL;
	case ADMIT_TLS_SILENT:
		return &sock->stack->tls_silent;
	case ADMIT_TLS:
		return &sock->stack->tls_unfinished;
	case ADMIT_LINGER:
		return &sock->stack->lingering;
	case ADMIT_NONE:
		break;
	}
	return NULL;
}

static void
unlist(struct rtls_sock *sock)
{
	if (sock->admit_list == NULL)
		return;
	TAILQ_REMOVE(sock->admit_list, sock, admit_link);
	sock->admit_list = NULL;
}

/* It stands where its stage is; the end of a list is its youngest. */
static void
enlist(struct rtls_sock *sock)
{
	struct sock_list *list = list_of(sock);

	if (list == sock->admit_list)
		return;
	unlist(sock);
	sock->admit_list = list;
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
	if (sock->admit.stage != ADMIT_NONE && sock->tcp.rcv_nxt > 0)
		step(sock, ADMIT_HEARD);
}

/* Both directions have keys, or another library keeps their records. */
static bool
is_finished(const struct rtls_sock *sock)
{
	return (sock->tx.epochs.now != NULL || sock->kept[RTLS_TX]) &&
	       (sock->rx.epochs.now != NULL || sock->kept[RTLS_RX]);
}

void
admission_guarded(struct rtls_sock *sock)
{
	bool known = sock->admit.stage == ADMIT_TLS_SILENT || sock->admit.stage == ADMIT_TLS;

	if (!sock->admit.passive || known || sock->tcp.state == TCP_CLOSED || is_finished(sock))
		return;
	sock->admit.since_us = sock->stack->now_us;
	step(sock, ADMIT_GUARDED);
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
	if (sock->phase != SOCK_ORPHAN || sock->tcp.state != TCP_FIN_WAIT_2 ||
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

uint64_t
admission_deadline(const struct rtls_sock *sock)
{
	/* What an orphan still sends, an alert, has TCP's own limits of time. */
	return sock->phase == SOCK_ORPHAN ? UINT64_MAX : admit_deadline(&sock->admit);
}

void
admission_expire(struct rtls_sock *sock)
{
	stack_count(sock->stack, CNT_HANDSHAKE_TIMEOUTS);
	tell_conn(sock, NOTE_HANDSHAKE_TIMEOUT,
		  sock->tcp.rcv_nxt > 0 ? "it had begun" : "no byte came");
	sock_abort(sock, RTLS_END_LOCAL, RTLS_REASON_HANDSHAKE_TIMEOUT);
}

/* Ends it. A socket whose program has the handle is in use until that is closed. */
static void
make_room(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;

	stack_count(s, CNT_MADE_ROOM);
	tell_conn(sock, NOTE_MADE_ROOM, "%u of %u sockets are in use", s->socks_in_use,
		  s->conf.max_socks);
	if (sock->phase == SOCK_OWNED) {
		sock->made_room = true;
		s->nb_leaving++;
	}
	if (sock->admit.stage != ADMIT_LINGER) {
		sock_abort(sock, RTLS_END_LOCAL, RTLS_REASON_MADE_ROOM);
		return;
	}
	/* As at the end of its patience: the peer has everything, and is told nothing new. */
	tcp_conn_closed(&sock->tcp, TCP_END_NORMAL);
	sock_tcp_events(sock, TCP_EV_CLOSED);
}

/* The oldest of a list, unless it still has the time that every peer has. */
static struct rtls_sock *
oldest_late(const struct rtls_stack *s, const struct sock_list *list)
{
	struct rtls_sock *sock = TAILQ_FIRST(list);

	return sock != NULL && s->now_us - sock->admit.since_us >= ADMIT_GRACE_US ? sock : NULL;
}

static struct rtls_sock *
oldest_silent(struct rtls_stack *s)
{
	struct rtls_sock *oldest = TAILQ_FIRST(&s->tls_silent), *l, *sock;

	TAILQ_FOREACH(l, &s->listeners, link) {
		sock = oldest_late(s, &l->silent);
		if (sock != NULL &&
		    (oldest == NULL || sock->admit.since_us < oldest->admit.since_us))
			oldest = sock;
	}
	return oldest;
}

void
admission_make_room(struct rtls_stack *s)
{
	struct rtls_sock *sock;

	if (!admit_is_tight(s->conf.max_socks, s->socks_in_use, s->nb_leaving))
		return;
	sock = oldest_late(s, &s->lingering);
	if (sock == NULL)
		sock = oldest_silent(s);
	if (sock == NULL)
		sock = TAILQ_FIRST(&s->tls_unfinished);
	if (sock != NULL)
		make_room(sock);
}

bool
admission_backlog_room(struct rtls_sock *listener)
{
	struct rtls_sock *sock;

	if (listener->nb_backlog < listener->max_backlog)
		return true;
	sock = oldest_late(listener->stack, &listener->silent);
	if (sock != NULL)
		make_room(sock);
	return sock != NULL;
}
