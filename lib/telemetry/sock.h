/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How a socket is called: a number that no other socket of the stack has had, neither after this
 * one in its slot. The first users of slots have the slots' numbers.
 */
#ifndef RTLS_TELEMETRY_SOCK_H
#define RTLS_TELEMETRY_SOCK_H

#include "stack/state.h"

/* Sockets of a stack are numbered below this. */
#define SOCK_ID_MAX (UINT64_C(1) << 52)

static inline uint64_t
sock_id(const struct rtls_stack *s, const struct rtls_sock *sock)
{
	return (uint64_t)(sock - s->socks) + (uint64_t)s->conf.max_socks * (sock->uses - 1);
}

/* NULL: it is gone, or never was. */
static inline const struct rtls_sock *
sock_of_id(const struct rtls_stack *s, uint64_t id)
{
	const struct rtls_sock *sock = &s->socks[id % s->conf.max_socks];

	return sock->phase != SOCK_FREE && sock_id(s, sock) == id ? sock : NULL;
}

/* Who has the handle. */
const char *sock_phase_name(const struct rtls_sock *sock);

#endif
