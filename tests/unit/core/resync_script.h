/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Resyncs as scripts: events, and what is to be done about each. */
#ifndef RTLS_UNIT_CORE_RESYNC_SCRIPT_H
#define RTLS_UNIT_CORE_RESYNC_SCRIPT_H

#include <stdio.h>

#include <CUnit/CUnit.h>

#include "core/resync.h"
#include "support/harness.h"

/* An event, and what must be done about it; what is told is told of the event's place. */
struct line {
	enum resync_event_type type;
	uint32_t seq;
	uint64_t arg; /* START: len; HEADER, QUIET: rec_no */
	enum resync_what what;
	uint64_t rec_no;
};

static inline bool
tells(enum resync_what what)
{
	return what == RESYNC_ANSWER || what == RESYNC_HINT || what == RESYNC_HINT_INSTEAD;
}

static inline void
play_line(struct resync *r, const struct line *l, size_t i)
{
	const struct resync_event ev = {
		.type = l->type,
		.seq = l->seq,
		.len = l->type == RESYNC_START ? (uint32_t)l->arg : 0,
		.rec_no = l->type == RESYNC_START ? 0 : l->arg,
	};
	struct resync_action a = resync_step(r, &ev);
	uint32_t seq = tells(l->what) ? l->seq : 0;

	if (a.what != l->what || a.rec_no != l->rec_no || a.seq != seq)
		printf("# line %zu: action %d, seq %u, record %llu\n", i + 1, (int)a.what, a.seq,
		       (unsigned long long)a.rec_no);
	CU_ASSERT_EQUAL(a.what, l->what);
	CU_ASSERT_EQUAL(a.rec_no, l->rec_no);
	CU_ASSERT_EQUAL(a.seq, seq);
}

static inline void
go_on(struct resync *r, const struct line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		play_line(r, &lines[i], i);
}

static inline void
play(const struct line *lines, size_t n)
{
	struct resync r;

	resync_init(&r);
	go_on(&r, lines, n);
}

static inline void
again(struct resync *r, enum resync_event_type type, unsigned int n)
{
	const struct line l = { .type = type };

	for (unsigned int i = 0; i < n; i++)
		play_line(r, &l, i);
}

/* n headers from seq on, one each 10 bytes. */
static inline void
parse(struct resync *r, uint32_t seq, uint32_t n, uint64_t rec_no)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct line l = { RESYNC_HEADER, seq + 10 * i, rec_no + i, RESYNC_NOTHING,
					0 };

		play_line(r, &l, i);
	}
}

#endif
