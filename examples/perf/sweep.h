/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One command with several values of an option: a process for each, one after the other. */
#ifndef PERF_SWEEP_H
#define PERF_SWEEP_H

#include "options.h"

/* run does one run, with its JSON as the last line, and returns the exit code. Returns that of
 * the first that failed, or 0. */
int sweep_run(const struct options *o, int (*run)(const struct options *o, void *arg), void *arg);

#endif
