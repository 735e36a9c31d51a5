/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/log_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <rte_log.h>

static const char prefix[] = "recordtls: ";

static struct {
	FILE *file;
	char *text;
	size_t len;
	char line[1024];
} tap;

void
log_tap_start(uint32_t level)
{
	free(tap.text);
	tap.text = NULL;
	tap.file = open_memstream(&tap.text, &tap.len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(tap.file);
	CU_ASSERT_EQUAL(rte_openlog_stream(tap.file), 0);
	CU_ASSERT_EQUAL(rte_log_set_level_pattern("lib.recordtls.*", level), 0);
}

/* Is it that row's? Its words stand behind whom it concerns, and in front of the detail. */
static bool
is_of(const char *line, size_t len, const char *words)
{
	size_t n = strlen(words);

	if (strncmp(line, prefix, strlen(prefix)) != 0)
		return false;
	for (const char *p = line; p + 2 + n < line + len; p++)
		if (memcmp(p, ": ", 2) == 0 && memcmp(p + 2, words, n) == 0 &&
		    strchr(":;\n", p[2 + n]) != NULL)
			return true;
	return false;
}

/* words NULL: of any row. Keeps the last one. */
static unsigned int
count(const char *words)
{
	unsigned int n = 0;
	const char *end;

	if (tap.file != NULL)
		fflush(tap.file);
	tap.line[0] = '\0';
	for (const char *p = tap.text; p != NULL && (end = strchr(p, '\n')) != NULL; p = end + 1) {
		size_t len = (size_t)(end + 1 - p);

		if (words != NULL && !is_of(p, len, words))
			continue;
		if (strncmp(p, prefix, strlen(prefix)) != 0)
			continue;
		n++;
		snprintf(tap.line, sizeof(tap.line), "%.*s", (int)len, p);
	}
	return n;
}

unsigned int
log_tap_count(enum note n)
{
	return count(note_text(n));
}

const char *
log_tap_last(enum note n)
{
	(void)count(note_text(n));
	return tap.line;
}

unsigned int
log_tap_lines(void)
{
	return count(NULL);
}

void
log_tap_end(void)
{
	if (tap.file == NULL)
		return;
	/* As the tests' EAL has it. */
	rte_log_set_level_pattern("lib.recordtls.*", RTE_LOG_ERR);
	rte_openlog_stream(NULL);
	fclose(tap.file);
	tap.file = NULL;
}
