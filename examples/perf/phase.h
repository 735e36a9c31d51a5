/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * When a run warms up, measures, and is over, and which of its slices count. On a machine that
 * others use the kernel takes the CPU away now and then for longer than a slice takes: such
 * slices tell nothing and are left out, unless the time is over and there are hardly any others.
 */
#ifndef PERF_PHASE_H
#define PERF_PHASE_H

#include <stdbool.h>
#include <stdint.h>

enum phase {
	PHASE_WARM_UP,
	PHASE_MEASURE,
	PHASE_LATE, /* the time is over */
};

enum {
	PHASE_LEAST = 3, /* so many slices of each kind there must be */
};

struct phase_clock {
	const char *what; /* for the line of progress */
	uint64_t start_tsc;
	uint64_t span;
	uint64_t shown_tsc;
	bool warm; /* a round is over */
};

struct phase_clock phase_start(const char *what, double seconds);

/* Once per round. */
enum phase phase_now(struct phase_clock *c);
void phase_end(const struct phase_clock *c);

/* How often the kernel took the CPU away from this thread so far. */
uint64_t phase_interruptions(void);

/* Does a slice of this phase count that began after so many interruptions? */
bool phase_counts(enum phase phase, uint64_t interruptions);

#endif
