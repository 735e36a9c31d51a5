/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What commands answer, and how they get it. A command runs on a thread of DPDK's: it has the
 * stack fill a struct of its own in a visit (stack/registry.h), and writes its answer out of that.
 *
 * What rte_telemetry cannot carry it leaves out without a word, so whoever may have much to say
 * counts with ANSWER_BYTES and says where the rest begins.
 */
#ifndef RTLS_TELEMETRY_ANSWER_H
#define RTLS_TELEMETRY_ANSWER_H

#include <rte_common.h>
#include <rte_telemetry.h>

#include <recordtls/stats.h>

#include "stack/registry.h"

enum {
	ANSWER_BYTES = 15 << 10,                  /* of JSON; rte_telemetry has 16 KiB */
	ANSWER_STACKS = RTE_TEL_MAX_DICT_ENTRIES, /* that a command about all looks at */
};

/* The answer is {"error": one sentence}. Always 0: that is an answer, too. */
__rte_format_printf(2, 3) int answer_error(struct rte_tel_data *d, const char *format, ...);

/* The same for what registry_visit() gave; 0 is for the caller to handle. */
int answer_unvisited(struct rte_tel_data *d, uint32_t stack, int rc);

/* A dict to be put into another one, which takes it; NULL: no memory, and it is left out. */
struct rte_tel_data *answer_dict(void);
void answer_put(struct rte_tel_data *d, const char *name, struct rte_tel_data *dict);

/*
 * A string that is left out when it is NULL, and cut when it is too long. Programs name stacks and
 * ports as they like: what is not printable ASCII becomes '_'.
 */
void answer_text(struct rte_tel_data *d, const char *name, const char *text);

/* The same, never NULL, in an array of strings. */
void answer_item(struct rte_tel_data *array, const char *text);

/* Counters by their names. */
void answer_stats(struct rte_tel_data *d, const struct rtls_stat_desc *tab, const uint64_t *values,
		  int n);

struct rtls_stat_desc;

/* What they mean: a dict "counters" and a dict "levels". */
void answer_meanings(struct rte_tel_data *d, const struct rtls_stat_desc *tab, int n);

struct rtls_addr;

/* "192.0.2.1:443", or without the port where that is 0. */
void answer_addr(struct rte_tel_data *d, const char *name, const struct rtls_addr *a);

#endif
