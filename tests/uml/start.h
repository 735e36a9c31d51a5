/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Two senders that are to begin at once do so by the clock that nobody sets. */
#ifndef RTLS_UML_START_H
#define RTLS_UML_START_H

#include <stdlib.h>
#include <time.h>

/* Sleeps until it shows so many ms; NULL: it is time. */
static inline void
start_at(const char *ms_text)
{
	unsigned long long ms = ms_text != NULL ? strtoull(ms_text, NULL, 10) : 0;
	const struct timespec at = { .tv_sec = (time_t)(ms / 1000),
				     .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (ms != 0 && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
		;
}

#endif
