/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* How far it is, in one line on a terminal's standard error, which is written anew again and again. */
#ifndef FETCH_PROGRESS_H
#define FETCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool is_on;
	bool is_shown;
	uint64_t begun_us;
	uint64_t next_us;
	uint64_t first; /* bytes that were there before */
};

enum {
	PROGRESS_LINE = 100,
};

/* On where standard error is a terminal, or it is asked for. */
void progress_start(struct progress *p, bool asked, uint64_t now_us);

/* total: UINT64_MAX where nobody knows. Several times a second something is printed. */
void progress_show(struct progress *p, uint64_t done, uint64_t total, uint64_t now_us);

/* Takes the line away, in front of a sentence. */
void progress_clear(struct progress *p);

/* The line itself. */
void progress_line(char out[PROGRESS_LINE], uint64_t done, uint64_t total, uint64_t moved,
		   uint64_t took_us);

#endif
