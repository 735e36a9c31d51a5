/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The end of a connection: why, what goes back at once, and the RST. */
#ifndef RTLS_STACK_SOCK_END_H
#define RTLS_STACK_SOCK_END_H

#include "stack/sock.h"

/* TCP is done with it. It stays, closed, while the program has it; false: it is gone. */
bool sock_finished(struct rtls_sock *sock);

/* RST and gone, whatever the phase but LISTEN; an OWNED one stays for its owner, closed. */
void sock_abort(struct rtls_sock *sock, enum rtls_end_who who, enum rtls_end_reason reason);

#endif
