/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A sweep of resync as a figure of three panels: shares, their distance from the bound, cycles. */
#ifndef PERF_RESYNC_PLOT_H
#define PERF_RESYNC_PLOT_H

#include <stdio.h>

#include <jansson.h>

#include "options.h"

/* Of the data $runs, behind the swept value; the last one is NULL. */
extern const char *const resync_plot_columns[];

/* For gnuplot, behind "set output" and the data; of runs, one for each value of the sweep. */
void resync_plot_write(FILE *out, const struct options *o, const json_t *runs);

#endif
