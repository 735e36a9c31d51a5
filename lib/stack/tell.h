/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A stack tells in the log what happened (log/note.h): whom it concerns, then the row's words.
 * The detail is words, numbers and addresses; it is formatted only when the line is written. Cold, so
 * that the compiler keeps what leads there out of the way of packets.
 */
#ifndef RTLS_STACK_TELL_H
#define RTLS_STACK_TELL_H

#include <rte_common.h>

#include "log/note.h"
#include "net/addr.h"

struct rtls_stack;
struct rtls_sock;
struct netif;

/* Of a connection: its remote address and port. */
void tell_conn(struct rtls_sock *sock, enum note n, const char *fmt, ...) __rte_cold
	__rte_format_printf(3, 4);

/* Of a port. */
void tell_port(struct rtls_stack *s, const struct netif *nif, enum note n, const char *fmt,
	       ...) __rte_cold __rte_format_printf(4, 5);

/* Of somebody whose packet came, or is to come; port 0: none is meant. */
void tell_remote(struct rtls_stack *s, const struct net_addr *remote, uint16_t port, enum note n,
		 const char *fmt, ...) __rte_cold __rte_format_printf(5, 6);

/* Of the stack itself. */
void tell_stack(struct rtls_stack *s, enum note n, const char *fmt, ...) __rte_cold
	__rte_format_printf(3, 4);

#endif
