/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What has moved since a run of before, whose JSON or CSV is in a file. */
#ifndef PERF_BASELINE_H
#define PERF_BASELINE_H

#include <jansson.h>

/* The runs in a file, whatever else stands in there: an array, to be freed. NULL: there are none,
 * and one sentence was printed. */
json_t *baseline_read(const char *path);

/* Prints, of each figure with quartiles in both, whether they lie apart, and by how much it moved. */
void baseline_compare(const json_t *before, const json_t *run);

#endif
