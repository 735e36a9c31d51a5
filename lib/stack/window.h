/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* How much a connection may receive. */
#ifndef RTLS_STACK_WINDOW_H
#define RTLS_STACK_WINDOW_H

#include "stack/sock.h"

/* Event: it may hold more, or holds less. Tells TCP, once what is held is charged (stack/rx_memory). */
void sock_offer_window(struct rtls_sock *sock);

/* Event: its program has read. Without a size of the program's word the buffer may grow. */
void sock_window_read(struct rtls_sock *sock);

/*
 * Event: it holds more, in order. TCP knows an older limit then, which is no reason to tell the peer
 * anything, but is not to be told: mostly the program takes what came first.
 */
void sock_window_filled(struct rtls_sock *sock);

/* A segment is planned, which tells it. */
void sock_renew_window(struct rtls_sock *sock);

#endif
