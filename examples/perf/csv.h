/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Runs as comma-separated values: the settings, then the figures, a line of names in front. */
#ifndef PERF_CSV_H
#define PERF_CSV_H

#include <jansson.h>

/* An array of runs of one command. */
void csv_print(const json_t *runs);

/* Adds the run in a line whose names are in the head; both are cut into pieces. */
void csv_read(char *head, char *line, json_t *runs);

#endif
