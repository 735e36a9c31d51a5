/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A connection ends in TIME-WAIT: a record of tcp/timewait takes over from its socket. */
#ifndef RTLS_STACK_TIME_WAIT_H
#define RTLS_STACK_TIME_WAIT_H

#include "stack/sock.h"

/* Event: TCP reached it. The peer's FIN is acknowledged; the connection is to be closed then. */
void time_wait_enter(struct rtls_sock *sock);

#endif
