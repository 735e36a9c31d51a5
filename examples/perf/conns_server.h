/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The host of the command conns: it accepts, shakes hands, and closes when the client does. */
#ifndef PERF_CONNS_SERVER_H
#define PERF_CONNS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "conns_kind.h"
#include "link.h"

struct conns_server;

/* Listens. NULL: one sentence was printed. */
struct conns_server *conns_server_create(struct link *l);

/* From now on; nothing is open. */
void conns_server_kind(struct conns_server *s, enum conns_kind kind);

/* A turn of its loop. Returns whether something was done. */
bool conns_server_turn(struct conns_server *s, uint64_t now_us);

/* Connections that came and went as they should, and those that did not. */
uint64_t conns_server_closed(const struct conns_server *s);
uint64_t conns_server_failed(const struct conns_server *s);

struct rtls_stack *conns_server_stack(const struct conns_server *s);

/* The link's step still works. NULL is fine. */
void conns_server_destroy(struct conns_server *s);

#endif
