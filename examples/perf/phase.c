/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE
#include "phase.h"

#include <sys/resource.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "report.h"

enum {
	WARM_UP_PART = 10, /* of the time: one part */
	SHOW_PER_S = 10,
};

struct phase_clock
phase_start(const char *what, double seconds)
{
	return (struct phase_clock){
		.what = what,
		.start_tsc = rte_rdtsc(),
		.span = (uint64_t)(seconds * (double)rte_get_tsc_hz()),
	};
}

enum phase
phase_now(struct phase_clock *c)
{
	uint64_t now = rte_rdtsc(), passed = now - c->start_tsc;
	bool was_warm = c->warm;

	if (now - c->shown_tsc > rte_get_tsc_hz() / SHOW_PER_S) {
		report_progress(c->what, RTE_MIN((double)passed / (double)c->span, 0.99));
		c->shown_tsc = now;
	}
	c->warm = true;
	if (passed >= c->span)
		return PHASE_LATE;
	return was_warm && passed >= c->span / WARM_UP_PART ? PHASE_MEASURE : PHASE_WARM_UP;
}

void
phase_end(const struct phase_clock *c)
{
	report_progress(c->what, 1);
}

uint64_t
phase_interruptions(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_nivcsw : 0;
}

bool
phase_counts(enum phase phase, uint64_t interruptions)
{
	switch (phase) {
	case PHASE_WARM_UP:
		return false;
	case PHASE_MEASURE:
		return phase_interruptions() == interruptions;
	case PHASE_LATE:
		return true;
	}
	return false;
}
