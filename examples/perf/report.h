/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What is printed: a head, tables, a line of progress, and JSON. */
#ifndef PERF_REPORT_H
#define PERF_REPORT_H

#include <jansson.h>

#include "options.h"
#include "series.h"

/* Prints the head and begins the JSON with it. NULL: no memory. */
json_t *report_head(const struct options *o);

/* A figure as min / median / max, in a column of its own; none: there is nothing to tell. */
void report_series(const char *title, const struct summary *s, const char *more);
void report_none(const char *title);

/* A figure of the JSON; one that is not there (0) is null. */
void report_put(json_t *to, const char *key, double value);

/* The quartiles of such a figure, by which runs are compared. */
void report_put_spread(json_t *to, const char *key, const struct summary *s);

/* All runs, an array, as CSV and as JSON in the last lines, and what has moved since a baseline: as
 * it is asked for. */
void report_runs(const struct options *o, const json_t *runs);

/* The same of the one run that there is; frees it. */
void report_end(const struct options *o, json_t *root);

/* On a terminal: how much is done, 0 to 1; 1 clears the line. */
void report_progress(const char *what, double done);

#endif
