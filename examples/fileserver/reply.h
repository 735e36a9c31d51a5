/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The answer to a request: its head, and the file behind it. */
#ifndef FILESERVER_REPLY_H
#define FILESERVER_REPLY_H

#include "state.h"

/* One that has nothing of its own but its status. What was uploaded is given up. */
enum turn reply_status(struct conn *c, int status, bool keep_alive, uint64_t now_us);

/* The file that a whole request asks for. */
enum turn reply_file(struct conn *c, uint64_t now_us);

/* CONN_HEAD and CONN_BODY. */
enum turn reply_head(struct conn *c, uint64_t now_us);
enum turn reply_body(struct conn *c, uint64_t now_us);

#endif
