/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/core/resync.c */
/* flags: --unwind 15 --unwindset resync_row.0:48 */

/*
 * A machine of resyncs in any state that it can be in, and any event: what is done is what its row of
 * the table says, and a device is told of a header nothing but the number that it had.
 */
#include "core/resync.h"
#include "proof.h"

enum { EVENTS = RESYNC_FORGET + 1 };

static struct resync_event
any_event(uint32_t type)
{
	return (struct resync_event){ .type = (enum resync_event_type)type,
				      .seq = nondet_u32(),
				      .len = nondet_u32(),
				      .rec_no = nondet_u64() };
}

/*
 * The guards, in other words than the code's: by distances as signed numbers of 64 bits. That of an END
 * in STARTED is prove_answer()'s: with any log it takes too long.
 */
static enum resync_case
in_words(const struct resync *r, const struct resync_event *ev)
{
	int64_t to = (int32_t)(ev->seq - r->seq);

	if (ev->type == RESYNC_QUIET)
		return r->untouched < r->hint_at ? RESYNC_NOT_DUE : RESYNC_DUE;
	if (ev->type == RESYNC_HEADER && r->state == RESYNC_ASKED)
		return to < 0 ? RESYNC_BEFORE : to == 0 ? RESYNC_MATCH : RESYNC_PASSED;
	if (ev->type == RESYNC_HEADER && r->state == RESYNC_STARTED) {
		if (to < 0)
			return RESYNC_BEFORE;
		if (r->since == 65535)
			return RESYNC_OVERFLOW;
		if (to >= (int64_t)r->len)
			return RESYNC_BEYOND;
		return r->logged == 13 ? RESYNC_OVERFLOW : RESYNC_IN_RANGE;
	}
	return RESYNC_ALWAYS;
}

static bool
tells(enum resync_what what)
{
	return what == RESYNC_ANSWER || what == RESYNC_HINT || what == RESYNC_HINT_INSTEAD;
}

/* The row is there, its guard is what it says, and its state and action are what is done. */
static void
row_holds(enum resync_state state, uint32_t type)
{
	struct resync_event ev = any_event(type);
	const struct resync_row *row;
	struct resync_action a;
	enum resync_case on;
	struct resync r;

	ASSUME(r.logged <= RESYNC_LOG_MAX);
	r.state = (uint8_t)state;
	on = resync_case(&r, &ev);
	PROVE(on == in_words(&r, &ev));
	row = resync_row(state, ev.type, on);
	PROVE(row != NULL);
	a = resync_step(&r, &ev);
	PROVE(r.state == row->next && a.what == row->what);
	PROVE(tells(a.what) ? a.seq == ev.seq : a.seq == 0 && a.rec_no == 0);
	/* By nothing else a log begins. */
	PROVE(r.state != RESYNC_STARTED || state == RESYNC_STARTED || type == RESYNC_START);
}

void
prove_idle(void)
{
	for (uint32_t type = 0; type < EVENTS; type++)
		row_holds(RESYNC_IDLE, type);
}

void
prove_started(void)
{
	for (uint32_t type = 0; type < EVENTS; type++)
		if (type != RESYNC_END && type != RESYNC_HEADER)
			row_holds(RESYNC_STARTED, type);
}

void
prove_started_header(void)
{
	row_holds(RESYNC_STARTED, RESYNC_HEADER);
}

void
prove_full(void)
{
	for (uint32_t type = 0; type < EVENTS; type++)
		row_holds(RESYNC_FULL, type);
}

void
prove_asked(void)
{
	for (uint32_t type = 0; type < EVENTS; type++)
		row_holds(RESYNC_ASKED, type);
}

/* Nothing but a header and a start moves what is kept. */
void
prove_kept(void)
{
	for (uint32_t type = 0; type < EVENTS; type++) {
		struct resync_event ev = any_event(type);
		uint32_t i = nondet_u32();
		struct resync r, before;

		ASSUME(r.logged <= RESYNC_LOG_MAX && i < r.logged);
		r.state = RESYNC_STARTED;
		before = r;
		if (type != RESYNC_HEADER && type != RESYNC_START)
			(void)resync_step(&r, &ev);
		if (r.state != RESYNC_STARTED)
			continue;
		PROVE(r.log[i] == before.log[i] && r.first_no == before.first_no);
		PROVE(r.seq == before.seq && r.len == before.len && r.logged == before.logged);
		PROVE(r.since == before.since && r.last == before.last);
	}
}

/* Headers of any stream, from a start on: one by one, any length but none, at sequences that go round. */
static uint32_t
parse(struct resync *r, uint32_t seq, uint64_t rec_no)
{
	struct resync_event ev = { .type = RESYNC_HEADER, .seq = seq, .rec_no = rec_no };
	uint32_t len = nondet_u32();

	(void)resync_step(r, &ev);
	ASSUME(len > 0 && len < 17000);
	return seq + len;
}

/* From start to end, four headers anywhere: one of the range is told with its number, no other one is. */
void
prove_answer(void)
{
	uint32_t asked = nondet_u32(), at = 0, seq;
	struct resync_event start = any_event(RESYNC_START), end = any_event(RESYNC_END);
	uint64_t no = nondet_u64();
	struct resync_action a;
	struct resync r;

	resync_init(&r);
	(void)resync_step(&r, &start);
	seq = start.seq - nondet_u16();
	for (uint32_t i = 0; i < 4; i++) {
		if (i == asked)
			at = seq;
		seq = parse(&r, seq, no + i);
	}
	ASSUME(asked < 4 && start.len <= INT32_MAX);
	end.seq = at;
	a = resync_step(&r, &end);
	PROVE((a.what == RESYNC_ANSWER) == (at - start.seq < start.len));
	PROVE(a.what != RESYNC_ANSWER || (a.seq == at && a.rec_no == no + asked));
}

/* A header that was asked about is told with the number that it brings. */
void
prove_request(void)
{
	struct resync_event ev = any_event(RESYNC_HEADER);
	struct resync_action a;
	struct resync r, before;

	r.state = RESYNC_ASKED;
	before = r;
	a = resync_step(&r, &ev);
	PROVE((a.what == RESYNC_ANSWER) == (ev.seq == before.seq));
	PROVE(a.what != RESYNC_ANSWER || (a.seq == ev.seq && a.rec_no == ev.rec_no));
}

/* A hint is due at the next of 2, 4 ... 128, 256, 384 ..., and not before. */
void
prove_hint(void)
{
	struct resync_event ev = any_event(RESYNC_QUIET);
	struct resync_action a;
	struct resync r, before;
	uint64_t at;

	ASSUME(r.state <= RESYNC_ASKED && r.untouched < UINT64_MAX >> 1);
	before = r;
	a = resync_step(&r, &ev);
	at = r.hint_at;
	PROVE((a.what != RESYNC_NOTHING) == (before.untouched >= before.hint_at));
	PROVE(r.untouched == before.untouched);
	if (a.what == RESYNC_NOTHING)
		return;
	PROVE(a.rec_no == ev.rec_no && a.seq == ev.seq && at > r.untouched);
	PROVE(at % 128 == 0 ? at - r.untouched <= 128 : at < 128 && (at & (at - 1)) == 0);
	PROVE(at >= 256 || at == 2 || at / 2 <= r.untouched);
}
