/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the command flood has measured, and how it is told. */
#ifndef PERF_FLOOD_REPORT_H
#define PERF_FLOOD_REPORT_H

#include <jansson.h>

#include "flood_bed.h"
#include "series.h"

enum flood_kind {
	FLOOD_FULL,  /* downloads take all they get */
	FLOOD_PACED, /* all together no more than so much */
	FLOOD_KINDS,
};

/* What happened in a span. */
struct flood_span {
	struct flood_work work;   /* of the slices that count */
	uint64_t syns, lost;      /* sent in all, and of these, what found the cable full */
	uint64_t cookies, opened; /* sent, and taken back */
};

struct flood_figures {
	struct series goodput[FLOOD_KINDS][2]; /* Gbit/s: without, and with the flood */
	struct series ratio[FLOOD_KINDS];      /* with to without, side by side */
	struct series per_syn[FLOOD_KINDS];    /* cycles */
	struct series rate[FLOOD_KINDS];       /* SYNs per second that the host received */
	struct flood_comers comers[FLOOD_KINDS][2];
	struct flood_span flooded[FLOOD_KINDS]; /* sums */
};

/* A round of a kind: without, and with. False: one sentence was printed. */
bool flood_add(struct flood_figures *f, enum flood_kind kind, const struct flood_span spans[2]);

/* Work without, and with: of that which is as fast as it goes slices, of what is paced spans. */
bool flood_add_pair(struct flood_figures *f, enum flood_kind kind, const struct flood_work w[2]);

/* Prints, and adds to the JSON. */
void flood_tell(struct flood_figures *f, const struct options *o, json_t *root);

void flood_free(struct flood_figures *f);

#endif
