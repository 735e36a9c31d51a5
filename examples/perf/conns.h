/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command conns: connections that come and go, and what one holds that stays. */
#ifndef PERF_CONNS_H
#define PERF_CONNS_H

#include <stdbool.h>

#include <jansson.h>

#include "options.h"

/* Prints what it measures, and adds it to the JSON. False: one sentence was printed. */
bool conns_run(const struct options *o, json_t *root);

#endif
