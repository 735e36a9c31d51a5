/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How often one thing is told of: the first time at once, then at most once in an interval,
 * together with how often it happened meanwhile. All zero is its start.
 */
#ifndef RTLS_CORE_LOG_LIMIT_H
#define RTLS_CORE_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct log_limit {
	uint64_t next_us;  /* quiet before that */
	uint64_t left_out; /* what happened since it was told of last */
};

/*
 * Event: it happened. True: it is to be told of, and so many more were left out before. Time that
 * runs backwards makes it quiet. every_us 0: nothing is left out.
 */
bool log_limit_take(struct log_limit *l, uint64_t now_us, uint64_t every_us, uint64_t *left_out);

/* Event: it happened, and is not to be told of. */
static inline void
log_limit_leave_out(struct log_limit *l)
{
	l->left_out++;
}

/* How many of several things are told of in an interval, which the first of them begins. */
struct log_budget {
	uint64_t until_us;
	uint32_t taken;
};

/* Event: one of them is to be told of. False: most were in this interval already. */
bool log_budget_take(struct log_budget *b, uint64_t now_us, uint64_t every_us, uint32_t most);

#endif
