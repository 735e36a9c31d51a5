/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The end of an input that found something. */
#ifndef RTLS_FUZZ_FINDING_H
#define RTLS_FUZZ_FINDING_H

#include <stdio.h>
#include <stdlib.h>

/* Says what is wrong and aborts, so that the fuzzer keeps the input. */
#define fuzz_finding(...) \
	do { \
		fprintf(stderr, "finding: " __VA_ARGS__); \
		fputc('\n', stderr); \
		abort(); \
	} while (0)

#endif
