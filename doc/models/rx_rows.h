/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Which rows of the table of doc/resync.md a search has stepped, in the words of that table. */
#ifndef MODELS_RX_ROWS_H
#define MODELS_RX_ROWS_H

#define WORD(word) [RESYNC_##word] = #word

static const char *const state_words[] = { WORD(IDLE), WORD(STARTED), WORD(FULL), WORD(ASKED) };
static const char *const event_words[] = { WORD(REQUEST), WORD(START),  WORD(END),
					   WORD(CANCEL),  WORD(HEADER), WORD(UNTOUCHED),
					   WORD(TOUCHED), WORD(QUIET),  WORD(FORGET) };
static const char *const case_words[] = { WORD(ALWAYS),   WORD(MATCH),    WORD(BEFORE),
					  WORD(PASSED),   WORD(IN_RANGE), WORD(BEYOND),
					  WORD(OVERFLOW), WORD(LOGGED),   WORD(AHEAD),
					  WORD(DUE),      WORD(NOT_DUE) };
static const char *const what_words[] = { WORD(NOTHING),      WORD(ANSWER),    WORD(HINT),
					  WORD(HINT_INSTEAD), WORD(CANCELLED), WORD(REPLACED),
					  WORD(REFUSED) };

#define COUNT(words) (sizeof(words) / sizeof((words)[0]))

static bool stepped[COUNT(state_words)][COUNT(event_words)][COUNT(case_words)];

static void
note_row(const struct resync *r, const struct resync_event *ev)
{
	stepped[r->state][ev->type][resync_case(r, ev)] = true;
}

static void
print_row(unsigned int state, unsigned int event, unsigned int on)
{
	const struct resync_row *row = resync_row(
		(enum resync_state)state, (enum resync_event_type)event, (enum resync_case)on);

	if (row != NULL)
		printf("row: | %s | %s | %s | %s | %s |\n", state_words[state], event_words[event],
		       case_words[on], state_words[row->next], what_words[row->what]);
}

static void
print_rows(void)
{
	for (unsigned int s = 0; s < COUNT(state_words); s++)
		for (unsigned int e = 0; e < COUNT(event_words); e++)
			for (unsigned int c = 0; c < COUNT(case_words); c++)
				if (stepped[s][e][c])
					print_row(s, e, c);
}

#endif
