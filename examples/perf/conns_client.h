/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The far end of the command conns: opens so many connections at once, closes each, and opens
 * another one. */
#ifndef PERF_CONNS_CLIENT_H
#define PERF_CONNS_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "conns_kind.h"
#include "link.h"

struct conns_client;

/* NULL: one sentence was printed. */
struct conns_client *conns_client_create(struct link *l);

/* From now on each new connection is of this kind, and as many are open as is asked for; with
 * stays none is closed by this end. */
void conns_client_start(struct conns_client *c, enum conns_kind kind, bool stays);

/* No new ones; with stays, those that are open are closed. */
void conns_client_stop(struct conns_client *c);

/* A turn of the NIC, the cable and the clients. */
void conns_client_turn(struct conns_client *c);

/* Connections that exist, and those whose handshake is through. */
uint32_t conns_client_open(const struct conns_client *c);
uint32_t conns_client_ready(const struct conns_client *c);

/* What went wrong, in words; NULL: nothing. */
const char *conns_client_error(const struct conns_client *c);

/* The host is gone; NULL is fine. */
void conns_client_destroy(struct conns_client *c);

#endif
