/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A socket comes out of the free ones, into the flow table, and goes back. */
#ifndef RTLS_STACK_SOCK_MAKE_H
#define RTLS_STACK_SOCK_MAKE_H

#include "stack/sock.h"

/* A free socket as an empty connection without tuple, or NULL. */
struct rtls_sock *sock_alloc(struct rtls_stack *s, const struct rtls_sock *opts);

/* Frees all that it holds and the socket itself; keys are wiped. */
void sock_free(struct rtls_sock *sock);

/* Puts the connection into the flow table, under the hash of its tuple. 0, -EADDRINUSE or -ENOSPC. */
int sock_attach(struct rtls_sock *sock, uint64_t hash);
void sock_detach(struct rtls_sock *sock);

#endif
