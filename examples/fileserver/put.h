/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A file that the client sends, from the head of its request to the disk. */
#ifndef FILESERVER_PUT_H
#define FILESERVER_PUT_H

#include "state.h"

/* The head of a PUT is there, or all of one without a body. Of one that is refused nothing more is read. */
enum turn put_begin(struct conn *c, uint64_t now_us);

/* CONN_CONTINUE, CONN_UPLOAD and CONN_STORE. */
enum turn put_continue(struct conn *c, uint64_t now_us);
enum turn put_take(struct conn *c, uint64_t now_us);
enum turn put_store(struct conn *c, uint64_t now_us);

#endif
