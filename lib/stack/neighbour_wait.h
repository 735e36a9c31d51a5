/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Connections that wait for their neighbour to answer. */
#ifndef RTLS_STACK_NEIGHBOUR_WAIT_H
#define RTLS_STACK_NEIGHBOUR_WAIT_H

#include "stack/sock.h"

/* It waits; it is scheduled when an answer comes. */
void neighbour_wait(struct rtls_sock *sock);
void neighbour_unwait(struct rtls_sock *sock);

/* Event: the table learned something; all that wait look again. */
void neighbour_learned(struct rtls_stack *s);

#endif
