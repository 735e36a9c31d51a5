/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Repeated measurements of one thing. */
#ifndef PERF_SERIES_H
#define PERF_SERIES_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: empty. */
struct series {
	double *v;
	uint32_t n;
	uint32_t max;
};

struct summary {
	double min;
	double q1, median, q3; /* quartiles */
	double max;
};

/* False: no memory. */
bool series_add(struct series *s, double v);

/* Sorts; all 0 for an empty one. */
struct summary series_summary(struct series *s);

void series_free(struct series *s);

#endif
