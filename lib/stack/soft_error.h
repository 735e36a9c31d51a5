/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What is wrong with a connection's path and does not end it (RFC 9293 3.9.1.8): what routers and hosts
 * say by ICMP, and that the peer does not answer.
 */
#ifndef RTLS_STACK_SOFT_ERROR_H
#define RTLS_STACK_SOFT_ERROR_H

#include "net/icmp.h"
#include "stack/sock.h"

/* In the program's words. */
enum rtls_soft_error soft_error_of(const struct icmp_error *e);

/* Event: the connection goes on all the same. */
void soft_error_note(struct rtls_sock *sock, enum rtls_soft_error what);

#endif
