/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Resyncs at random, beside a slow reference that knows the whole stream: offsets of 64 bits, each
 * header that was ever parsed, no log and no states.
 */
#include <stdio.h>

#include <CUnit/CUnit.h>

#include "core/resync.h"
#include "support/harness.h"

enum { HEADERS = 900, EVENTS = 2000, AHEAD = 8 };

struct header {
	uint64_t off;
	uint64_t no;
};

/* What was asked: about a place; or, one day, about one of those in [from, to). */
struct asked {
	bool open;
	bool range;
	uint64_t from;
	uint64_t to;
	uint32_t parsed; /* headers by then */
};

struct world {
	uint64_t rng;
	uint64_t base;   /* TCP's sequence of offset 0 */
	uint32_t asking; /* so many of 96 events are the device's */
	struct header header[HEADERS + AHEAD];
	uint32_t parsed;
	struct asked asked;
	uint32_t untouched;
	uint32_t told; /* of those, when the device was told something last */
	/* Each request ends once. */
	uint32_t asked_n, ended_n;
};

/* What is to be done, and the header that is told. */
struct expected {
	enum resync_what what;
	struct header header;
};

static struct expected
only(enum resync_what what)
{
	return (struct expected){ what, { 0, 0 } };
}

static struct expected
tell(struct world *w, enum resync_what what, struct header h)
{
	w->told = w->untouched;
	return (struct expected){ what, h };
}

static struct expected
ask(struct world *w, bool range, uint64_t from, uint64_t len)
{
	bool open = w->asked.open;

	if (open && w->asked.range && !range)
		return only(RESYNC_REFUSED);
	w->asked = (struct asked){ true, range, from, from + len, w->parsed };
	return only(open ? RESYNC_REPLACED : RESYNC_NOTHING);
}

/* All that was parsed since the start, from its range on: is at among it, and what is behind at? */
static struct expected
end(struct world *w, uint64_t at)
{
	struct header found = { 0, 0 };
	uint32_t in_range = 0;
	bool is_there = false, is_passed = false;

	if (!w->asked.open || !w->asked.range)
		return only(RESYNC_REFUSED);
	for (uint32_t i = w->asked.parsed; i < w->parsed; i++) {
		const struct header *h = &w->header[i];

		if (h->off < w->asked.from)
			continue;
		is_passed |= h->off >= at;
		if (h->off >= w->asked.to)
			continue;
		in_range++;
		if (h->off == at) {
			is_there = true;
			found = *h;
		}
	}
	w->asked.open = false;
	if (in_range > 13)
		return only(RESYNC_CANCELLED);
	if (is_there)
		return tell(w, RESYNC_ANSWER, found);
	if (is_passed)
		return only(RESYNC_CANCELLED);
	w->asked = (struct asked){ true, false, at, at, w->parsed };
	return only(RESYNC_NOTHING);
}

static struct expected
parse(struct world *w)
{
	struct header h = w->header[w->parsed++];

	if (!w->asked.open || w->asked.range || h.off < w->asked.from)
		return only(RESYNC_NOTHING);
	w->asked.open = false;
	return h.off == w->asked.from ? tell(w, RESYNC_ANSWER, h) : only(RESYNC_CANCELLED);
}

/* How many of 2, 4 ... 128, 256, 384 ... are there up to n? */
static uint32_t
turns(uint32_t n)
{
	uint32_t count = 0;

	if (n >= 128)
		return 6 + n / 128;
	for (; n > 1; n /= 2)
		count++;
	return count;
}

static struct expected
quiet(struct world *w, struct header next)
{
	bool asked = w->asked.open && !w->asked.range;

	if (turns(w->untouched) == turns(w->told))
		return only(RESYNC_NOTHING);
	if (asked)
		w->asked.open = false;
	return tell(w, asked ? RESYNC_HINT_INSTEAD : RESYNC_HINT, next);
}

static struct expected
stop(struct world *w, bool forget)
{
	bool open = w->asked.open && (forget || w->asked.range);

	if (open)
		w->asked.open = false;
	if (open)
		return only(RESYNC_CANCELLED);
	return only(forget ? RESYNC_NOTHING : RESYNC_REFUSED);
}

/* A place in the stream near what was parsed, or in the range: a header, or anything. */
static uint64_t
draw_place(struct world *w)
{
	uint32_t near = w->parsed + harness_below(&w->rng, 3);
	uint32_t back = harness_below(&w->rng, 20);

	if (harness_below(&w->rng, 2) == 0)
		near = near > back ? near - back : 0;
	if (w->asked.open && w->asked.range && harness_below(&w->rng, 2) == 0)
		near = w->asked.parsed + harness_below(&w->rng, AHEAD);
	return w->header[near].off +
	       (harness_below(&w->rng, 4) == 0 ? harness_below(&w->rng, 9) : 0);
}

static struct expected
draw_asking(struct world *w, struct resync_event *ev)
{
	uint64_t off = draw_place(w), len = 0;

	switch (harness_below(&w->rng, 6)) {
	case 0:
		ev->type = RESYNC_REQUEST;
		break;
	case 1:
	case 2:
		ev->type = RESYNC_START;
		len = harness_below(&w->rng, 2) == 0 ? 1448 : harness_below(&w->rng, 90);
		break;
	case 3:
	case 4:
		ev->type = RESYNC_END;
		break;
	default:
		ev->type = RESYNC_CANCEL;
		return stop(w, false);
	}
	ev->seq = (uint32_t)(w->base + off);
	ev->len = (uint32_t)len;
	return ev->type == RESYNC_END ? end(w, off) : ask(w, ev->type == RESYNC_START, off, len);
}

static struct expected
draw_record(struct world *w, struct resync_event *ev)
{
	ev->type = harness_below(&w->rng, 40) == 0 ? RESYNC_TOUCHED : RESYNC_UNTOUCHED;
	w->untouched++;
	if (ev->type == RESYNC_TOUCHED)
		w->untouched = w->told = 0;
	return only(RESYNC_NOTHING);
}

static struct expected
draw(struct world *w, struct resync_event *ev)
{
	const struct header *next = &w->header[w->parsed];
	uint32_t what = harness_below(&w->rng, 96);

	*ev = (struct resync_event){ .type = RESYNC_FORGET };
	if (what == 0)
		return stop(w, true);
	if (what <= w->asking)
		return draw_asking(w, ev);
	if (what < 56)
		return draw_record(w, ev);
	ev->type = what < 62 ? RESYNC_QUIET : RESYNC_HEADER;
	ev->seq = (uint32_t)(w->base + next->off);
	ev->rec_no = next->no;
	return ev->type == RESYNC_QUIET ? quiet(w, *next) : parse(w);
}

static void
make_world(struct world *w, uint64_t seed)
{
	uint64_t off = 0, no;

	*w = (struct world){ .rng = seed };
	w->asking = harness_below(&w->rng, 10);
	w->base = harness_below(&w->rng, 2) == 0 ? harness_rand(&w->rng) :
						   0U - harness_below(&w->rng, 9000);
	no = harness_rand(&w->rng) >> 1;
	for (uint32_t i = 0; i < HEADERS + AHEAD; i++) {
		w->header[i] = (struct header){ off, no + i };
		off += harness_below(&w->rng, 10) == 0 ? 16640 : 5 + harness_below(&w->rng, 20);
	}
}

static void
count(struct world *w, enum resync_event_type type, enum resync_what what)
{
	if ((type == RESYNC_REQUEST || type == RESYNC_START) && what != RESYNC_REFUSED)
		w->asked_n++;
	if (what == RESYNC_ANSWER || what == RESYNC_HINT_INSTEAD || what == RESYNC_CANCELLED ||
	    what == RESYNC_REPLACED)
		w->ended_n++;
	CU_ASSERT_EQUAL(w->asked_n, w->ended_n + w->asked.open);
}

static bool
walk(uint64_t seed)
{
	struct world w;
	struct resync r;

	make_world(&w, seed);
	resync_init(&r);
	for (int i = 0; i < EVENTS && w.parsed < HEADERS; i++) {
		struct resync_event ev;
		struct expected e = draw(&w, &ev);
		struct resync_action a = resync_step(&r, &ev);
		bool told = e.what == RESYNC_ANSWER || e.what == RESYNC_HINT ||
			    e.what == RESYNC_HINT_INSTEAD;

		count(&w, ev.type, a.what);
		if (a.what == e.what && a.rec_no == e.header.no &&
		    a.seq == (told ? (uint32_t)(w.base + e.header.off) : 0))
			continue;
		printf("# walk %llu, event %d (%d): %d of record %llu, and not %d of %llu\n",
		       (unsigned long long)seed, i, (int)ev.type, (int)a.what,
		       (unsigned long long)a.rec_no, (int)e.what, (unsigned long long)e.header.no);
		CU_FAIL("the reference does something else");
		return false;
	}
	return true;
}

static void
test_walks(void)
{
	uint64_t rng = harness_seed();
	int walks = harness_full() ? 100000 : 2000;

	for (int i = 0; i < walks; i++)
		if (!walk(harness_rand(&rng)))
			return;
	CU_PASS("all of them");
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "events at random do what a reference says", test_walks },
	};

	return harness_run("core/resync walk", cases, HARNESS_COUNT(cases));
}
