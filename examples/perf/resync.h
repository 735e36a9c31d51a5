/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command resync: what a NIC opens of a connection that loses packets, by how it finds its place again. */
#ifndef PERF_RESYNC_H
#define PERF_RESYNC_H

#include <stdbool.h>

#include <jansson.h>

#include "options.h"

/* Prints what it measures, and adds it to the JSON. False: one sentence was printed. */
bool resync_run(const struct options *o, json_t *root);

#endif
