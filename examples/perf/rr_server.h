/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The host of the command rr: it answers each request with as many bytes. */
#ifndef PERF_RR_SERVER_H
#define PERF_RR_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "link.h"

struct rr_server;

/* Listens. NULL: one sentence was printed. */
struct rr_server *rr_server_create(struct link *l);

/* Connections that have their keys. */
uint32_t rr_server_ready(const struct rr_server *s);

/* One of these that is not in the mode that is asked for; NULL: there is none. */
const struct rtls_sock *rr_server_not_in_mode(const struct rr_server *s);

/* A turn of its loop. Returns whether something was done. */
bool rr_server_turn(struct rr_server *s, uint64_t now_us);

/* Which error a connection met: 0 or -errno. */
int rr_server_error(const struct rr_server *s);

/* The link's step still works. NULL is fine. */
void rr_server_destroy(struct rr_server *s);

#endif
