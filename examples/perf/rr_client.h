/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The far end of the command rr: each connection asks again as soon as it has its answer. */
#ifndef PERF_RR_CLIENT_H
#define PERF_RR_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"
#include "link.h"

struct rr_client;

/* NULL: one sentence was printed. */
struct rr_client *rr_client_create(struct link *l);

/* A turn of the NIC, the cable and the clients; connections are opened first, some at a time. */
void rr_client_turn(struct rr_client *c);

/* Connections that have their keys. */
uint32_t rr_client_ready(const struct rr_client *c);

/* The first request of each connection; all are ready at both ends. */
void rr_client_start(struct rr_client *c);

/* Answers so far. */
uint64_t rr_client_answers(const struct rr_client *c);

/* TSC cycles from a request's rtls_send() to the last byte of its answer, of all that came since
 * the last rr_client_forget(). */
const struct histogram *rr_client_latencies(const struct rr_client *c);
void rr_client_forget(struct rr_client *c);

/* For so many cycles from then on nobody ran: they are in no latency. */
void rr_client_lose(struct rr_client *c, uint64_t at_tsc, uint64_t cycles);

/* Which error a connection met: 0 or -errno. */
int rr_client_error(const struct rr_client *c);

/* The host is gone; NULL is fine. */
void rr_client_destroy(struct rr_client *c);

#endif
