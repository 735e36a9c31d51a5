/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The transmit path, top to bottom: connections that have something to say are
 * asked in turn, their segments are built and gathered per port, and what the
 * port takes is told back to TCP. Nothing of a connection moves before that.
 */
#ifndef RTLS_STACK_TX_PATH_H
#define RTLS_STACK_TX_PATH_H

#include <rte_mbuf.h>

struct rtls_stack;
struct netif;

/* One turn; returns packets handed to ports. */
unsigned int tx_path_poll(struct rtls_stack *s);

/* Takes a packet that belongs to no connection; sent with this poll's packets, or dropped. */
void tx_path_reply(struct rtls_stack *s, struct netif *nif, struct rte_mbuf *m);

#endif
