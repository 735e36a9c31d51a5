/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/tallies.h"

#include "tcp/flight.h"

struct sock_tally *
sock_tally(const struct rtls_sock *sock)
{
	return &sock->stack->tallies[sock - sock->stack->socks];
}

static void
add_flight(struct sock_tally *t, const struct tcp_flight *f, uint64_t now_us)
{
	for (int i = 0; i < TCP_WAITS_ALL; i++)
		t->waited_us[i] += tcp_chrono_us(&f->chrono, (enum tcp_waits)i, now_us);
	t->dsacks += f->dsacks;
	t->reorderings += f->rack.reorderings;
}

void
sock_tally_flight(const struct rtls_sock *sock)
{
	add_flight(sock_tally(sock), sock->tcp.flight, sock->stack->now_us);
}

struct sock_tally
sock_tally_now(const struct rtls_sock *sock)
{
	struct sock_tally t = *sock_tally(sock);

	if (sock->tcp.flight != NULL)
		add_flight(&t, sock->tcp.flight, sock->stack->now_us);
	return t;
}
