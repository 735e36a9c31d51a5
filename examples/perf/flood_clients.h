/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The clients of the command flood, who are honest: those that download without end, near the host,
 * and those that come, ask for a byte and go again, some way off.
 */
#ifndef PERF_FLOOD_CLIENTS_H
#define PERF_FLOOD_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"
#include "link.h"

enum {
	FLOOD_COMERS_PER_S = 1000,
	FLOOD_PATIENCE_US = 3000000, /* of who comes */
	FLOOD_COMERS_MAX = 512,      /* at once: ten times what comes in a span */
	FLOOD_HOST_OF_NEAR = 2,      /* the last byte of the downloads' address */
};

/* What became of those who came in some span. */
struct flood_comers {
	uint64_t tried;
	uint64_t established; /* in time, and with their answer */
	struct histogram us;  /* from the SYN to that */
};

struct crowd;
struct flood_clients;

/* NULL: one sentence was printed. */
struct flood_clients *flood_clients_create(struct link *l, struct crowd *crowd);

/* The NIC, the cable and the clients, until nothing moves any more at this time. */
void flood_clients_turn(struct flood_clients *c, uint64_t now_us);

/* Who comes from now on counts there; NULL: nobody comes. */
void flood_clients_come(struct flood_clients *c, struct flood_comers *where, uint64_t now_us);

/* Of those who came: who has neither got an answer nor given up. */
uint32_t flood_clients_waiting(const struct flood_clients *c);

/* Downloads that are open, with their keys set, and what all of them have received. */
uint32_t flood_clients_ready(const struct flood_clients *c);
uint64_t flood_clients_bytes(const struct flood_clients *c);

/* Of the downloads; 0 or -errno. */
int flood_clients_error(const struct flood_clients *c);

/* The host is gone, and the crowd cut; NULL is fine. */
void flood_clients_destroy(struct flood_clients *c);

#endif
