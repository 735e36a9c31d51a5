/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What conns --contexts measures, and how that is told. */
#ifndef PERF_CONTEXTS_REPORT_H
#define PERF_CONTEXTS_REPORT_H

#include <jansson.h>

#include "contexts_host.h"
#include "contexts_overload.h"
#include "series.h"

/* Of the device, to add(). */
enum contexts_answer {
	CONTEXTS_AT_ONCE,
	CONTEXTS_LATE,
	CONTEXTS_ANSWERS,
};

struct contexts_figures {
	struct series rate, removed;                /* contexts per second */
	struct series asked_cycles, removed_cycles; /* of rtls_set_mode() per context */
	struct series beside; /* goodput of the traffic to what it is without */
	struct histogram latency[CONTEXTS_DIRS];
};

/* Contexts of a table that is too small. */
struct contexts_full {
	uint32_t table;
	uint32_t asked, taken, refused;
	uint32_t freed, reused;
};

struct contexts_report {
	const struct options *o;
	struct contexts_figures answers[CONTEXTS_ANSWERS];
	struct contexts_full full;
	struct contexts_overload overload;
};

const char *contexts_title(enum contexts_answer answer);

/* Prints the tables and puts the figures. */
void contexts_report_tell(struct contexts_report *r, json_t *root);

void contexts_report_free(struct contexts_report *r);

#endif
