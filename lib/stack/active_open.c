/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/active_open.h"

#include "stack/sched.h"
#include "stack/state.h"
#include "tcp/isn.h"
#include "tcp/open.h"

void
sock_connect(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;
	const struct netif *nif = &s->netifs[sock->path.netif];

	/* Before the first poll there is no time: the poll starts it then. */
	if (s->clock_started)
		tcp_conn_connect(&sock->tcp, &s->params, sock->tuple.local_port,
				 sock->tuple.remote_port,
				 tcp_isn(s->secret, &sock->tuple, s->now_us),
				 tcp_ts_offset(s->secret, &sock->tuple), netif_mss(nif),
				 sock->rcvbuf / 2, s->now_us);
	sock_schedule(sock);
}
