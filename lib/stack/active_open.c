/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/active_open.h"

#include "stack/sched.h"
#include "stack/state.h"
#include "tcp/isn.h"
#include "tcp/open.h"

/* Where TIME-WAIT has the tuple rtls_connect() saw that it may be opened. */
static uint32_t
initial_number(struct rtls_stack *s, const struct net_tuple *tuple)
{
	struct tcp_timewait_entry *e = tcp_timewait_find(s->timewait, tuple);

	return e != NULL ? tcp_timewait_open(s->timewait, e) : tcp_isn(s->secret, tuple, s->now_us);
}

void
sock_connect(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;
	const struct netif *nif = &s->netifs[sock->path.netif];

	/* Before the first poll there is no time: the poll starts it then. */
	if (s->clock_started)
		tcp_conn_connect(&sock->tcp, &s->params, sock->tuple.local_port,
				 sock->tuple.remote_port, initial_number(s, &sock->tuple),
				 tcp_ts_offset(s->secret, &sock->tuple), netif_mss(nif),
				 sock->rcvbuf / 2, s->now_us);
	sock_schedule(sock);
}
