/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/resync.h"

#include <assert.h>
#include <stddef.h>

static const struct resync_row rows[] = {
	{ RESYNC_IDLE, RESYNC_REQUEST, RESYNC_ALWAYS, RESYNC_ASKED, RESYNC_NOTHING },
	{ RESYNC_IDLE, RESYNC_START, RESYNC_ALWAYS, RESYNC_STARTED, RESYNC_NOTHING },
	{ RESYNC_IDLE, RESYNC_END, RESYNC_ALWAYS, RESYNC_IDLE, RESYNC_REFUSED },
	{ RESYNC_IDLE, RESYNC_CANCEL, RESYNC_ALWAYS, RESYNC_IDLE, RESYNC_REFUSED },
	{ RESYNC_IDLE, RESYNC_HEADER, RESYNC_ALWAYS, RESYNC_IDLE, RESYNC_NOTHING },
	{ RESYNC_IDLE, RESYNC_UNTOUCHED, RESYNC_ALWAYS, RESYNC_IDLE, RESYNC_NOTHING },
	{ RESYNC_IDLE, RESYNC_TOUCHED, RESYNC_ALWAYS, RESYNC_IDLE, RESYNC_NOTHING },
	{ RESYNC_IDLE, RESYNC_QUIET, RESYNC_DUE, RESYNC_IDLE, RESYNC_HINT },
	{ RESYNC_IDLE, RESYNC_QUIET, RESYNC_NOT_DUE, RESYNC_IDLE, RESYNC_NOTHING },
	{ RESYNC_IDLE, RESYNC_FORGET, RESYNC_ALWAYS, RESYNC_IDLE, RESYNC_NOTHING },

	{ RESYNC_STARTED, RESYNC_REQUEST, RESYNC_ALWAYS, RESYNC_STARTED, RESYNC_REFUSED },
	{ RESYNC_STARTED, RESYNC_START, RESYNC_ALWAYS, RESYNC_STARTED, RESYNC_REPLACED },
	{ RESYNC_STARTED, RESYNC_END, RESYNC_LOGGED, RESYNC_IDLE, RESYNC_ANSWER },
	{ RESYNC_STARTED, RESYNC_END, RESYNC_AHEAD, RESYNC_ASKED, RESYNC_NOTHING },
	{ RESYNC_STARTED, RESYNC_END, RESYNC_PASSED, RESYNC_IDLE, RESYNC_CANCELLED },
	{ RESYNC_STARTED, RESYNC_CANCEL, RESYNC_ALWAYS, RESYNC_IDLE, RESYNC_CANCELLED },
	{ RESYNC_STARTED, RESYNC_HEADER, RESYNC_BEFORE, RESYNC_STARTED, RESYNC_NOTHING },
	{ RESYNC_STARTED, RESYNC_HEADER, RESYNC_IN_RANGE, RESYNC_STARTED, RESYNC_NOTHING },
	{ RESYNC_STARTED, RESYNC_HEADER, RESYNC_BEYOND, RESYNC_STARTED, RESYNC_NOTHING },
	{ RESYNC_STARTED, RESYNC_HEADER, RESYNC_OVERFLOW, RESYNC_FULL, RESYNC_NOTHING },
	{ RESYNC_STARTED, RESYNC_UNTOUCHED, RESYNC_ALWAYS, RESYNC_STARTED, RESYNC_NOTHING },
	{ RESYNC_STARTED, RESYNC_TOUCHED, RESYNC_ALWAYS, RESYNC_STARTED, RESYNC_NOTHING },
	{ RESYNC_STARTED, RESYNC_QUIET, RESYNC_DUE, RESYNC_STARTED, RESYNC_HINT },
	{ RESYNC_STARTED, RESYNC_QUIET, RESYNC_NOT_DUE, RESYNC_STARTED, RESYNC_NOTHING },
	{ RESYNC_STARTED, RESYNC_FORGET, RESYNC_ALWAYS, RESYNC_IDLE, RESYNC_CANCELLED },

	{ RESYNC_FULL, RESYNC_REQUEST, RESYNC_ALWAYS, RESYNC_FULL, RESYNC_REFUSED },
	{ RESYNC_FULL, RESYNC_START, RESYNC_ALWAYS, RESYNC_STARTED, RESYNC_REPLACED },
	{ RESYNC_FULL, RESYNC_END, RESYNC_ALWAYS, RESYNC_IDLE, RESYNC_CANCELLED },
	{ RESYNC_FULL, RESYNC_CANCEL, RESYNC_ALWAYS, RESYNC_IDLE, RESYNC_CANCELLED },
	{ RESYNC_FULL, RESYNC_HEADER, RESYNC_ALWAYS, RESYNC_FULL, RESYNC_NOTHING },
	{ RESYNC_FULL, RESYNC_UNTOUCHED, RESYNC_ALWAYS, RESYNC_FULL, RESYNC_NOTHING },
	{ RESYNC_FULL, RESYNC_TOUCHED, RESYNC_ALWAYS, RESYNC_FULL, RESYNC_NOTHING },
	{ RESYNC_FULL, RESYNC_QUIET, RESYNC_DUE, RESYNC_FULL, RESYNC_HINT },
	{ RESYNC_FULL, RESYNC_QUIET, RESYNC_NOT_DUE, RESYNC_FULL, RESYNC_NOTHING },
	{ RESYNC_FULL, RESYNC_FORGET, RESYNC_ALWAYS, RESYNC_IDLE, RESYNC_CANCELLED },

	{ RESYNC_ASKED, RESYNC_REQUEST, RESYNC_ALWAYS, RESYNC_ASKED, RESYNC_REPLACED },
	{ RESYNC_ASKED, RESYNC_START, RESYNC_ALWAYS, RESYNC_STARTED, RESYNC_REPLACED },
	{ RESYNC_ASKED, RESYNC_END, RESYNC_ALWAYS, RESYNC_ASKED, RESYNC_REFUSED },
	{ RESYNC_ASKED, RESYNC_CANCEL, RESYNC_ALWAYS, RESYNC_ASKED, RESYNC_REFUSED },
	{ RESYNC_ASKED, RESYNC_HEADER, RESYNC_BEFORE, RESYNC_ASKED, RESYNC_NOTHING },
	{ RESYNC_ASKED, RESYNC_HEADER, RESYNC_MATCH, RESYNC_IDLE, RESYNC_ANSWER },
	{ RESYNC_ASKED, RESYNC_HEADER, RESYNC_PASSED, RESYNC_IDLE, RESYNC_CANCELLED },
	{ RESYNC_ASKED, RESYNC_UNTOUCHED, RESYNC_ALWAYS, RESYNC_ASKED, RESYNC_NOTHING },
	{ RESYNC_ASKED, RESYNC_TOUCHED, RESYNC_ALWAYS, RESYNC_ASKED, RESYNC_NOTHING },
	{ RESYNC_ASKED, RESYNC_QUIET, RESYNC_DUE, RESYNC_IDLE, RESYNC_HINT_INSTEAD },
	{ RESYNC_ASKED, RESYNC_QUIET, RESYNC_NOT_DUE, RESYNC_ASKED, RESYNC_NOTHING },
	{ RESYNC_ASKED, RESYNC_FORGET, RESYNC_ALWAYS, RESYNC_IDLE, RESYNC_CANCELLED },
};

const struct resync_row *
resync_row(enum resync_state state, enum resync_event_type event, enum resync_case on)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].state == state && rows[i].event == event && rows[i].on == on)
			return &rows[i];
	return NULL;
}

/* Is a in front of b? */
static bool
precedes(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

bool
resync_due(const struct resync *r)
{
	return r->untouched >= r->hint_at;
}

static enum resync_case
header_started(const struct resync *r, uint32_t seq)
{
	bool in_range = seq - r->seq < r->len;

	if (precedes(seq, r->seq))
		return RESYNC_BEFORE;
	if (r->since == RESYNC_SINCE_MAX || (in_range && r->logged == RESYNC_LOG_MAX))
		return RESYNC_OVERFLOW;
	return in_range ? RESYNC_IN_RANGE : RESYNC_BEYOND;
}

static enum resync_case
header_asked(const struct resync *r, uint32_t seq)
{
	if (seq == r->seq)
		return RESYNC_MATCH;
	return precedes(seq, r->seq) ? RESYNC_BEFORE : RESYNC_PASSED;
}

/* Its place in the log; logged: it is not there. */
static uint32_t
find_logged(const struct resync *r, uint32_t seq)
{
	uint32_t i = 0;

	while (i < r->logged && r->log[i] != seq)
		i++;
	return i;
}

static enum resync_case
end_started(const struct resync *r, uint32_t seq)
{
	if (find_logged(r, seq) < r->logged)
		return RESYNC_LOGGED;
	return r->since == 0 || precedes(r->last, seq) ? RESYNC_AHEAD : RESYNC_PASSED;
}

enum resync_case
resync_case(const struct resync *r, const struct resync_event *ev)
{
	if (ev->type == RESYNC_QUIET)
		return resync_due(r) ? RESYNC_DUE : RESYNC_NOT_DUE;
	if (ev->type == RESYNC_HEADER && r->state == RESYNC_STARTED)
		return header_started(r, ev->seq);
	if (ev->type == RESYNC_HEADER && r->state == RESYNC_ASKED)
		return header_asked(r, ev->seq);
	if (ev->type == RESYNC_END && r->state == RESYNC_STARTED)
		return end_started(r, ev->seq);
	return RESYNC_ALWAYS;
}

static void
keep_header(struct resync *r, const struct resync_event *ev)
{
	if (r->logged == 0)
		r->first_no = ev->rec_no;
	r->log[r->logged++] = ev->seq;
}

static void
note_header(struct resync *r, const struct resync_event *ev, enum resync_case on)
{
	if (on != RESYNC_IN_RANGE && on != RESYNC_BEYOND)
		return;
	if (on == RESYNC_IN_RANGE)
		keep_header(r, ev);
	r->since++;
	r->last = ev->seq;
}

static void
note_start(struct resync *r, const struct resync_event *ev)
{
	r->seq = ev->seq;
	r->len = ev->len;
	r->logged = 0;
	r->since = 0;
}

/* 2, 4, 8 ... 128, and then each 128 more. */
static uint64_t
next_hint(uint64_t untouched)
{
	uint64_t at = RESYNC_HINT_FIRST;

	if (untouched >= RESYNC_HINT_INTERVAL)
		return (untouched / RESYNC_HINT_INTERVAL + 1) * RESYNC_HINT_INTERVAL;
	while (at <= untouched)
		at *= 2;
	return at;
}

/* What is remembered of an event that was not refused. */
static void
note(struct resync *r, const struct resync_event *ev, enum resync_case on)
{
	switch (ev->type) {
	case RESYNC_REQUEST:
	case RESYNC_END:
		r->seq = ev->seq;
		break;
	case RESYNC_START:
		note_start(r, ev);
		break;
	case RESYNC_HEADER:
		note_header(r, ev, on);
		break;
	case RESYNC_UNTOUCHED:
		r->untouched++;
		break;
	case RESYNC_TOUCHED:
		r->untouched = 0;
		r->hint_at = RESYNC_HINT_FIRST;
		break;
	case RESYNC_CANCEL:
	case RESYNC_QUIET:
	case RESYNC_FORGET:
		break;
	}
}

/* The device was told: that counts as a hint, so answers that change nothing become seldom, too. */
static struct resync_action
tell(struct resync *r, const struct resync_event *ev, enum resync_what what)
{
	uint64_t rec_no = ev->rec_no;

	if (ev->type == RESYNC_END)
		rec_no = r->first_no + find_logged(r, ev->seq);
	r->hint_at = next_hint(r->untouched);
	return (struct resync_action){ what, ev->seq, rec_no };
}

void
resync_init(struct resync *r)
{
	*r = (struct resync){ .state = RESYNC_IDLE, .hint_at = RESYNC_HINT_FIRST };
}

struct resync_action
resync_step(struct resync *r, const struct resync_event *ev)
{
	enum resync_case on = resync_case(r, ev);
	const struct resync_row *row = resync_row((enum resync_state)r->state, ev->type, on);

	assert(row != NULL);
	if (row == NULL)
		return (struct resync_action){ .what = RESYNC_NOTHING };
	r->state = row->next;
	if (row->what != RESYNC_REFUSED)
		note(r, ev, on);
	switch ((enum resync_what)row->what) {
	case RESYNC_ANSWER:
	case RESYNC_HINT:
	case RESYNC_HINT_INSTEAD:
		return tell(r, ev, (enum resync_what)row->what);
	case RESYNC_NOTHING:
	case RESYNC_CANCELLED:
	case RESYNC_REPLACED:
	case RESYNC_REFUSED:
		break;
	}
	return (struct resync_action){ .what = (enum resync_what)row->what };
}
