/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the poll looks at next: connections with something to send, to report, or a deadline. */
#ifndef RTLS_STACK_SCHED_H
#define RTLS_STACK_SCHED_H

#include "stack/sock.h"

/* The connection may have something to send: the poll will ask it. */
void sock_schedule(struct rtls_sock *sock);

/* Its events may have changed. */
void sock_ready(struct rtls_sock *sock);

/* Its deadlines may have changed. */
void sock_rearm(struct rtls_sock *sock);

#endif
