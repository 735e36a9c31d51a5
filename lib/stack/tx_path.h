/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The transmit path, top to bottom: connections that have something to say are
 * asked in turn, and their segments are built and gathered per netif (stack/netif_tx).
 */
#ifndef RTLS_STACK_TX_PATH_H
#define RTLS_STACK_TX_PATH_H

struct rtls_stack;

/* One turn; returns packets handed to ports. */
unsigned int tx_path_poll(struct rtls_stack *s);

#endif
