/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The table of all that the library says, and how one row becomes a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <rte_log.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"

enum { SECOND = 1000000 };

static void __rte_format_printf(4, 5)
	say(struct notes *ns, enum note n, uint64_t now_us, const char *fmt, ...)
{
	uint64_t left_out;
	va_list ap;

	if (!note_due(ns, n, now_us, &left_out))
		return;
	va_start(ap, fmt);
	note_say(n, left_out, "192.0.2.1:443", fmt, ap);
	va_end(ap);
}

/* No row is missing; each but those of a connection's life says what to do; no two are alike. */
static void
test_table(void)
{
	for (int i = 0; i < NOTE_MAX; i++) {
		enum note n = (enum note)i;

		CU_ASSERT_PTR_NOT_NULL_FATAL(note_text(n));
		CU_ASSERT(note_level(n) >= RTE_LOG_ERR && note_level(n) <= RTE_LOG_DEBUG);
		CU_ASSERT_EQUAL(note_advice(n) == NULL, note_level(n) == RTE_LOG_DEBUG);
		CU_ASSERT_PTR_NULL(strpbrk(note_text(n), ":;\n%"));
		CU_ASSERT(note_advice(n) == NULL || strpbrk(note_advice(n), "\n%") == NULL);
		for (int other = 0; other < i; other++)
			CU_ASSERT(strcmp(note_text(n), note_text((enum note)other)) != 0);
	}
}

/* Junk of all kinds at once: few lines, and warnings are not among those left out. */
static void
test_all_kinds(void)
{
	struct notes ns = { 0 };
	uint32_t lines = 0;

	log_tap_start(RTE_LOG_INFO);
	for (int i = 0; i < 100000; i++) {
		enum note n = NOTE_MALFORMED + i % (NOTE_MADE_ROOM - NOTE_MALFORMED + 1);

		say(&ns, n, SECOND + i * 50, NULL);
	}
	for (int i = NOTE_MALFORMED; i <= NOTE_MADE_ROOM; i++) {
		if (note_level((enum note)i) == RTE_LOG_WARNING)
			CU_ASSERT_EQUAL(log_tap_count((enum note)i), 1);
		lines += log_tap_count((enum note)i);
	}
	CU_ASSERT(lines <= 10);
	/* Whose turn it is later tells of all that it left out. */
	say(&ns, NOTE_MADE_ROOM, 60 * SECOND, NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_MADE_ROOM), " more since)\n"));
	log_tap_end();
}

/* doc/troubleshooting.md has a row for each, with these very words, and its level. */
static void
test_document(void)
{
	static const char *const levels[] = { [RTE_LOG_ERR] = "err",
					      [RTE_LOG_WARNING] = "warning",
					      [RTE_LOG_NOTICE] = "notice",
					      [RTE_LOG_INFO] = "info",
					      [RTE_LOG_DEBUG] = "debug" };
	FILE *f = fopen(TROUBLESHOOTING, "r");
	static char text[65536];
	const char *at;
	char row[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	for (int i = 0; i < NOTE_MAX; i++) {
		enum note n = (enum note)i;

		snprintf(row, sizeof(row), "\n| %s | `", note_text(n));
		at = strstr(text, row);
		if (at == NULL)
			printf("# missing:%s\n", row);
		CU_ASSERT_PTR_NOT_NULL(at);
		if (at == NULL)
			continue;
		/* Behind the type's name. */
		at = strchr(at + strlen(row), '`');
		snprintf(row, sizeof(row), "` %s |", levels[note_level(n)]);
		CU_ASSERT(at != NULL && strncmp(at, row, strlen(row)) == 0);
	}
}

/* What is said in a second is limited, but for a connection's life. */
static void
test_limited(void)
{
	struct notes ns;
	uint64_t left_out;
	bool often;

	log_tap_start(RTE_LOG_DEBUG);
	for (int i = 0; i < NOTE_MAX; i++) {
		unsigned int n = 0;

		memset(&ns, 0, sizeof(ns)); /* some share a budget */
		for (uint64_t us = 0; us < SECOND; us += SECOND / 100)
			n += note_due(&ns, (enum note)i, us, &left_out);
		/* Once in the life of a connection, or as often as its peer likes? */
		often = i == NOTE_OPENED || i == NOTE_KEYS || i == NOTE_MODE || i == NOTE_ENDED;
		CU_ASSERT_EQUAL(n, often ? 100 : 1);
	}
	log_tap_end();
}

static void
test_line(void)
{
	struct notes ns;

	memset(&ns, 0, sizeof(ns));
	log_tap_start(RTE_LOG_NOTICE);
	for (uint64_t us = 0; us < 2 * SECOND; us += SECOND / 1000)
		say(&ns, NOTE_RECORD_BAD, us, "record %d", 7);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_RECORD_BAD), 2);
	CU_ASSERT_EQUAL(
		strncmp(log_tap_last(NOTE_RECORD_BAD),
			"recordtls: 192.0.2.1:443: a record of the peer's cannot be opened: record 7; ",
			77),
		0);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_RECORD_BAD), " (and 999 more since)\n"));
	say(&ns, NOTE_DEVICE_UP, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_DEVICE_UP), ": the device's inline TLS is "
								    "there again; it is used"));
	CU_ASSERT_PTR_NULL(strstr(log_tap_last(NOTE_DEVICE_UP), "more since"));
	log_tap_end();
}

/* What nobody listens to is not said, and takes nothing from what is to be said later. */
static void
test_levels(void)
{
	bool said = false;
	struct notes ns;
	uint64_t left_out;

	memset(&ns, 0, sizeof(ns));
	log_tap_start(RTE_LOG_WARNING);
	CU_ASSERT(!note_due(&ns, NOTE_PATH_MTU, 0, &left_out));
	CU_ASSERT(!note_due(&ns, NOTE_OPENED, 0, &left_out));
	note_once(&said, NOTE_PORT_NO_MARKS, "a port", NULL);
	CU_ASSERT(!said);
	CU_ASSERT(note_due(&ns, NOTE_RECORD_BAD, 0, &left_out));
	/* One folder's alone. */
	CU_ASSERT_EQUAL(rte_log_set_level_pattern("lib.recordtls.net", RTE_LOG_NOTICE), 0);
	CU_ASSERT(note_due(&ns, NOTE_PATH_MTU, 0, &left_out));
	CU_ASSERT_EQUAL(left_out, 0);
	CU_ASSERT(!note_due(&ns, NOTE_OPENED, 0, &left_out));
	CU_ASSERT_EQUAL(rte_log_set_level_pattern("lib.recordtls.port", RTE_LOG_NOTICE), 0);
	note_once(&said, NOTE_PORT_NO_MARKS, "a port", "%d", 1);
	note_once(&said, NOTE_PORT_NO_MARKS, "a port", "%d", 2);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_PORT_NO_MARKS), 1);
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	log_tap_end();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the table", test_table },
		{ "the document has it", test_document },
		{ "at most so often", test_limited },
		{ "junk of all kinds at once", test_all_kinds },
		{ "a line", test_line },
		{ "levels", test_levels },
	};

	if (eal_start("log-note") != 0)
		return EXIT_FAILURE;
	return harness_run("unit/log/note", cases, HARNESS_COUNT(cases));
}
