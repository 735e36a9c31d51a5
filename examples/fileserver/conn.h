/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One connection: handshake, requests, answers, farewell. */
#ifndef FILESERVER_CONN_H
#define FILESERVER_CONN_H

#include "state.h"

/* Takes the socket, in any case. False: it was aborted, c is unused. */
bool conn_open(struct conn *c, struct conn_env *env, struct rtls_sock *k, uint64_t now_us);

/* When it is to be stepped again though nothing happens. */
uint64_t conn_due(const struct conn *c, uint64_t now_us, enum conn_wait *wait);

/* Goes on as far as it goes. False: it is over, and everything was given back. */
bool conn_step(struct conn *c, uint64_t now_us);

/* Ends it at once, with a reset. */
void conn_abort(struct conn *c);

#endif
