/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What moves bytes, behind the look at the guard: for the public calls, which look, and for
 * the guard's holder, who may move bytes in a direction without keys.
 */
#ifndef RTLS_SOCK_MOVE_H
#define RTLS_SOCK_MOVE_H

#include <stdbool.h>

#include <recordtls/io.h>

/* As rtls_sendmsg(). */
ssize_t sock_sendmsg(struct rtls_sock *sock, const struct rtls_msg *m, int flags);

/* As rtls_recvmsg(), or with data_only as rtls_recv(). */
ssize_t sock_receive(struct rtls_sock *sock, struct rtls_msg *m, int flags, bool data_only);

/* Opens records in search of a control record, for RTLS_CONTROL; data waits for the program. */
void sock_look_ahead(struct rtls_sock *sock);

#endif
