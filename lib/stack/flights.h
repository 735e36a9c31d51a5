/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who has a flight: a connection with more than a segment to send, and a larger one when what it has
 * in flight asks for that. Once all is acknowledged it stays all the same, with what it knows of the path, until
 * another connection needs one and none is free.
 *
 * Where there is none a connection goes on without, or with the smaller one that it has: slower,
 * but never not at all.
 */
#ifndef RTLS_STACK_FLIGHTS_H
#define RTLS_STACK_FLIGHTS_H

#include "stack/sock.h"
#include "tcp/flight.h"
#include "tcp/query.h"

/* It needs one, or a larger one. */
void flights_serve(struct rtls_sock *sock);

/* A segment is to be planned. */
static inline void
flights_prepare(struct rtls_sock *sock)
{
	if (tcp_flight_wants(&sock->tcp))
		flights_serve(sock);
}

/* Event: its turn to send is over: what does it wait for? */
void flights_waits(struct rtls_sock *sock);

/* Event: something was acknowledged. When all is, it waits for nothing. */
static inline void
flights_acked(const struct rtls_sock *sock, uint64_t now_us)
{
	if (sock->tcp.flight != NULL && !tcp_is_waiting(&sock->tcp))
		tcp_chrono_waits(&sock->tcp.flight->chrono, TCP_WAITS_NOT, now_us);
}

/* What it has sent was not acknowledged in time. */
void flights_timeout(struct rtls_sock *sock);

/* Event: it has come to its end. */
void flights_end(struct rtls_sock *sock);

#endif
