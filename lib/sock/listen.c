/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include "core/conf.h"
#include "sock/check.h"
#include "stack/addr.h"
#include "stack/admission.h"
#include "stack/sock_make.h"
#include "stack/state.h"

enum { BACKLOG_DEFAULT = 128 };

static int
check_local(const struct rtls_stack *s, const struct rtls_addr *local)
{
	int rc = addr_check(local);

	if (rc != 0)
		return rc;
	if (local->port == 0)
		return -EINVAL;
	if (!addr_is_any(local) && route_own(&s->routes, get_be32(local->ip)) == NULL)
		return -EADDRNOTAVAIL;
	return 0;
}

int
rtls_listen(struct rtls_stack *s, const struct rtls_addr *local,
	    const struct rtls_listen_conf *user_conf, struct rtls_sock **out)
{
	struct rtls_listen_conf conf;
	struct net_addr ip;
	struct rtls_sock *l;
	int rc;

	if (s == NULL || local == NULL || out == NULL)
		return -EINVAL;
	if (conf_copy(&conf, sizeof(conf), user_conf) != 0)
		return -EINVAL;
	rc = check_local(s, local);
	if (rc != 0)
		return rc;
	ip = addr_to_net(local);
	TAILQ_FOREACH(l, &s->listeners, link) {
		if (l->tuple.local_port == local->port && net_addr_equal(&l->tuple.local, &ip))
			return -EADDRINUSE;
	}
	l = sock_alloc(s, NULL);
	if (l == NULL)
		return -ENOMEM;
	l->phase = SOCK_LISTEN;
	TAILQ_INIT(&l->backlog);
	TAILQ_INIT(&l->silent);
	l->tuple.local = ip;
	l->tuple.local_port = local->port;
	l->max_backlog = conf.backlog != 0 ? conf.backlog : BACKLOG_DEFAULT;
	l->admit.conf.first_byte_us = conf.first_byte_us;
	l->admit.conf.handshake_us = conf.handshake_us;
	TAILQ_INSERT_TAIL(&s->listeners, l, link);
	*out = l;
	return 0;
}

unsigned int
rtls_accept_burst(struct rtls_sock *l, struct rtls_sock **out, unsigned int n)
{
	struct rtls_sock *sock;
	unsigned int i;

	if (sock_check_handle(l) != 0 || l->phase != SOCK_LISTEN || out == NULL)
		return 0;
	for (i = 0; i < n && (sock = TAILQ_FIRST(&l->backlog)) != NULL; i++) {
		TAILQ_REMOVE(&l->backlog, sock, link);
		l->nb_backlog--;
		sock->phase = SOCK_OWNED;
		admission_accepted(sock);
		sock->listener = NULL;
		stack_count(l->stack, CNT_ACCEPTED);
		out[i] = sock;
	}
	return i;
}
