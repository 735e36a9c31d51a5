/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include "net/local_port.h"
#include "stack/addr.h"
#include "stack/active_open.h"
#include "stack/admission_evict.h"
#include "stack/listener.h"
#include "stack/nexthop.h"
#include "stack/sock_make.h"
#include "stack/state.h"
#include "tcp/timewait.h"

static bool
tuple_is_open(struct rtls_stack *s, const struct net_tuple *t)
{
	return flow_find(s->flows, t, flow_hash(s->flows, t)) != FLOW_NONE ||
	       tcp_syncache_find(s->syncache, t) != NULL;
}

static bool
tuple_is_free(struct rtls_stack *s, const struct net_tuple *t)
{
	return !tuple_is_open(s, t) && tcp_timewait_find(s->timewait, t) == NULL;
}

/* Of one that the program names: others that it could have are not known to it. */
static bool
tuple_may_open(struct rtls_stack *s, const struct net_tuple *t)
{
	const struct tcp_timewait_entry *e = tcp_timewait_find(s->timewait, t);

	return !tuple_is_open(s, t) &&
	       (e == NULL || tcp_timewait_may_open(e, s->params.time_wait_us, s->now_us));
}

/* One that no listener is at (RFC 6056 3.2). */
static int
choose_port(struct rtls_stack *s, struct net_tuple *t)
{
	struct local_port_choice c = local_port_begin(&s->ports, t);

	for (uint32_t i = 0; i < LOCAL_PORT_COUNT; i++) {
		t->local_port = local_port_next(&c);
		if (listener_find(s, &t->local, t->local_port) == NULL && tuple_is_free(s, t))
			return 0;
	}
	return -EADDRINUSE;
}

static int
choose_tuple(struct rtls_stack *s, struct rtls_sock *sock, const struct rtls_addr *local,
	     const struct rtls_addr *remote)
{
	struct net_tuple *t = &sock->tuple;
	int rc;

	t->remote = addr_to_net(remote);
	t->remote_port = remote->port;
	rc = nexthop_find(s, &t->remote, &sock->path);
	if (rc != 0)
		return rc;
	t->local = net_addr_v4(sock->path.own_ip);
	if (local != NULL && !addr_is_any(local)) {
		t->local = addr_to_net(local);
		if (route_own(&s->routes, net_addr_to_v4(&t->local)) == NULL)
			return -EADDRNOTAVAIL;
	}
	if (local == NULL || local->port == 0)
		return choose_port(s, t);
	t->local_port = local->port;
	return tuple_may_open(s, t) ? 0 : -EADDRINUSE;
}

int
rtls_connect(struct rtls_stack *s, const struct rtls_addr *local, const struct rtls_addr *remote,
	     struct rtls_sock **out)
{
	struct rtls_sock *sock;
	int rc;

	if (s == NULL || remote == NULL || out == NULL)
		return -EINVAL;
	rc = addr_check(remote);
	if (rc == 0 && local != NULL)
		rc = addr_check(local);
	if (rc != 0)
		return rc;
	if (remote->port == 0 || !net_v4_is_unicast(get_be32(remote->ip)))
		return -EINVAL;
	if (route_own(&s->routes, get_be32(remote->ip)) != NULL)
		return -EINVAL; /* there is no loopback inside a stack */
	if (!route_is_host(&s->routes, get_be32(remote->ip)))
		return -EINVAL; /* RFC 9293 MUST-46 */
	admission_evict_for_newcomer(s);
	sock = sock_alloc(s, NULL);
	if (sock == NULL)
		return -ENOMEM;
	rc = choose_tuple(s, sock, local, remote);
	if (rc == 0)
		rc = sock_attach(sock, flow_hash(s->flows, &sock->tuple));
	if (rc != 0) {
		sock_free(sock);
		return rc;
	}
	sock->tcp.opts.run_max = NETIF_RUN_MAX;
	sock->phase = SOCK_OWNED;
	sock_connect(sock);
	*out = sock;
	return 0;
}
