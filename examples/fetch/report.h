/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What was done, for people and as JSON. */
#ifndef FETCH_REPORT_H
#define FETCH_REPORT_H

#include <stdint.h>

#include "options.h"
#include "transfer.h"

/* With whom a connection is made. */
void report_peer(const struct options *o);

/* At the end, as the options want it. */
void report(const struct options *o, const struct transfer *t, const struct rtls_stack *stack,
	    uint64_t took_us);

#endif
