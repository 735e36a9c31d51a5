/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/flights.h"

#include "stack/state.h"
#include "stack/tallies.h"
#include "tcp/query.h"
#include "tcp/view.h"

enum { LOOKS = 4 }; /* at those that are lent, until one is found that can be called back */

/* Is it in use, or was it since it was lent, or looked at last? */
static bool
is_used(const struct rtls_sock *holder, uint64_t since_us)
{
	return !tcp_flight_is_over(&holder->tcp) || tcp_is_waiting(&holder->tcp) ||
	       holder->tcp.last_sent_at_us > since_us;
}

/* One that has not been in use for a while is free again, where one of those next in line is such. */
static void
call_back(struct lease_pool *p, uint64_t now_us)
{
	struct rtls_sock *holder;
	void *flight;

	for (int i = 0; i < LOOKS && (flight = lease_next(p)) != NULL; i++) {
		holder = lease_holder(flight);
		if (!is_used(holder, lease_since(flight))) {
			sock_tally_flight(holder);
			lease_give(p, tcp_flight_end(&holder->tcp));
			return;
		}
		lease_keep(p, flight, now_us);
	}
}

static void *
take(struct lease_pool *p, struct rtls_sock *sock)
{
	uint64_t now_us = sock->stack->now_us;
	void *flight = lease_take(p, sock, now_us);

	if (flight != NULL)
		return flight;
	call_back(p, now_us);
	return lease_take(p, sock, now_us);
}

static void
begin(struct rtls_sock *sock)
{
	void *flight = take(&sock->stack->flights.size[0], sock);

	if (flight == NULL)
		stack_count(sock->stack, CNT_TX_NO_FLIGHT);
	else
		tcp_flight_begin(&sock->tcp, flight, flight_spans[0]);
}

static void
grow(struct rtls_sock *sock)
{
	struct flight_pools *f = &sock->stack->flights;
	struct lease_pool *p = flight_pool_of(f, sock->tcp.flight);
	uint32_t size = (uint32_t)(p - f->size) + 1;
	void *larger;

	if (size == FLIGHT_SIZES)
		return;
	larger = take(&f->size[size], sock);
	if (larger == NULL)
		stack_count(sock->stack, CNT_TX_NO_LARGER_FLIGHT);
	else
		lease_give(p, tcp_flight_move(&sock->tcp, larger, flight_spans[size]));
}

void
flights_serve(struct rtls_sock *sock)
{
	if (sock->tcp.flight == NULL)
		begin(sock);
	else
		grow(sock);
}

void
flights_waits(struct rtls_sock *sock)
{
	bool full = session_tx_room_used(&sock->tx) >= sock->tx.sndbuf;

	if (sock->tcp.flight != NULL && tcp_is_waiting(&sock->tcp))
		tcp_chrono_waits(&sock->tcp.flight->chrono,
				 tcp_waits_for(&sock->tcp, full, sock->stack->now_us),
				 sock->stack->now_us);
}

void
flights_timeout(struct rtls_sock *sock)
{
	if (sock->tcp.flight == NULL && tcp_flight_may_begin(&sock->tcp))
		begin(sock);
}

void
flights_end(struct rtls_sock *sock)
{
	struct tcp_flight *flight = sock->tcp.flight;

	if (flight == NULL)
		return;
	sock_tally_flight(sock);
	lease_give(flight_pool_of(&sock->stack->flights, flight), flight);
	(void)tcp_flight_end(&sock->tcp);
}
