/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* /recordtls/stack/stats and what its counters mean. */
#include <assert.h>
#include <string.h>

#include <recordtls/stats.h>

#include "stack/state.h"
#include "telemetry/answer.h"
#include "telemetry/params.h"

enum { STATS_MAX = RTE_TEL_MAX_DICT_ENTRIES };

struct stats {
	uint64_t values[STATS_MAX];
	int n;
};

static_assert((int)CNT_MAX + 32 < (int)STATS_MAX, "one answer holds all counters and levels");

static bool
visit_stats(struct rtls_stack *s, void *arg)
{
	struct stats *out = arg;

	out->n = rtls_stats_get(s, NULL, out->values, STATS_MAX);
	return false;
}

/* hide_zero=true, as /ethdev/xstats has it: most of the cost is rte_telemetry's, per entry. */
static bool
read_hide(const struct params *p, bool *hide, struct rte_tel_data *d)
{
	const char *value = params_get(p, "hide_zero");

	*hide = value != NULL && strcmp(value, "true") == 0;
	if (value == NULL || *hide || strcmp(value, "false") == 0)
		return true;
	answer_error(d, "hide_zero is true or false, not '%.40s'", value);
	return false;
}

static void
put_values(struct rte_tel_data *d, const struct stats *st, bool hide)
{
	struct rtls_stat_desc desc[STATS_MAX];

	rtls_stats_describe(NULL, NULL, desc, STATS_MAX);
	rte_tel_data_start_dict(d);
	for (int i = 0; i < st->n; i++)
		if (!hide || st->values[i] != 0)
			rte_tel_data_add_dict_uint(d, desc[i].name, st->values[i]);
}

static int
stats(const char *cmd, const char *text, struct rte_tel_data *d)
{
	static const char *const keys[] = { "hide_zero", NULL };
	static const struct params_want want = {
		.usage = "STACK[,hide_zero=true]",
		.nb_pos = 1,
		.keys = keys,
	};
	struct stats st;
	struct params p;
	uint32_t stack;
	bool hide;
	int rc;

	(void)cmd;
	if (!params_read(&p, &want, text, d))
		return 0;
	if (params_stack(&p, &stack, d) && read_hide(&p, &hide, d)) {
		rc = registry_visit(stack, visit_stats, &st);
		if (rc != 0)
			answer_unvisited(d, stack, rc);
		else
			put_values(d, &st, hide);
	}
	params_free(&p);
	return 0;
}

/* The same of every stack: nobody is visited. */
static int
meanings(const char *cmd, const char *text, struct rte_tel_data *d)
{
	static const struct params_want nothing = { .usage = "none", .nb_pos = 0 };
	struct rtls_stat_desc tab[STATS_MAX];
	struct params p;
	int n;

	(void)cmd;
	if (!params_read(&p, &nothing, text, d))
		return 0;
	params_free(&p);
	n = rtls_stats_describe(NULL, NULL, tab, STATS_MAX);
	rte_tel_data_start_dict(d);
	answer_meanings(d, tab, n);
	return 0;
}

RTE_INIT(telemetry_stack_stats)
{
	rte_telemetry_register_cmd("/recordtls/stack/stats", stats,
				   "A stack's counters. Parameters: STACK[,hide_zero=true]");
	rte_telemetry_register_cmd("/recordtls/stack/meanings", meanings,
				   "What they mean. Takes no parameters");
}
