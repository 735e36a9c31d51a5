/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The host of conns --contexts: connections that are idle, in software, whose directions it gives to
 * the NIC and takes back as a program does, by rtls_set_mode(); and others beside them, in mode
 * NIC, which send and receive all the time.
 */
#ifndef PERF_CONTEXTS_HOST_H
#define PERF_CONTEXTS_HOST_H

#include "contexts_far.h"
#include "histogram.h"
#include "link.h"

enum { CONTEXTS_DIRS = 2 }; /* enum rtls_dir */

/* What came of asking, since it was set to all zero. */
struct contexts_tally {
	uint64_t installed;
	uint64_t refused;      /* for want of room in the table */
	uint64_t asked_cycles; /* of the calls that asked for, and that gave back */
	uint64_t removed_cycles;
	struct histogram latency[CONTEXTS_DIRS]; /* TSC cycles from the call to the mode in force */
};

struct contexts_host;

/* Connects nb connections, the first beside ones of which are the traffic's. The far end is the link's step.
 * NULL: one sentence was printed. */
struct contexts_host *contexts_host_create(struct link *l, const struct contexts_far *far,
					   uint32_t nb, uint32_t beside);

/* A turn of its loop and one of the far side. False: one sentence was printed. */
bool contexts_host_turn(struct contexts_host *h);

/*
 * Asks for all directions of n idle connections from the first one on, or gives them back, a few in each
 * turn; until all are answered, or nothing of the device's table is theirs. Those that are there already,
 * or are not, are no matter. False: one sentence was printed.
 */
bool contexts_host_install(struct contexts_host *h, uint32_t first, uint32_t n,
			   struct contexts_tally *t);
bool contexts_host_remove(struct contexts_host *h, uint32_t first, uint32_t n,
			  struct contexts_tally *t);

/* Directions of idle connections that are with the NIC. */
uint32_t contexts_host_with_nic(const struct contexts_host *h);

/* Bytes of the traffic that came. */
uint64_t contexts_host_received(const struct contexts_host *h);

/* The far side still turns. NULL is fine. */
void contexts_host_destroy(struct contexts_host *h);

#endif
