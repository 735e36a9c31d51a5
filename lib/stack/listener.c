/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/listener.h"

#include "stack/sock_end.h"
#include "stack/sock_make.h"
#include "stack/state.h"

struct rtls_sock *
listener_find(struct rtls_stack *s, const struct net_addr *local, uint16_t port)
{
	static const struct net_addr any = { 0 };
	struct rtls_sock *l, *for_all = NULL;

	/* The one for this very address goes before the one for all. */
	TAILQ_FOREACH(l, &s->listeners, link) {
		if (l->tuple.local_port != port)
			continue;
		if (net_addr_equal(&l->tuple.local, local))
			return l;
		if (net_addr_equal(&l->tuple.local, &any))
			for_all = l;
	}
	return for_all;
}

void
listener_close(struct rtls_sock *l)
{
	struct rtls_sock *sock;

	while ((sock = TAILQ_FIRST(&l->backlog)) != NULL)
		sock_abort(sock, RTLS_END_LOCAL, RTLS_REASON_RESET);
	tcp_syncache_remove_listener(l->stack->syncache, (uint32_t)(l - l->stack->socks));
	TAILQ_REMOVE(&l->stack->listeners, l, link);
	sock_free(l);
}
