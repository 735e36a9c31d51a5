/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Runs CUnit cases and reports them as TAP (the Test Anything Protocol), one
 * program per file under test:
 *
 *	int
 *	main(void)
 *	{
 *		static const struct harness_case cases[] = {
 *			{"empty map finds nothing", test_empty},
 *		};
 *		return harness_run("core/txmap", cases, HARNESS_COUNT(cases));
 *	}
 *
 * Each case is one TAP point; a case that asserted nothing, or that CUnit did
 * not run, has failed. Environment: RECORDTLS_SEED=n replays a random test,
 * RECORDTLS_LUCK=text draws the seeds of all programs, RECORDTLS_FULL=1 asks for
 * the long variants.
 */
#ifndef RTLS_SUPPORT_HARNESS_H
#define RTLS_SUPPORT_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HARNESS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct harness_case {
	const char *name; /* without '#', which TAP reads as a directive */
	void (*fn)(void);
};

/* Once per program. Returns its exit code: 0 when every case passed. */
int harness_run(const char *suite, const struct harness_case *cases, size_t n);

/* The program's one seed: RECORDTLS_SEED, or drawn; the first call prints it. */
uint64_t harness_seed(void);

/* Next number of splitmix64; *state is a seed at first. */
uint64_t harness_rand(uint64_t *state);

/* One of 0 to n - 1 from the next number; n is not 0. */
uint32_t harness_below(uint64_t *state, uint32_t n);

/* Is RECORDTLS_FULL=1? */
bool harness_full(void);

#endif
