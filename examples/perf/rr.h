/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command rr: requests and their answers, on many connections. */
#ifndef PERF_RR_H
#define PERF_RR_H

#include <stdbool.h>

#include <jansson.h>

#include "options.h"

/* Prints what it measures, and adds it to the JSON. False: one sentence was printed. */
bool rr_run(const struct options *o, json_t *root);

#endif
