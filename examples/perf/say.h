/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One sentence on standard error, with the program's name in front. */
#ifndef PERF_SAY_H
#define PERF_SAY_H

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 1, 2))) static inline void
say(const char *fmt, ...)
{
	va_list ap;

	fputs("recordtls-perf: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

#endif
