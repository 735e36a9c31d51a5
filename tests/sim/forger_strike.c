/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Strikes: each is a row of the table at the end, and a function that plays it. All of them begin
 * with whole records that are held back, from the byte on that the receiver expects.
 */
#include <assert.h>
#include <string.h>

#include "sim/forger_scene.h"

enum {
	TRIES = 8,
	STEP_RECORDS = 4, /* that must be held back for a strike to go on */
	LEAPS = 40,
	TINY = 7,     /* bytes of a tiny segment */
	TINIES = 150, /* of them, at most */
};

/* --- rows ------------------------------------------------------------------------------ */

/* The device counts k records while m go by; what comes then is the record that is due to it. */
static bool
miscount(const struct scene *s)
{
	uint32_t m = 1 + scene_below(s, s->n - 2), k = 1 + scene_below(s, m + 2);
	uint64_t t = s->start[m];

	if (k == m || k >= s->n || !scene_leads(s, s->start[0], k, t))
		return false;
	scene_misleads(s, t - 1, "x", 1);
	scene_lets_by(s, t);
	forger_sends_bytes(s->f, s->dir, FAULTLESS, t, s->start[k], s->start[k + 1] - s->start[k]);
	return true;
}

/*
 * The device stands in record number k, some bytes behind its header, when m have gone by; what
 * comes then it turns into a record, as long as the one it stands in, or not.
 */
static bool
inject(const struct scene *s)
{
	uint32_t m = 1 + scene_below(s, s->n - 2), k = 1 + scene_below(s, m + 1),
		 off = scene_below(s, 30);
	uint32_t len = scene_over(s) + 1 + scene_below(s, FORGER_PIECE - scene_over(s));
	uint64_t t = s->start[m], h = t - scene_front(s) - off;
	uint8_t bytes[FORGER_PIECE] = { 0 };

	if (h < s->start[0] || !scene_leads(s, s->start[0], k, h))
		return false;
	/* Both may claim the same length, and more than comes. */
	forger_make_front(s->f, s->dir, FORGER_PLACE, bytes);
	scene_misleads(s, h, bytes, scene_front(s) + off);
	scene_lets_by(s, t);
	scene_evil(s, scene_number(s, k), off, true, bytes, len);
	scene_delivers(s, t, bytes, len);
	return true;
}

/* A record in its place under its number, of other content: its tag alone is wrong. */
static bool
exchange(const struct scene *s)
{
	uint32_t m = scene_below(s, s->n), len = scene_record(s, m)->wire_len;
	uint32_t content = len - scene_front(s) - FORGER_TAG, n;
	uint8_t bytes[FORGER_PIECE];
	uint64_t t = s->start[m];

	if (scene_record(s, m)->epoch != scene_record(s, 0)->epoch)
		return false;
	n = content < FORGER_PIECE ? content : FORGER_PIECE;
	scene_lets_by(s, t + scene_front(s));
	scene_evil(s, scene_record(s, m)->rec_no, 0, false, bytes, n);
	scene_delivers(s, t + scene_front(s), bytes, n);
	s->f->lanes[s->dir].passed = t + scene_front(s) + n;
	scene_lets_by(s, t + len);
	return true;
}

/*
 * The first bytes of a record but one wait behind a gap, where no device looks; what fills it
 * brings another header, which TCP has already.
 */
static bool
fill(const struct scene *s, bool evil)
{
	uint32_t len = scene_record(s, 0)->wire_len,
		 body = scene_over(s) - FORGER_HEADER + scene_below(s, FORGER_PLACE);
	uint64_t t = s->start[0], held = t + scene_between(s, scene_front(s), 60);
	uint64_t end = t + (len < FORGER_PIECE ? len : FORGER_PIECE);
	uint8_t bytes[FORGER_PIECE];

	if (held >= end || s->f->lanes[s->dir].passed != t)
		return false;
	memcpy(bytes, scene_stream(s)->wire + t, end - t);
	bytes[3] = (uint8_t)(body >> 8);
	bytes[4] = (uint8_t)body;
	if (evil)
		scene_evil(s, scene_record(s, 0)->rec_no, (uint32_t)(held - t) - scene_front(s),
			   false, bytes + (held - t), (uint32_t)(end - held));
	scene_delivers(s, t + 1, scene_stream(s)->wire + t + 1, held - t - 1);
	scene_delivers(s, t, bytes, end - t);
	s->f->lanes[s->dir].passed = end;
	scene_lets_by(s, t + len);
	return true;
}

static bool
fill_genuine(const struct scene *s)
{
	return fill(s, false);
}

static bool
fill_evil(const struct scene *s)
{
	return scene_record(s, 0)->wire_len > 100 && fill(s, true);
}

/* The second half of a record is opened as the beginning of the next one. */
static bool
halve(const struct scene *s, bool evil)
{
	uint32_t len = scene_record(s, 0)->wire_len;
	uint64_t t = s->start[0], mid, end = t + len;
	uint8_t bytes[FORGER_PIECE];

	if (len < 3 * scene_over(s) || s->f->lanes[s->dir].passed != t)
		return false;
	mid = scene_between(s, t + scene_over(s) + scene_front(s), end - FORGER_TAG - 4);
	scene_misleads_header(s, t, mid - scene_front(s));
	scene_misleads_header(s, mid - scene_front(s), mid + FORGER_PLACE);
	scene_lets_by(s, mid);
	if (evil) {
		len = end - mid < FORGER_PIECE ? (uint32_t)(end - mid) : FORGER_PIECE;
		scene_evil(s, scene_number(s, 1), 0, false, bytes, len);
		scene_delivers(s, mid, bytes, len);
		s->f->lanes[s->dir].passed = mid + len;
	}
	scene_lets_by(s, end);
	return true;
}

static bool
halve_genuine(const struct scene *s)
{
	return halve(s, false);
}

static bool
halve_evil(const struct scene *s)
{
	return halve(s, true);
}

/* What waits lies inside of what fills: a header, or text where the device has opened. */
static bool
enclose(const struct scene *s, bool evil)
{
	uint64_t t = s->start[0], end = s->start[1] + (evil ? 0 : FORGER_HEADER + 20);
	uint64_t low = evil ? t + scene_front(s) + 1 : s->start[1], high = low + FORGER_HEADER;
	uint8_t bytes[FORGE_FRAME_MAX];

	if (s->f->lanes[s->dir].passed != t || end - t > s->f->conf.seg_max ||
	    end > s->start[s->n] || high + FORGER_TAG >= end)
		return false;
	memcpy(bytes, scene_stream(s)->wire + t, end - t);
	if (evil) {
		scene_delivers(s, low, "EEEEE", high - low);
	} else {
		scene_delivers(s, low, bytes + (low - t), high - low);
		bytes[low - t + 3] ^= 1;
	}
	scene_delivers(s, t, bytes, end - t);
	s->f->lanes[s->dir].passed = end;
	return true;
}

static bool
enclose_genuine(const struct scene *s)
{
	return enclose(s, false);
}

static bool
enclose_evil(const struct scene *s)
{
	return enclose(s, true);
}

/* The device has seen it all when it comes. */
static bool
refuse_first(const struct scene *s)
{
	uint64_t t = s->f->lanes[s->dir].passed;
	uint64_t end = s->start[1 + scene_below(s, s->n)] - scene_below(s, 10);

	if (end <= t)
		return false;
	forger_sends_bytes(s->f, s->dir, s->fault, t, t, end - t);
	return true;
}

/* A record is opened and waits; then all comes in one segment that the device has seen. */
static bool
enclose_opened(const struct scene *s)
{
	uint64_t t = s->f->lanes[s->dir].passed, end = s->start[2] + scene_below(s, 20);
	const uint8_t *wire = scene_stream(s)->wire;

	if (end > s->start[s->n] || end - t > s->f->conf.seg_max)
		return false;
	scene_misleads(s, t, wire + t, (uint32_t)(s->start[1] - t));
	scene_delivers(s, s->start[1], wire + s->start[1], s->start[2] - s->start[1]);
	scene_delivers(s, t, wire + t, end - t);
	s->f->lanes[s->dir].passed = end;
	return true;
}

/* The device leaps from header to header, far ahead. */
static bool
leap(const struct scene *s)
{
	uint64_t off = s->start[0], end;

	for (uint32_t n = 1 + scene_below(s, LEAPS); n > 0; n--, off = end) {
		end = off + scene_over(s) + scene_below(s, FORGER_BODY_MAX - scene_over(s));
		scene_misleads_header(s, off, end);
	}
	return true;
}

/* Tiny segments, some late, some of them refused before. */
static bool
tear(const struct scene *s)
{
	const uint8_t *wire = scene_stream(s)->wire;
	struct lane *l = &s->f->lanes[s->dir];
	uint64_t end = s->start[s->n], late = 0, n;

	for (uint32_t i = 0; i < TINIES && l->passed < end; i++, l->passed += n) {
		n = 1 + scene_below(s, TINY);
		n = n < end - l->passed ? n : end - l->passed;
		if (late == 0 && scene_below(s, 10) == 0) {
			late = n;
			continue;
		}
		if (scene_below(s, 10) == 0)
			scene_misleads(s, l->passed, wire + l->passed, (uint32_t)n);
		scene_delivers(s, l->passed, wire + l->passed, n);
		if (late != 0)
			scene_delivers(s, l->passed - late, wire + l->passed - late, late);
		late = 0;
	}
	return true;
}

/* --- the table ----------------------------------------------------------------------- */

static const struct strike {
	const char *name;
	forger_step_fn *play;
	uint32_t records; /* that it needs */
	bool ends;        /* also in software: TCP takes what is no genuine record */
} strikes[] = {
	{ "miscount", miscount, 3, true },
	{ "inject", inject, 3, true },
	{ "exchange", exchange, 1, true },
	{ "fill with evil", fill_evil, 1, true },
	{ "halve with evil", halve_evil, 1, true },
	{ "enclose evil", enclose_evil, 2, true },
	{ "fill", fill_genuine, 1, false },
	{ "halve", halve_genuine, 1, false },
	{ "enclose", enclose_genuine, 2, false },
	{ "enclose opened", enclose_opened, 2, false },
	{ "refuse first", refuse_first, 1, false },
	{ "leap", leap, 1, false },
	{ "tear", tear, 1, false },
	{ "recount with evil", forger_recounts_evil, 2, true },
	{ "inject behind", forger_injects_behind, 2, true },
	{ "told, with evil", forger_has_it_told_evil, 4, true },
	{ "astray", forger_leads_astray, 2, false },
	{ "recount", forger_recounts, 2, false },
	{ "told", forger_has_it_told, 4, false },
};

enum { AT_ONCE = FORGER_RESYNCS }; /* the first ones are over at once */

static_assert(HARNESS_COUNT(strikes) == FORGER_STRIKES, "each is counted");

const char *
forger_strike_name(unsigned int i, bool *ends)
{
	if (i >= HARNESS_COUNT(strikes))
		return NULL;
	*ends = strikes[i].ends;
	return strikes[i].name;
}

bool
forger_strikes_once(const struct scene *s, bool ends)
{
	uint32_t row;

	for (int i = 0; i < 2 * TRIES; i++) {
		row = scene_below(s, AT_ONCE);
		if (s->n >= strikes[row].records && strikes[row].ends == ends &&
		    strikes[row].play(s))
			return true;
	}
	return false;
}

static bool
begin(struct scene *s)
{
	struct forger *f = s->f;
	struct lane *l = &f->lanes[s->dir];

	if (forger_below(f, 2) == 0)
		scene_lets_by(s, s->start[0]);
	for (int i = 0; i < TRIES; i++) {
		s->fault = forger_below(f, 2) == 0 ? WRONG_ACK : OLD_TIMESTAMP;
		l->row = f->conf.strike < FORGER_STRIKES ? f->conf.strike :
							   forger_below(f, FORGER_STRIKES);
		if (s->n >= strikes[l->row].records && !(strikes[l->row].ends && f->conf.gentle) &&
		    strikes[l->row].play(s))
			return true;
	}
	return false;
}

/* The next step. One that cannot be is the end of it. */
static bool
go_on(struct scene *s)
{
	struct lane *l = &s->f->lanes[s->dir];
	forger_step_fn *next = l->next;

	l->next = NULL;
	s->fault = forger_below(s->f, 2) == 0 ? WRONG_ACK : OLD_TIMESTAMP;
	return next(s);
}

bool
forger_strikes(struct forger *f, int dir)
{
	struct scene s = { .f = f, .dir = dir };
	struct lane *l = &f->lanes[dir];
	bool goes_on = l->next != NULL, did;

	if (l->acked != l->passed || (goes_on && l->passed < l->until))
		return false;
	scene_look(&s);
	/* What is held must fit the window, or what fills a gap would be all that comes. */
	if (s.n < (goes_on ? STEP_RECORDS : 1) || l->edge < s.start[s.n] + FORGER_PIECE)
		return false;
	did = goes_on ? go_on(&s) : begin(&s);
	if (did && l->next == NULL)
		f->stats.struck[l->row]++;
	return did || goes_on;
}
