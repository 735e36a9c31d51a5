/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stats_json.h"

#include <stdint.h>

enum { STATS_MAX = 256 };

json_t *
stats_json(const struct rtls_stack *s, const struct rtls_port *p)
{
	struct rtls_stat_desc tab[STATS_MAX];
	uint64_t values[STATS_MAX];
	int n = rtls_stats_describe(s, p, tab, STATS_MAX);
	json_t *table = json_object();

	rtls_stats_get(s, p, values, STATS_MAX);
	/* More than there is room for: nothing was written. */
	for (int i = 0; i < n && n <= STATS_MAX; i++)
		json_object_set_new(table, tab[i].name, json_integer((json_int_t)values[i]));
	return table;
}
