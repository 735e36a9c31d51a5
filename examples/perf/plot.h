/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a sweep has found, drawn by gnuplot. */
#ifndef PERF_PLOT_H
#define PERF_PLOT_H

#include <stdbool.h>

#include <jansson.h>

#include "options.h"

/* Before the runs: is the file one that can be written? False: one sentence was printed. */
bool plot_can(const struct options *o);

/* Into the file that is asked for. False: one sentence was printed. */
bool plot_draw(const struct options *o, const json_t *runs);

#endif
