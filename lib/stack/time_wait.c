/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/time_wait.h"

#include "stack/nexthop.h"
#include "stack/reply.h"
#include "stack/state.h"

void
time_wait_enter(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;
	struct tcp_timewait_entry *e;
	struct tcp_seg ack;
	bool recycled;

	e = tcp_timewait_add(s->timewait, &sock->tuple, &sock->tcp, s->now_us, &recycled);
	/* The peer's FIN is not acknowledged yet. */
	tcp_timewait_ack(e, s->now_us, &ack);
	if (nexthop_resolve(s, &sock->tuple.remote, &sock->path) == NEXTHOP_READY)
		reply_segment(s, &s->netifs[sock->path.netif], sock->path.mac, sock, &sock->tuple,
			      &ack);
}
