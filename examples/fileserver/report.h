/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Counters of the stack and of the server, for people and as JSON. */
#ifndef FILESERVER_REPORT_H
#define FILESERVER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/recordtls.h>

enum {
	REPORT_STATS_MAX = 128,
};

/* What the server itself counts. */
struct report_tally {
	uint64_t connections; /* accepted */
	uint64_t refused;     /* aborted, because --conns was reached */
	uint64_t failed;      /* ended by an error or a time-out */
	uint64_t requests;
	uint32_t open;
};

/* Counters of one kind. */
struct report_table {
	struct rtls_stat stats[REPORT_STATS_MAX];
	int nb_stats;
};

struct report {
	struct report_table stack;
	struct report_table port; /* none, unless the port counts itself */
};

void report_take(struct report *r, const struct rtls_stack *s, const struct rtls_port *p);

/* One line of JSON on standard output; `start` tells the levels the program began with. */
void report_json(const struct report *start, const struct report *now,
		 const struct report_tally *tally);

/* One sentence on standard error, and one more where a NIC sealed or opened. */
void report_summary(const struct report *now, const struct report_tally *tally);

#endif
