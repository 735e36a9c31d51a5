/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command conns --contexts: how many contexts a device takes in a second, how long one takes, and what
 * a full table does. */
#ifndef PERF_CONTEXTS_H
#define PERF_CONTEXTS_H

#include "options.h"

/* 0; -1: one sentence was printed. */
int contexts_run(const struct options *o);

#endif
