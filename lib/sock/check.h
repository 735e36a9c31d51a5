/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the public calls share: is this socket in a state for it, and what
 * errno does a connection that ended answer?
 */
#ifndef RTLS_SOCK_CHECK_H
#define RTLS_SOCK_CHECK_H

#include <recordtls/tls.h>

#include "stack/endpoint.h"

/* 0 while the connection did not end or ended in order, else the errno of its reason. */
int sock_end_error(const struct rtls_sock *k);

/* May bytes be accepted for sending? 0, -ENOTCONN, -EPIPE or sock_end_error(). */
int sock_check_send(const struct rtls_sock *k);

/* Is there, or was there, a connection to receive from? 0 or -ENOTCONN. */
int sock_check_recv(const struct rtls_sock *k);

/*
 * May a call of the program move bytes in this direction? -ENOKEY: it has no keys, and an
 * adapter guards it.
 */
int sock_check_guard(const struct rtls_sock *k, enum rtls_dir d);

/* Something was queued: TCP may send up to the end of the queue. */
void sock_queued(struct rtls_sock *k);

#endif
