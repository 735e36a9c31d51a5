/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The command record: the record layer next to the raw AEAD, libssl and GnuTLS. */
#ifndef PERF_RECORD_H
#define PERF_RECORD_H

#include <stdbool.h>

#include <jansson.h>

#include "options.h"

/* Prints what it measures, and adds it to the JSON. False: one sentence was printed. */
bool record_run(const struct options *o, json_t *root);

#endif
