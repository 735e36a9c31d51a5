/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	BAR = 24,
	EACH_US = 200000,
	SECOND_US = 1000000,
};

/* "12.3 MB", and whole bytes below one kB. */
static void
write_bytes(char *out, size_t cap, double bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	size_t unit = 0;

	while (bytes >= 999.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1000;
		unit++;
	}
	snprintf(out, cap, "%.*f %s", unit == 0 ? 0 : 1, bytes, units[unit]);
}

static void
write_bar(char out[BAR + 1], uint64_t done, uint64_t total)
{
	int filled = total == 0 ? BAR : (int)((double)done / (double)total * BAR);

	memset(out, '.', BAR);
	memset(out, '#', (size_t)(filled < BAR ? filled : BAR));
	out[BAR] = '\0';
}

void
progress_line(char out[PROGRESS_LINE], uint64_t done, uint64_t total, uint64_t moved,
	      uint64_t took_us)
{
	double per_s = took_us != 0 ? (double)moved * SECOND_US / (double)took_us : 0;
	char bar[BAR + 1], has[16], all[16], rate[16];
	uint64_t left_s;

	write_bytes(has, sizeof(has), (double)done);
	write_bytes(rate, sizeof(rate), per_s);
	if (total == UINT64_MAX || done > total) {
		snprintf(out, PROGRESS_LINE, "%s  %s/s", has, rate);
		return;
	}
	write_bytes(all, sizeof(all), (double)total);
	write_bar(bar, done, total);
	left_s = per_s > 0 && (double)(total - done) / per_s < 360000 ?
			 (uint64_t)((double)(total - done) / per_s + 0.5) :
			 0;
	snprintf(out, PROGRESS_LINE, "[%s] %3d %%  %s of %s  %s/s  %" PRIu64 ":%02" PRIu64, bar,
		 total == 0 ? 100 : (int)((double)done / (double)total * 100), has, all, rate,
		 left_s / 60, left_s % 60);
}

void
progress_start(struct progress *p, bool asked, uint64_t now_us)
{
	*p = (struct progress){ .is_on = asked || isatty(STDERR_FILENO) == 1,
				.begun_us = now_us,
				.next_us = now_us + EACH_US };
}

void
progress_show(struct progress *p, uint64_t done, uint64_t total, uint64_t now_us)
{
	char line[PROGRESS_LINE];

	if (!p->is_on || now_us < p->next_us)
		return;
	p->next_us = now_us + EACH_US;
	progress_line(line, done, total, done > p->first ? done - p->first : 0,
		      now_us - p->begun_us);
	/* To the end of the line is cleared: the last one may have been longer. */
	fprintf(stderr, "\r%s\x1b[K", line);
	fflush(stderr);
	p->is_shown = true;
}

void
progress_clear(struct progress *p)
{
	if (p->is_shown)
		fputs("\r\x1b[K", stderr);
	p->is_shown = false;
}
