/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The receive path, top to bottom: a burst comes in, headers are parsed, the
 * connection is found, TCP decides, bytes go into the receive queue, the record
 * layer looks whether a record is complete. The program takes it from there with
 * rtls_recv(). One function per step, in the order in which a packet meets them.
 */
#ifndef RTLS_STACK_RX_PATH_H
#define RTLS_STACK_RX_PATH_H

struct rtls_stack;

/* One turn over all ports; returns packets received. */
unsigned int rx_path_poll(struct rtls_stack *s);

#endif
