/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/flights.h"

#include "stack/state.h"

/* The one that has rested longest is free again. */
static void
call_back(struct lease_pool *p)
{
	struct rtls_sock *holder;
	void *flight = lease_oldest(p);

	if (flight == NULL)
		return;
	holder = lease_holder(flight);
	lease_give(p, tcp_flight_end(&holder->tcp));
	holder->flight_rests = false;
}

static void *
take(struct lease_pool *p, struct rtls_sock *sock)
{
	void *flight = lease_take(p, sock);

	if (flight != NULL)
		return flight;
	call_back(p);
	return lease_take(p, sock);
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
	if (sock->tcp.flight == NULL) {
		begin(sock);
		return;
	}
	if (sock->flight_rests) {
		lease_wake(flight_pool_of(&sock->stack->flights, sock->tcp.flight),
			   sock->tcp.flight);
		sock->flight_rests = false;
	}
	if (tcp_flight_wants(&sock->tcp))
		grow(sock);
}

void
flights_acked(struct rtls_sock *sock)
{
	struct tcp_flight *flight = sock->tcp.flight;

	/* What waits to be sent uses it at once. */
	if (flight == NULL || sock->flight_rests || tcp_is_waiting(&sock->tcp))
		return;
	lease_rest(flight_pool_of(&sock->stack->flights, flight), flight);
	sock->flight_rests = true;
}

void
flights_end(struct rtls_sock *sock)
{
	struct tcp_flight *flight = sock->tcp.flight;

	if (flight == NULL)
		return;
	lease_give(flight_pool_of(&sock->stack->flights, flight), flight);
	(void)tcp_flight_end(&sock->tcp);
	sock->flight_rests = false;
}
