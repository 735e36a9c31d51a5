/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Strikes at how a device finds its place again. Each takes its place first; then the path is clear for
 * as long as it takes to have it look for another one, which he gives it: headers in segments that TCP
 * refuses, in front of what is held back. What the stack makes of the questions takes turns of the
 * receiver: so they go on, step by step, whenever that has acknowledged what went by.
 */
#include "sim/forger_scene.h"

#include <string.h>

enum {
	LONGEST = 5 + 16384 + 256,
	QUIET = 300,     /* in front of where it begins to look */
	BEYOND = 300,    /* and behind it, so that what he sends is looked at */
	MISLEADS = 3000, /* bytes of a false record */
	DISTRACTIONS = 4,
	OLD = 16,
};

static struct lane *
lane_of(const struct scene *s)
{
	return &s->f->lanes[s->dir];
}

/* A record that ends in the middle of a genuine one: what follows is no header. */
static void
take_place(const struct scene *s)
{
	scene_lets_by(s, s->start[0]);
	lane_of(s)->from = s->start[0];
	scene_misleads_header(s, s->start[0], s->start[0] + scene_over(s) + scene_below(s, 40));
}

/* Goes on by what next says, when all up to an offset went by. */
static bool
go_on(const struct scene *s, uint64_t until, forger_step_fn *next)
{
	lane_of(s)->until = until;
	lane_of(s)->deafens = until != 0 && scene_below(s, 4) != 0;
	lane_of(s)->next = next;
	return true;
}

/* The first record that a device looks at, which needs so many behind it. False: none is held back. */
static bool
first_seen(const struct scene *s, uint32_t behind, uint32_t *i)
{
	for (*i = 0; *i + behind < s->n; (*i)++)
		if (s->start[*i] >= lane_of(s)->from + LONGEST + BEYOND)
			return true;
	return false;
}

/* Old data with other bytes, headers far off, what went by already: while the device follows, or asks. */
static void
distract(const struct scene *s)
{
	uint64_t passed = lane_of(s)->passed, back;

	for (uint32_t n = passed > 0 ? scene_below(s, DISTRACTIONS) : 0; n > 0; n--) {
		back = 1 + scene_below(s, (uint32_t)(passed < 2000 ? passed : 2000));
		switch (scene_below(s, 3)) {
		case 0:
			scene_misleads(s, passed - back, "EEEEEEEEEEEEEEEE",
				       back < OLD ? (uint32_t)back : OLD);
			break;
		case 1:
			forger_sends_header(s->f, s->dir, FAR_AHEAD, passed, passed + FORGER_PLACE);
			break;
		case 2:
			forger_sends_bytes(s->f, s->dir, FAULTLESS, passed - back, passed - back,
					   back);
			break;
		}
	}
}

/* --- where there is no header --------------------------------------------------------- */

static bool
astray_by_headers(const struct scene *s)
{
	uint32_t i, k = 1 + scene_below(s, 3);
	uint64_t at;

	if (!first_seen(s, 1, &i))
		return false;
	at = s->start[i] + 1 + scene_below(s, scene_record(s, i)->wire_len - 1);
	if (!scene_leads(s, at, k, at + (uint64_t)scene_over(s) * k + scene_below(s, MISLEADS)))
		return false;
	distract(s);
	scene_lets_by(s, s->start[s->n]);
	return true;
}

bool
forger_leads_astray(const struct scene *s)
{
	take_place(s);
	return go_on(s, s->start[0] + LONGEST - QUIET, astray_by_headers);
}

/* --- a header, and a wrong count behind it ----------------------------------------------- */

static bool
let_all_by(const struct scene *s)
{
	scene_lets_by(s, s->start[s->n]);
	return true;
}

/* In the place of the record that is due comes the one that the device waits for. */
static bool
other_record(const struct scene *s)
{
	int64_t i = (int64_t)s->first + lane_of(s)->miscount;
	const struct stream *st = scene_stream(s);
	uint64_t off = 0;

	if (i < 0 || i >= (int64_t)st->nb_records)
		return false;
	for (int64_t k = 0; k < i; k++)
		off += st->records[k].wire_len;
	forger_sends_bytes(s->f, s->dir, FAULTLESS, s->start[0], off, st->records[i].wire_len);
	return true;
}

/* The device is told the number of a record rightly, and counts k records to one that is m behind it. */
static bool
count_wrong(const struct scene *s, forger_step_fn *next)
{
	uint32_t i, m, k;

	if (!first_seen(s, 3, &i))
		return false;
	m = 1 + scene_below(s, s->n - i - 2);
	k = 1 + scene_below(s, m + 2);
	if (k == m || !scene_leads(s, s->start[i], k, s->start[i + m]))
		return false;
	lane_of(s)->miscount = (int32_t)(k - m);
	distract(s);
	scene_lets_by(s, s->start[i + m]);
	return go_on(s, 0, next);
}

static bool
count_wrong_and_end(const struct scene *s)
{
	return count_wrong(s, other_record);
}

static bool
count_wrong_and_live(const struct scene *s)
{
	return count_wrong(s, let_all_by);
}

bool
forger_recounts(const struct scene *s)
{
	take_place(s);
	return go_on(s, s->start[0] + LONGEST - QUIET, count_wrong_and_live);
}

bool
forger_recounts_evil(const struct scene *s)
{
	take_place(s);
	return go_on(s, s->start[0] + LONGEST - QUIET, count_wrong_and_end);
}

/* --- in front of a header, behind an answer ----------------------------------------------- */

/* The device stands where he led it; a record of his begins there, and what it opens of that is his. */
static bool
inject(const struct scene *s)
{
	uint32_t off = lane_of(s)->inside,
		 len = scene_over(s) + 1 + scene_below(s, FORGER_PIECE - scene_over(s));
	uint64_t t = s->start[0], h = t - scene_front(s) - off;
	uint64_t no = scene_number(s, lane_of(s)->count) - scene_number(s, 1) +
		      scene_record(s, 0)->rec_no;
	uint8_t bytes[FORGER_PIECE] = { 0 };

	forger_make_front(s->f, s->dir, FORGER_PLACE, bytes);
	scene_misleads(s, h, bytes, scene_front(s) + off);
	scene_lets_by(s, t);
	scene_evil(s, no, off, true, bytes, len);
	scene_delivers(s, t, bytes, len);
	return true;
}

static bool
lead_in_front(const struct scene *s)
{
	uint32_t i, k = 1 + scene_below(s, 3), off = scene_below(s, 30);
	uint64_t h;

	if (!first_seen(s, 3, &i))
		return false;
	h = s->start[i + 1] - scene_front(s) - off;
	if (h < s->start[i] + 2 * scene_front(s) || !scene_leads(s, s->start[i], k, h))
		return false;
	lane_of(s)->count = k;
	lane_of(s)->inside = off;
	distract(s);
	scene_lets_by(s, s->start[i] + scene_front(s) + 1);
	return go_on(s, 0, inject);
}

bool
forger_injects_behind(const struct scene *s)
{
	take_place(s);
	return go_on(s, s->start[0] + LONGEST - QUIET, lead_in_front);
}

/* --- told unasked ----------------------------------------------------------------------- */

static bool
strike_gently(const struct scene *s)
{
	return forger_strikes_once(s, false);
}

static bool
strike_hard(const struct scene *s)
{
	return forger_strikes_once(s, true);
}

/* One more record, for the turns that telling takes. */
static bool
wait_gently(const struct scene *s)
{
	scene_lets_by(s, s->start[1]);
	return go_on(s, 0, strike_gently);
}

static bool
wait_hard(const struct scene *s)
{
	scene_lets_by(s, s->start[1]);
	return go_on(s, 0, strike_hard);
}

/* The device has no place, or is far ahead, for two records and more: the stack tells it where it is. */
static bool
have_it_told(const struct scene *s, forger_step_fn *next)
{
	take_place(s);
	if (scene_below(s, 2) == 0)
		scene_misleads_header(s, s->start[0], s->start[0] + FORGER_PLACE);
	distract(s);
	scene_lets_by(s, s->start[s->n - 1]);
	return go_on(s, 0, next);
}

bool
forger_has_it_told(const struct scene *s)
{
	return have_it_told(s, wait_gently);
}

bool
forger_has_it_told_evil(const struct scene *s)
{
	return have_it_told(s, wait_hard);
}
