/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/icmp_path.h"

#include "net/icmp.h"
#include "stack/sock_events.h"
#include "stack/soft_error.h"
#include "stack/state.h"
#include "stack/tell.h"
#include "tcp/path.h"

/* Nobody is there who would ever listen. */
static bool
is_hard(const struct icmp_error *e)
{
	return e->type == ICMP_TYPE_UNREACHABLE &&
	       (e->code == ICMP_CODE_PROTOCOL || e->code == ICMP_CODE_PORT);
}

static uint32_t
tell_tcp(struct rtls_sock *sock, const struct icmp_error *e)
{
	struct rtls_stack *s = sock->stack;
	uint32_t events;

	if (e->mtu == 0) {
		events = tcp_path_unreachable(&sock->tcp, e->seq, is_hard(e));
		if (events & TCP_EV_SOFT_ERROR)
			soft_error_note(sock, soft_error_of(e));
		return events;
	}
	events = tcp_path_too_big(&sock->tcp, e->seq, e->mtu);
	if (events == 0)
		return 0;
	stack_count(s, CNT_PATH_MTU_LOWERED);
	tell_conn(sock, NOTE_PATH_MTU, "%u bytes, segments of %u", e->mtu, sock->tcp.mss);
	mtu_table_note(&s->mtus, &sock->tuple.remote, e->mtu, s->now_us);
	return events;
}

void
icmp_path_input(struct rtls_stack *s, const struct net_addr *own, const uint8_t *msg,
		uint32_t contiguous_len, uint32_t l4_len)
{
	struct icmp_error e;
	uint32_t index, events;

	if (icmp_error_parse(msg, contiguous_len, l4_len, &e) != 0 ||
	    !net_addr_equal(own, &e.tuple.local))
		return;
	index = flow_find(s->flows, &e.tuple, flow_hash(s->flows, &e.tuple));
	if (index == FLOW_NONE)
		return;
	events = tell_tcp(&s->socks[index], &e);
	if (events != 0)
		sock_tcp_events(&s->socks[index], events);
}
