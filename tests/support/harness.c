/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE /* program_invocation_short_name */

#include "support/harness.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>
#include <CUnit/TestRun.h>

/* CUnit's handlers take no argument of ours, so what they need is file-wide. */
static struct {
	const char *suite;
	const struct harness_case *cases;
	size_t n;
	size_t reported; /* cases with a TAP line so far */
	size_t failed;
	unsigned int asserts_before; /* CUnit's count when the case began */
} run;

static void
report(const char *name, bool ok)
{
	run.reported++;
	if (!ok)
		run.failed++;
	printf("%s %zu - %s: %s\n", ok ? "ok" : "not ok", run.reported, run.suite, name);
}

static void
on_start(const CU_pTest test, const CU_pSuite suite)
{
	(void)test;
	(void)suite;
	run.asserts_before = CU_get_number_of_asserts();
}

static void
on_complete(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failures)
{
	bool vacuous = CU_get_number_of_asserts() == run.asserts_before;

	(void)suite;
	report(test->pName, failures == NULL && !vacuous);
	for (CU_pFailureRecord f = failures; f != NULL; f = f->pNext)
		printf("# %s:%u: %s\n", f->strFileName != NULL ? f->strFileName : "?",
		       f->uiLineNumber, f->strCondition != NULL ? f->strCondition : "?");
	if (vacuous)
		printf("# the case asserted nothing\n");
}

static int
bail_out(const char *why)
{
	printf("Bail out! %s: %s\n", run.suite, why);
	return EXIT_FAILURE;
}

static int
run_registry(void)
{
	CU_pSuite suite = CU_add_suite(run.suite, NULL, NULL);

	if (suite == NULL)
		return bail_out(CU_get_error_msg());
	for (size_t i = 0; i < run.n; i++)
		if (CU_add_test(suite, run.cases[i].name, run.cases[i].fn) == NULL)
			return bail_out(CU_get_error_msg());

	CU_set_error_action(CUEA_IGNORE);
	CU_set_test_start_handler(on_start);
	CU_set_test_complete_handler(on_complete);
	CU_run_all_tests();

	/* A suite that CUnit gave up on leaves cases without a line. */
	while (run.reported < run.n) {
		report(run.cases[run.reported].name, false);
		printf("# not run: %s\n", CU_get_error_msg());
	}
	return run.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
harness_run(const char *suite, const struct harness_case *cases, size_t n)
{
	int rc;

	run.suite = suite;
	run.cases = cases;
	run.n = n;
	/* Lines written before a crash must be in the log. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (n == 0)
		return bail_out("no cases");
	if (CU_initialize_registry() != CUE_SUCCESS)
		return bail_out(CU_get_error_msg());
	printf("1..%zu\n", n);
	rc = run_registry();
	CU_cleanup_registry();
	return rc;
}

static uint64_t
random_seed(void)
{
	FILE *f = fopen("/dev/urandom", "rb");
	uint64_t seed = 0;

	if (f == NULL || fread(&seed, sizeof(seed), 1, f) != 1) {
		bail_out("no /dev/urandom");
		exit(EXIT_FAILURE);
	}
	fclose(f);
	return seed;
}

static uint64_t
parse_seed(const char *text)
{
	char *end;
	uint64_t seed;

	errno = 0;
	seed = strtoull(text, &end, 0);
	if (errno != 0 || end == text || *end != '\0') {
		/* A replay with another seed than the one asked for would mislead. */
		bail_out("RECORDTLS_SEED is not a number");
		exit(EXIT_FAILURE);
	}
	return seed;
}

/* FNV-1a: what a check shares, and the program's name, so that no two have the same luck. */
static uint64_t
seed_of_luck(const char *luck)
{
	const char *const texts[] = { luck, program_invocation_short_name };
	uint64_t seed = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < HARNESS_COUNT(texts); i++)
		for (const char *c = texts[i]; *c != '\0'; c++)
			seed = (seed ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
	return seed;
}

static uint64_t
drawn_seed(void)
{
	const char *luck = getenv("RECORDTLS_LUCK");

	return luck != NULL && *luck != '\0' ? seed_of_luck(luck) : random_seed();
}

uint64_t
harness_seed(void)
{
	static uint64_t seed;
	static bool drawn;
	const char *text;

	if (!drawn) {
		text = getenv("RECORDTLS_SEED");
		seed = text != NULL ? parse_seed(text) : drawn_seed();
		drawn = true;
		printf("# RECORDTLS_SEED=%" PRIu64 "\n", seed);
	}
	return seed;
}

uint64_t
harness_rand(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint32_t
harness_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(harness_rand(state) % n);
}

bool
harness_full(void)
{
	const char *text = getenv("RECORDTLS_FULL");

	return text != NULL && strcmp(text, "1") == 0;
}
