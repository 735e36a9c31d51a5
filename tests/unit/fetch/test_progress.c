/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fetch/progress.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

#define SECOND UINT64_C(1000000)

static void
test_lines(void)
{
	static const struct {
		uint64_t done, total, moved, took_us;
		const char *line;
	} rows[] = {
		{ 0, 1000, 0, 0, "[........................]   0 %  0 B of 1.0 kB  0 B/s  0:00" },
		{ 500, 1000, 500, SECOND,
		  "[############............]  50 %  500 B of 1.0 kB  500 B/s  0:01" },
		{ 1000, 1000, 500, SECOND,
		  "[########################] 100 %  1.0 kB of 1.0 kB  500 B/s  0:00" },
		{ 999, 1000, 999, SECOND,
		  "[#######################.]  99 %  999 B of 1.0 kB  999 B/s  0:00" },
		{ 0, 0, 0, SECOND, "[########################] 100 %  0 B of 0 B  0 B/s  0:00" },
		/* What was there before says nothing of how fast it is. */
		{ 900, 1000, 100, 2 * SECOND,
		  "[#####################...]  90 %  900 B of 1.0 kB  50 B/s  0:02" },
		{ 1, 3661000001, 1000000, SECOND,
		  "[........................]   0 %  1 B of 3.7 GB  1.0 MB/s  61:01" },
		{ 1234567, UINT64_MAX, 1234567, 2 * SECOND, "1.2 MB  617.3 kB/s" },
		/* More than was said. */
		{ 1001, 1000, 1001, SECOND, "1.0 kB  1.0 kB/s" },
	};
	char line[PROGRESS_LINE];

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		progress_line(line, rows[i].done, rows[i].total, rows[i].moved, rows[i].took_us);
		if (strcmp(line, rows[i].line) != 0)
			printf("# row %zu: '%s'\n", i, line);
		CU_ASSERT_STRING_EQUAL(line, rows[i].line);
	}
}

/* On one line of a terminal, and in its buffer, whatever the numbers. */
static void
test_widest(void)
{
	static const uint64_t numbers[] = { 0,
					    1,
					    999,
					    1000,
					    999949,
					    999950,
					    UINT64_C(1) << 40,
					    UINT64_C(1) << 62,
					    UINT64_MAX - 1,
					    UINT64_MAX };
	char line[PROGRESS_LINE];

	for (size_t i = 0; i < HARNESS_COUNT(numbers); i++)
		for (size_t j = 0; j < HARNESS_COUNT(numbers); j++)
			for (size_t k = 0; k < HARNESS_COUNT(numbers); k++) {
				progress_line(line, numbers[i], numbers[j], numbers[i], numbers[k]);
				CU_ASSERT(strlen(line) < PROGRESS_LINE - 1);
			}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "lines", test_lines },
		{ "any numbers", test_widest },
	};
	return harness_run("fetch/progress", cases, HARNESS_COUNT(cases));
}
