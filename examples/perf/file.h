/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command file: the file server's path in process, from request to answer. */
#ifndef PERF_FILE_H
#define PERF_FILE_H

#include <stdbool.h>

#include <jansson.h>

#include "options.h"

/* Prints what it measures, and adds it to the JSON. False: one sentence was printed. */
bool file_run(const struct options *o, json_t *root);

#endif
