/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What TCP says of a connection, from input or timers, and what follows from it. */
#ifndef RTLS_STACK_SOCK_EVENTS_H
#define RTLS_STACK_SOCK_EVENTS_H

#include "stack/sock.h"

/* events: TCP_EV_*. False: it was an orphan and is gone. */
bool sock_tcp_events(struct rtls_sock *sock, uint32_t events);

#endif
