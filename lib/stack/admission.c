/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/remote_count.h"
#include "stack/admission.h"
#include "stack/stack.h"
#include "stack/tell.h"

/* Where a connection of this stage waits to make room; NULL: it makes none. */
static struct sock_list *
list_of(struct rtls_sock *k)
{
	switch ((enum admit_stage)k->admit.stage) {
	case ADMIT_SILENT:
		/* An accepted one that speaks no TLS is the program's business. */
		return k->phase == SOCK_BACKLOG ? &k->listener->silent : NULL;
	case ADMIT_TLS_SILENT:
		return &k->stack->tls_silent;
	case ADMIT_TLS:
		return &k->stack->tls_unfinished;
	case ADMIT_LINGER:
		return &k->stack->lingering;
	case ADMIT_NONE:
		break;
	}
	return NULL;
}

static void
unlist(struct rtls_sock *k)
{
	if (k->admit_list == NULL)
		return;
	TAILQ_REMOVE(k->admit_list, k, admit_link);
	k->admit_list = NULL;
}

/* It stands where its stage is; the end of a list is its youngest. */
static void
enlist(struct rtls_sock *k)
{
	struct sock_list *list = list_of(k);

	if (list == k->admit_list)
		return;
	unlist(k);
	k->admit_list = list;
	if (list != NULL)
		TAILQ_INSERT_TAIL(list, k, admit_link);
}

static void
step(struct rtls_sock *k, enum admit_event event)
{
	k->admit.stage = (uint8_t)admit_step((enum admit_stage)k->admit.stage, event);
	enlist(k);
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
admission_open(struct rtls_sock *k, struct rtls_sock *listener)
{
	k->admit.conf = listener->admit.conf;
	k->admit.since_us = k->stack->now_us;
	k->admit.passive = true;
	k->remote_counted = k->stack->remotes != NULL &&
			    remote_count_take(k->stack->remotes, &k->tuple.remote, UINT32_MAX);
	step(k, ADMIT_OPENED);
}

void
admission_accepted(struct rtls_sock *k)
{
	enlist(k);
}

void
admission_heard(struct rtls_sock *k)
{
	if (k->admit.stage != ADMIT_NONE && k->tcp.rcv_nxt > 0)
		step(k, ADMIT_HEARD);
}

/* Both directions have keys, or another library keeps their records. */
static bool
is_finished(const struct rtls_sock *k)
{
	return (k->tx.epochs.now != NULL || k->kept[RTLS_TX]) &&
	       (k->rx.epochs.now != NULL || k->kept[RTLS_RX]);
}

void
admission_guarded(struct rtls_sock *k)
{
	bool known = k->admit.stage == ADMIT_TLS_SILENT || k->admit.stage == ADMIT_TLS;

	if (!k->admit.passive || known || k->tcp.state == TCP_CLOSED || is_finished(k))
		return;
	k->admit.since_us = k->stack->now_us;
	step(k, ADMIT_GUARDED);
	sock_rearm(k);
}

void
admission_keyed(struct rtls_sock *k)
{
	if (k->admit.stage != ADMIT_NONE && is_finished(k))
		step(k, ADMIT_FINISHED);
}

void
admission_orphaned(struct rtls_sock *k)
{
	if (k->phase != SOCK_ORPHAN || k->tcp.state != TCP_FIN_WAIT_2 ||
	    k->admit.stage == ADMIT_LINGER)
		return;
	k->admit.since_us = k->stack->now_us;
	step(k, ADMIT_LINGERS);
}

void
admission_leave(struct rtls_sock *k)
{
	unlist(k);
	k->admit.stage = ADMIT_NONE;
}

void
admission_forget(struct rtls_sock *k)
{
	admission_leave(k);
	if (k->made_room)
		k->stack->nb_leaving--;
	k->made_room = false;
	if (k->remote_counted)
		remote_count_give(k->stack->remotes, &k->tuple.remote);
	k->remote_counted = false;
}

uint64_t
admission_deadline(const struct rtls_sock *k)
{
	/* What an orphan still sends, an alert, has TCP's own limits of time. */
	return k->phase == SOCK_ORPHAN ? UINT64_MAX : admit_deadline(&k->admit);
}

void
admission_expire(struct rtls_sock *k)
{
	stack_count(k->stack, CNT_HANDSHAKE_TIMEOUTS);
	tell_conn(k, NOTE_HANDSHAKE_TIMEOUT, k->tcp.rcv_nxt > 0 ? "it had begun" : "no byte came");
	sock_abort(k, RTLS_END_LOCAL, RTLS_REASON_HANDSHAKE_TIMEOUT);
}

/* Ends it. A socket whose program has the handle is in use until that is closed. */
static void
make_room(struct rtls_sock *k)
{
	struct rtls_stack *s = k->stack;

	stack_count(s, CNT_MADE_ROOM);
	tell_conn(k, NOTE_MADE_ROOM, "%u of %u sockets are in use", s->socks_in_use,
		  s->conf.max_socks);
	if (k->phase == SOCK_OWNED) {
		k->made_room = true;
		s->nb_leaving++;
	}
	if (k->admit.stage != ADMIT_LINGER) {
		sock_abort(k, RTLS_END_LOCAL, RTLS_REASON_MADE_ROOM);
		return;
	}
	/* As at the end of its patience: the peer has everything, and is told nothing new. */
	tcp_conn_closed(&k->tcp, TCP_END_NORMAL);
	sock_tcp_events(k, TCP_EV_CLOSED);
}

/* The oldest of a list, unless it still has the time that every peer has. */
static struct rtls_sock *
oldest_late(const struct rtls_stack *s, const struct sock_list *list)
{
	struct rtls_sock *k = TAILQ_FIRST(list);

	return k != NULL && s->now_us - k->admit.since_us >= ADMIT_GRACE_US ? k : NULL;
}

static struct rtls_sock *
oldest_silent(struct rtls_stack *s)
{
	struct rtls_sock *oldest = TAILQ_FIRST(&s->tls_silent), *l, *k;

	TAILQ_FOREACH(l, &s->listeners, link) {
		k = oldest_late(s, &l->silent);
		if (k != NULL && (oldest == NULL || k->admit.since_us < oldest->admit.since_us))
			oldest = k;
	}
	return oldest;
}

void
admission_make_room(struct rtls_stack *s)
{
	struct rtls_sock *k;

	if (!admit_is_tight(s->conf.max_socks, s->socks_in_use, s->nb_leaving))
		return;
	k = oldest_late(s, &s->lingering);
	if (k == NULL)
		k = oldest_silent(s);
	if (k == NULL)
		k = TAILQ_FIRST(&s->tls_unfinished);
	if (k != NULL)
		make_room(k);
}

bool
admission_backlog_room(struct rtls_sock *listener)
{
	struct rtls_sock *k;

	if (listener->nb_backlog < listener->max_backlog)
		return true;
	k = oldest_late(listener->stack, &listener->silent);
	if (k != NULL)
		make_room(k);
	return k != NULL;
}
