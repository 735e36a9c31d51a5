/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/watch_end.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct watch watched;

void
watch_differ(const struct watch_end *e, const char *fmt, ...)
{
	size_t n;
	va_list ap;

	if (watched.error[0] != '\0')
		return;
	n = (size_t)snprintf(watched.error, sizeof(watched.error), "end %d, record %" PRIu64 ": ",
			     (int)(e - watched.end), e->judged);
	va_start(ap, fmt);
	vsnprintf(watched.error + n, sizeof(watched.error) - n, fmt, ap);
	va_end(ap);
	if (watched.traced)
		printf("# DIFFERS: %s\n", watched.error);
}

void
watch_trace(const struct watch_end *e, const char *fmt, ...)
{
	va_list ap;

	if (!watched.traced)
		return;
	printf("# %d: ", (int)(e - watched.end));
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}
