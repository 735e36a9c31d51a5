/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command conns --contexts: how many contexts a device takes in a second, how long one takes, and what
 * a full table does. */
#ifndef PERF_CONTEXTS_H
#define PERF_CONTEXTS_H

#include <stdbool.h>

#include <jansson.h>

#include "options.h"

/* Prints what it measures, and adds it to the JSON. False: one sentence was printed. */
bool contexts_run(const struct options *o, json_t *root);

#endif
