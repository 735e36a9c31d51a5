/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The far end of conns --contexts: takes what comes, and sends all the time on connections on which
 * something came: those of the traffic beside. */
#ifndef PERF_CONTEXTS_FAR_H
#define PERF_CONTEXTS_FAR_H

#include "link.h"

struct contexts_far;

/* For so many connections. NULL: one sentence was printed. */
struct contexts_far *contexts_far_create(struct link *l, uint32_t nb);

/* A turn of the NIC, the cable and the far end. */
void contexts_far_turn(struct contexts_far *f);

/* Connections with their keys. */
uint32_t contexts_far_ready(const struct contexts_far *f);

/* Bytes of the traffic that came. */
uint64_t contexts_far_received(const struct contexts_far *f);

/* What went wrong: -errno; 0: nothing. */
int contexts_far_error(const struct contexts_far *f);

/* The host is gone; NULL is fine. */
void contexts_far_destroy(struct contexts_far *f);

#endif
