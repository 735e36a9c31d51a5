/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Counters of the stack and of the server, for people and as JSON. */
#ifndef FILESERVER_REPORT_H
#define FILESERVER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/recordtls.h>

#include "server.h"

enum {
	REPORT_LEVELS = 4,
};

/* Whose counters, and the levels that the program began with. */
struct report {
	const struct rtls_stack *stack;
	const struct rtls_port *port;
	uint64_t at_start[REPORT_LEVELS];
};

void report_start(struct report *r, const struct rtls_stack *s, const struct rtls_port *p);

/* What is counted now, as one line of JSON on standard output. */
void report_json(const struct report *r, const struct server_tally *tally);

/* One sentence on standard error, and one more where a NIC sealed or opened. */
void report_summary(const struct report *r, const struct server_tally *tally);

#endif
