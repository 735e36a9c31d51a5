/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Holds a simulated connection against the resync oracle while it goes on, at both ends that have a NIC:
 * the packets as they were handed to the NIC, which of them it marked, what the stack told it and when,
 * and what the library made of each record. The first difference is kept in words.
 *
 * One at a time in a process; the program that links it wraps framer_init() and framer_next().
 */
#ifndef RTLS_SIM_RESYNC_WATCH_H
#define RTLS_SIM_RESYNC_WATCH_H

#include "sim/resync_watched.h"
#include "sim/sim.h"

struct resync_watch_report {
	char error[RESYNC_WATCH_ERROR]; /* empty: no difference */
	struct resync_watched end[2];
};

enum resync_watch_how {
	RESYNC_WATCH_PLAIN,
	RESYNC_WATCH_IDEAL, /* and plays the ideal beside it */
	RESYNC_WATCH_DEAF,  /* nothing that the NICs are told reaches them */
};

/* Plays it, and compares. The conf's watch is set. */
void resync_watch_play(struct sim_conf *conf, enum resync_watch_how how, struct sim_report *sim,
		       struct resync_watch_report *out);

#endif
