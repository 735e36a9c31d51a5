/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Counters and levels by their names, as JSON. */
#ifndef EXAMPLES_JSON_STATS_JSON_H
#define EXAMPLES_JSON_STATS_JSON_H

#include <jansson.h>

#include <recordtls/stats.h>

/* An object of all that is counted of the port, or with NULL of the stack. The caller's; NULL without memory. */
json_t *stats_json(const struct rtls_stack *s, const struct rtls_port *p);

#endif
