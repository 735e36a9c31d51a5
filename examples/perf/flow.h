/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command flow: whole connections, and what they cost the host. */
#ifndef PERF_FLOW_H
#define PERF_FLOW_H

#include <stdbool.h>

#include <jansson.h>

#include "options.h"

/* Prints what it measures, and adds it to the JSON. False: one sentence was printed. */
bool flow_run(const struct options *o, json_t *root);

#endif
