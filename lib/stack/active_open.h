/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The active open. */
#ifndef RTLS_STACK_ACTIVE_OPEN_H
#define RTLS_STACK_ACTIVE_OPEN_H

#include "stack/sock.h"

/* Starts it: tuple and path are set, it is attached. */
void sock_connect(struct rtls_sock *sock);

#endif
