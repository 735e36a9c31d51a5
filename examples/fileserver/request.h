/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* CONN_REQUEST: what the client asks for. */
#ifndef FILESERVER_REQUEST_H
#define FILESERVER_REQUEST_H

#include "state.h"

enum turn request_read(struct conn *c, uint64_t now_us);

#endif
