/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * All that takes turns in the command flood, one after the other on one core, and their time: that of the
 * host's turns (doc/decisions/0120-the-hosts-own-time.md).
 */
#ifndef PERF_FLOOD_BED_H
#define PERF_FLOOD_BED_H

#include "flood_clients.h"
#include "flood_server.h"

/* What was done in some time. */
struct flood_work {
	uint64_t cycles;      /* so long it was */
	uint64_t busy;        /* of the host's turns in which something was done */
	uint64_t bytes;       /* that the downloads received */
	uint64_t syns, lost;  /* that the cable took, and that found it full */
	uint64_t interrupted; /* turns that count, from which the kernel took the CPU away */
};

struct flood_bed {
	const struct options *o;
	struct link link;
	struct rtls_port *line; /* the far end of the cable */
	struct crowd *crowd;
	struct flood_clients *clients;
	struct flood_server *server;
	bool flooded;
	uint64_t start_tsc;
	uint64_t passed;        /* cycles of that time since then */
	uint64_t interruptions; /* that are known */
	uint64_t due;           /* SYNs, in parts of the TSC's rate */
};

/* All downloads are open. False: one sentence was printed, and flood_bed_close() is to be called all the
 * same. */
bool flood_bed_open(struct flood_bed *b, const struct options *o);
void flood_bed_close(struct flood_bed *b);

uint64_t flood_bed_now_us(const struct flood_bed *b);

/* Turns, until so much time has passed. */
struct flood_work flood_bed_run(struct flood_bed *b, uint64_t us);

/* False: a download failed, and one sentence was printed. */
bool flood_bed_fine(const struct flood_bed *b);

#endif
