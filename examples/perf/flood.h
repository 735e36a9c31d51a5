/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command flood: what SYNs from addresses that nobody has cost a host that serves others. */
#ifndef PERF_FLOOD_H
#define PERF_FLOOD_H

#include <stdbool.h>

#include <jansson.h>

#include "options.h"

/* Prints what it measures, and adds it to the JSON. False: one sentence was printed. */
bool flood_run(const struct options *o, json_t *root);

#endif
