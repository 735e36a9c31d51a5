/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The receive path, top to bottom: a burst comes in, Ethernet and IP are parsed; rx_tcp finds the
 * connection, TCP decides, bytes go into the receive queue, the record layer looks whether a record
 * is complete. The program takes it from there with rtls_recv().
 */
#ifndef RTLS_STACK_RX_PATH_H
#define RTLS_STACK_RX_PATH_H

struct rtls_stack;

/* One turn over all ports; returns packets received. */
unsigned int rx_path_poll(struct rtls_stack *s);

#endif
