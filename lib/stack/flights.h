/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who has a flight: a connection from its first byte on, and a larger one when what it has in flight
 * asks for that. Once all is acknowledged it stays all the same, with what it knows of the path, until
 * another connection needs one and none is free.
 *
 * Where there is none a connection goes on without, or with the smaller one that it has: slower,
 * but never not at all.
 */
#ifndef RTLS_STACK_FLIGHTS_H
#define RTLS_STACK_FLIGHTS_H

#include "stack/sock.h"
#include "tcp/flight.h"

/* It needs one, or a larger one. */
void flights_serve(struct rtls_sock *sock);

/* A segment is to be planned. */
static inline void
flights_prepare(struct rtls_sock *sock)
{
	if (tcp_flight_wants(&sock->tcp))
		flights_serve(sock);
}

/* Event: it has come to its end. */
void flights_end(struct rtls_sock *sock);

#endif
