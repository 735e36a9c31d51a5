/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A run's JSON as others read it: what was asked for, and what came of it. */
#ifndef PERF_FIGURES_H
#define PERF_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "options.h"

enum {
	FIGURES_MAX = 4,
	FIGURES_KEY_MAX = 80,
};

/* Those of a command that a table or a plot shows: NULL at the end. */
extern const char *const figures_shown[][FIGURES_MAX + 1];

/* Settings, in an order of their own; NULL at the end. */
extern const char *const figures_settings[];

/* The value of a setting or a figure in words; empty where the run has none. */
void figures_text(const json_t *run, const char *key, char *out, size_t size);

/* Are these two runs of the same settings? */
bool figures_alike(const json_t *a, const json_t *b);

/* A figure, or a quartile of it ("_q1", "_q3"); 0: there is none. */
double figures_value(const json_t *run, const char *key, const char *suffix);

#endif
