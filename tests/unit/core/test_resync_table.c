/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The table of doc/resync.md is what the machine of resyncs does: each of its rows, and nothing else.
 */
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "core/resync.h"
#include "doc_table.h"
#include "support/harness.h"

enum { STATES = RESYNC_ASKED + 1, EVENTS = RESYNC_FORGET + 1, CASES = RESYNC_NOT_DUE + 1 };

static const char *const state_names[STATES] = { "IDLE", "STARTED", "FULL", "ASKED" };
static const char *const event_names[EVENTS] = {
	"REQUEST", "START", "END", "CANCEL", "HEADER", "UNTOUCHED", "TOUCHED", "QUIET", "FORGET",
};
static const char *const case_names[CASES] = {
	"ALWAYS",   "MATCH",  "BEFORE", "PASSED", "IN_RANGE", "BEYOND",
	"OVERFLOW", "LOGGED", "AHEAD",  "DUE",    "NOT_DUE",
};
static const char *const action_names[] = {
	"-", "ANSWER", "HINT", "HINT_INSTEAD", "CANCELLED", "REPLACED", "REFUSED",
};

static bool listed[STATES][EVENTS][CASES];

static void
check(const char *state, const char *event, const char *on, const char *next, const char *action)
{
	int s = doc_table_find(state_names, STATES, state),
	    e = doc_table_find(event_names, EVENTS, event);
	int c = doc_table_find(case_names, CASES, on);
	const struct resync_row *row = resync_row((enum resync_state)s, (enum resync_event_type)e,
						  (enum resync_case)c);

	CU_ASSERT_FALSE(listed[s][e][c]); /* twice */
	listed[s][e][c] = true;
	if (row == NULL) {
		printf("# %s in %s, %s, is not known\n", event, state, on);
		CU_FAIL("a row that cannot come");
		return;
	}
	CU_ASSERT_STRING_EQUAL(state_names[row->next], next);
	CU_ASSERT_STRING_EQUAL(action_names[row->what], action);
}

/* Each row: | state | event | case | next | action | */
static unsigned int
read_table(void)
{
	char line[512], state[16], event[16], on[16], next[16], action[16];
	FILE *f = fopen(RESYNC_TABLE, "r");
	unsigned int n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "| %15s | %15s | %15s | %15s | %15s |", state, event, on, next,
			   action) != 5 ||
		    strcmp(state, "state") == 0)
			continue;
		n++;
		check(state, event, on, next, action);
	}
	fclose(f);
	return n;
}

static void
test_table(void)
{
	CU_ASSERT(read_table() > STATES * EVENTS);
	for (int s = 0; s < STATES; s++)
		for (int e = 0; e < EVENTS; e++)
			for (int c = 0; c < CASES; c++)
				CU_ASSERT_EQUAL(resync_row((enum resync_state)s,
							   (enum resync_event_type)e,
							   (enum resync_case)c) != NULL,
						listed[s][e][c]);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the documented table, and nothing else", test_table },
	};

	return harness_run("core/resync table", cases, HARNESS_COUNT(cases));
}
