/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where packets end that the stack does not take: each is counted, a capture of the port is told by
 * which counter, and its buffers go.
 */
#ifndef RTLS_STACK_DROP_H
#define RTLS_STACK_DROP_H

#include <rte_mbuf.h>

#include "stack/counters.h"

struct rtls_stack;
struct rtls_port;

/* A received packet that is not kept. What a device has opened of it is plaintext. */
void stack_free_packet(const struct rtls_stack *s, struct rte_mbuf *m);

/* It is dropped. Takes it. */
void stack_drop(struct rtls_stack *s, const struct rtls_port *p, struct rte_mbuf *m,
		enum counter why);

/* Only for the capture, if there is one: counted, and freed, elsewhere. */
void stack_tell_dropped(const struct rtls_port *p, const struct rte_mbuf *m, enum counter why);

/* A packet that was to be sent never is. Counted; the caller frees it. */
void stack_unsent(struct rtls_stack *s, const struct rtls_port *p, const struct rte_mbuf *m,
		  enum counter why);

#endif
