/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The answer to a request: its head, and the file behind it. */
#ifndef FILESERVER_REPLY_H
#define FILESERVER_REPLY_H

#include "state.h"

/* To a whole request. */
enum turn reply_answer(struct conn *c, uint64_t now_us);

/* CONN_HEAD and CONN_BODY. */
enum turn reply_head(struct conn *c, uint64_t now_us);
enum turn reply_body(struct conn *c, uint64_t now_us);

#endif
