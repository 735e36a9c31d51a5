/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Listeners: who is meant by a SYN, and their end. */
#ifndef RTLS_STACK_LISTENER_H
#define RTLS_STACK_LISTENER_H

#include "stack/sock.h"

/* The listener for a local address and port, or NULL. */
struct rtls_sock *listener_find(struct rtls_stack *s, const struct net_addr *local, uint16_t port);

/* Frees a listener, its half-open connections and those that nobody accepted. */
void listener_close(struct rtls_sock *l);

#endif
