/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/admission_evict.h"

#include "stack/sock_end.h"
#include "stack/sock_events.h"
#include "stack/state.h"
#include "stack/tell.h"
#include "tcp/query.h"

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

void
admission_evict_expired(struct rtls_sock *sock)
{
	stack_count(sock->stack, CNT_HANDSHAKE_TIMEOUTS);
	tell_conn(sock, NOTE_HANDSHAKE_TIMEOUT,
		  tcp_has_heard(&sock->tcp) ? "it had begun" : "no byte came");
	sock_abort(sock, RTLS_END_LOCAL, RTLS_REASON_HANDSHAKE_TIMEOUT);
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
admission_evict_for_newcomer(struct rtls_stack *s)
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
admission_evict_for_backlog(struct rtls_sock *listener)
{
	struct rtls_sock *sock;

	if (listener->nb_backlog < listener->max_backlog)
		return true;
	sock = oldest_late(listener->stack, &listener->silent);
	if (sock != NULL)
		make_room(sock);
	return sock != NULL;
}
