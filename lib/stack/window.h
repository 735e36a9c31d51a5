/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* How much a connection may receive. */
#ifndef RTLS_STACK_WINDOW_H
#define RTLS_STACK_WINDOW_H

#include "stack/sock.h"

/* Tells TCP how much, once what is held is charged (stack/rx_memory). */
void sock_offer_window(struct rtls_sock *sock);

#endif
