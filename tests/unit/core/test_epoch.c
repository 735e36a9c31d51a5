/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The table of doc/epochs.md is what epochs do: each of its rows, and nothing else.
 */
#define _POSIX_C_SOURCE 200809L /* fork */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "core/epoch.h"
#include "doc_table.h"
#include "support/harness.h"

enum { STATES = EPOCH_DRAINING + 1, EVENTS = EPOCH_CLOSE + 1 };

static const char *const state_names[STATES] = { "GONE", "SOFTWARE", "ADDING",  "ADDED",
						 "NIC",  "LEAVING",  "DRAINING" };
static const char *const event_names[EVENTS] = {
	"KEYS",    "WISH_NIC", "WISH_SOFTWARE", "ACCEPTED", "REFUSED",   "FULL",    "BOUNDARY",
	"SKIPPED", "LOST",     "DOWN",          "MOVED",    "NEXT_KEYS", "DRAINED", "CLOSE",
};
static const char *const action_names[] = { "-", "ADD", "START", "DEL", "HOLD", "WIPE" };
static const char *const reason_names[] = {
	"NONE",    "PENDING", "ASKED", "NO_DEVICE",   "FEATURE_OFF", "SUITE",      "NO_ROOM",
	"REFUSED", "LOST",    "DOWN",  "NO_IDENTITY", "NO_FIELD",    "OTHER_PORT", "=",
};

static bool listed[2][STATES][EVENTS];

static void
check(enum rtls_dir d, const char *state, const char *ev, const char *next, const char *action,
      const char *reason)
{
	int from = doc_table_find(state_names, STATES, state),
	    with = doc_table_find(event_names, EVENTS, ev);
	struct epoch_step s;

	CU_ASSERT_FALSE(listed[d][from][with]); /* twice */
	listed[d][from][with] = true;
	if (!epoch_step_known(d, (enum epoch_state)from, (enum epoch_event)with)) {
		printf("# %s: %s in %s is not known\n", d == RTLS_TX ? "TX" : "RX", ev, state);
		CU_FAIL("a row that cannot come");
		return;
	}
	s = epoch_step(d, (enum epoch_state)from, (enum epoch_event)with);
	CU_ASSERT_STRING_EQUAL(state_names[s.next], next);
	CU_ASSERT_STRING_EQUAL(action_names[s.action], action);
	CU_ASSERT_STRING_EQUAL(reason_names[s.reason], reason);
}

/* Each row: | direction | state | event | next | action | reason | */
static unsigned int
read_table(void)
{
	char line[512], dir[16], state[32], ev[32], next[32], action[32], reason[32];
	FILE *f = fopen(EPOCH_TABLE, "r");
	unsigned int n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "| %15s | %31s | %31s | %31s | %31s | %31s |", dir, state, ev,
			   next, action, reason) != 6 ||
		    strcmp(dir, "direction") == 0)
			continue;
		n++;
		if (strcmp(dir, "RX") != 0)
			check(RTLS_TX, state, ev, next, action, reason);
		if (strcmp(dir, "TX") != 0)
			check(RTLS_RX, state, ev, next, action, reason);
	}
	fclose(f);
	return n;
}

static void
test_table(void)
{
	CU_ASSERT(read_table() > STATES);
	for (int d = RTLS_TX; d <= RTLS_RX; d++)
		for (int s = 0; s < STATES; s++)
			for (int e = 0; e < EVENTS; e++)
				CU_ASSERT_EQUAL(epoch_step_known((enum rtls_dir)d,
								 (enum epoch_state)s,
								 (enum epoch_event)e),
						listed[d][s][e]);
}

/* In a child: does this step end the program? */
static bool
aborts(enum rtls_dir d, enum epoch_state s, enum epoch_event e)
{
	int status = 0;
	pid_t child = fork();

	CU_ASSERT_FATAL(child >= 0);
	if (child == 0) {
		struct epoch_step step;

		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(2);
		step = epoch_step(d, s, e);
		_exit(step.next == s && step.action == EPOCH_NOTHING ? 0 : 1);
	}
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		return true;
	/* Without assertions nothing happens. */
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
	return false;
}

static void
test_impossible(void)
{
#ifdef NDEBUG
	const bool ends = false;
#else
	const bool ends = true;
#endif

	CU_ASSERT_EQUAL(aborts(RTLS_TX, EPOCH_GONE, EPOCH_WISH_NIC), ends);
	CU_ASSERT_EQUAL(aborts(RTLS_RX, EPOCH_SOFTWARE, EPOCH_BOUNDARY), ends);
	CU_ASSERT_EQUAL(aborts(RTLS_RX, EPOCH_DRAINING, EPOCH_LOST), ends);
}

/*
 * Whatever comes, in any order that the table knows: the NIC seals or opens only after it was asked,
 * has agreed and was started, and whoever is in software by no wish of the program knows why.
 */
static void
test_walks(void)
{
	uint64_t rng = harness_seed();

	for (int walk = 0; walk < 20000; walk++) {
		enum rtls_dir d = (enum rtls_dir)(walk & 1);
		enum epoch_state state = EPOCH_GONE;
		bool asked = false, accepted = false, context = false;

		for (int i = 0; i < 60; i++) {
			enum epoch_event e = (enum epoch_event)harness_below(&rng, EVENTS);
			struct epoch_step s;

			if (!epoch_step_known(d, state, e))
				continue;
			s = epoch_step(d, state, e);
			if (s.action == EPOCH_ADD)
				asked = true;
			if (e == EPOCH_ACCEPTED)
				accepted = context = asked;
			if (s.next == EPOCH_NIC && state != EPOCH_NIC) {
				CU_ASSERT(asked && accepted && context);
				CU_ASSERT(s.action == EPOCH_START || state == EPOCH_LEAVING);
			}
			/* In LEAVING it is the program that is refused, not the context. */
			if (s.action == EPOCH_DEL || s.action == EPOCH_WIPE || e == EPOCH_FULL ||
			    (e == EPOCH_REFUSED && state != EPOCH_LEAVING))
				asked = accepted = context = false;
			/* A key is wiped behind the last thing that needs it, and only there. */
			CU_ASSERT_EQUAL(s.action == EPOCH_WIPE, s.next == EPOCH_GONE);
			CU_ASSERT(s.next != EPOCH_GONE || e == EPOCH_DRAINED);
			/* Nobody comes back from behind another key. */
			if (state == EPOCH_DRAINING)
				CU_ASSERT(s.next == EPOCH_DRAINING || s.next == EPOCH_GONE);
			state = s.next;
			/* Nobody wishes for anything any more. */
			if (e == EPOCH_CLOSE)
				break;
		}
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the documented table, and nothing else", test_table },
		{ "what cannot come ends a debug build", test_impossible },
		{ "walks at random", test_walks },
	};

	return harness_run("core/epoch", cases, HARNESS_COUNT(cases));
}
