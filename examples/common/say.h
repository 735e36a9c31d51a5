/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One sentence on standard error, with the program's name in front. */
#ifndef EXAMPLES_COMMON_SAY_H
#define EXAMPLES_COMMON_SAY_H

#include <stdarg.h>
#include <stdio.h>

/* In front of each sentence; the program has it in main.c. */
extern const char say_program[];

__attribute__((format(printf, 1, 2))) static inline void
say(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", say_program);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

#endif
