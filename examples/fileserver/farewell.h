/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The end of a connection that went well: alert and FIN, and the wait for the peer's. */
#ifndef FILESERVER_FAREWELL_H
#define FILESERVER_FAREWELL_H

#include "state.h"

enum turn farewell_begin(struct conn *c, uint64_t now_us);

/* CONN_CLOSE_NOTIFY and CONN_LINGER. */
enum turn farewell_say(struct conn *c, uint64_t now_us);
enum turn farewell_linger(struct conn *c, uint64_t now_us);

#endif
