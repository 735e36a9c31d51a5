/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/oracle_nic.h"

#include <stdlib.h>
#include <string.h>

enum {
	FRAME_MAX = 65536,
	AGAIN = 16, /* headers without an answer, and it asks about the one at hand */
};

static void
begin(struct oracle_nic *n, int64_t off, uint64_t rec_no, bool misled)
{
	n->begun++;
	oracle_place_at(&n->place, off, rec_no);
	n->place.verified = off;
	n->place.misled = misled;
	n->place.run = ++n->runs;
	n->scan = (struct oracle_scan){ 0 };
}

/* --- out of step ------------------------------------------------------------- */

/* A stretch of the stream: what was kept of it, and a packet. */
struct look {
	struct oracle_nic *n;
	int64_t off;
	int64_t end;
	uint8_t kept[SUITE_HDR_LEN];
	uint32_t nb_kept;
	const uint8_t *bytes;
	int64_t packet;         /* its first byte */
	const uint8_t *payload; /* the same */
	int64_t untried;        /* behind the headers that were there, in the packet */
	bool is_false;          /* its headers are none */
	struct oracle_question *asks;
};

static uint8_t
byte_at(const struct look *l, int64_t off)
{
	int64_t i = off - l->off;

	return i < l->nb_kept ? l->kept[i] : l->bytes[i - l->nb_kept];
}

static void
header_at(const struct look *l, int64_t off, uint8_t h[SUITE_HDR_LEN])
{
	for (int i = 0; i < SUITE_HDR_LEN; i++)
		h[i] = byte_at(l, off + i);
}

static void
tell(struct oracle_nic *n, const struct oracle_nic_event *ev)
{
	if (n->nb_events == ORACLE_EVENTS_MAX)
		abort();
	n->events[n->nb_events++] = *ev;
}

/* In front of what came since the last poll. */
static void
tell_next(struct oracle_nic *n, const struct oracle_nic_event *ev)
{
	tell(n, ev);
	for (uint32_t i = n->nb_events - 1; i > n->nb_left; i--)
		n->events[i] = n->events[i - 1];
	n->events[n->nb_left] = *ev;
}

/* What was asked is void. */
static void
drop_question(struct oracle_nic *n)
{
	n->scan.open = false;
	if (n->owed)
		tell(n, &(struct oracle_nic_event){ .type = ORACLE_EV_CANCEL });
	n->owed = false;
}

static void
ask(struct look *l, int64_t off)
{
	struct oracle_scan *s = &l->n->scan;

	s->asked = off;
	s->counted = 0;
	s->misled = false;
	s->since = 0;
	s->by_len = 0;
	s->open = true;
	*l->asks = (struct oracle_question){
		.is = true, .off = off, .from = off < l->packet ? off : l->packet, .to = l->end
	};
	l->n->questions++;
}

/* A header is at off. */
static void
follow_header(struct look *l, int64_t off, const uint8_t *h)
{
	struct oracle_scan *s = &l->n->scan;

	if (off >= l->untried)
		l->untried = off + 1;
	s->next = off + SUITE_HDR_LEN + oracle_body_len(h);
	s->counted++;
	s->misled = s->misled || l->is_false;
}

static void
search(struct look *l, int64_t from)
{
	struct oracle_scan *s = &l->n->scan;
	uint8_t h[SUITE_HDR_LEN];

	s->state = ORACLE_SCAN_SEARCHES;
	for (int64_t at = from; at + SUITE_HDR_LEN <= l->end; at++) {
		header_at(l, at, h);
		if (!oracle_is_header(l->n->known.suite, h))
			continue;
		s->state = ORACLE_SCAN_FOLLOWS;
		s->patience = AGAIN;
		ask(l, at);
		follow_header(l, at, h);
		return;
	}
}

/* What was followed is no record: all begins anew, with what the packet has, and was not tried. */
static void
restart(struct look *l)
{
	l->n->restarts++;
	if (l->asks->is && l->asks->off == l->n->scan.asked)
		l->asks->is = false;
	drop_question(l->n);
	l->nb_kept = 0;
	l->off = l->packet;
	l->bytes = l->payload;
	search(l, l->untried);
}

/* False: there is no more to be seen in it. */
static bool
follow(struct look *l)
{
	struct oracle_scan *s = &l->n->scan;
	int64_t at = s->next;
	bool later = !l->asks->is && !(l->n->owed && l->n->method == ORACLE_BY_SCAN_DELAYED);
	uint8_t h[SUITE_HDR_LEN];

	if (at + SUITE_HDR_LEN > l->end)
		return false;
	header_at(l, at, h);
	if (!oracle_is_header(l->n->known.suite, h)) {
		restart(l);
		return s->state == ORACLE_SCAN_FOLLOWS;
	}
	if (later && ++s->since == s->patience) {
		s->patience *= 2;
		ask(l, at);
	}
	follow_header(l, at, h);
	return true;
}

/* A packet in front of what is followed: does the stream go by that, by more than a record in a row? */
static bool
goes_by(struct oracle_nic *n, int64_t off, int64_t end)
{
	struct oracle_scan *s = &n->scan;

	if (s->next + s->have - end <= oracle_longest_record(n->known.suite)) {
		s->by_len = 0;
		return false;
	}
	if (off != s->by_end)
		s->by_len = 0;
	s->by_len += end - off;
	s->by_end = end;
	return s->by_len > oracle_longest_record(n->known.suite);
}

/* A host that has not heard of many yet is not asked: that is put off, as if it had just been asked. */
static void
ask_by_event(struct oracle_nic *n, struct oracle_question *asks)
{
	if (n->owed)
		abort(); /* one at a time */
	if (n->unheard_max != 0 && n->nb_events > n->unheard_max) {
		n->scan.open = false;
		n->scan.since = 0;
		asks->is = false;
		return;
	}
	n->owed = true;
	n->told = false;
	tell(n, &(struct oracle_nic_event){ .type = ORACLE_EV_START, .question = *asks });
}

static void
scan(struct oracle_nic *n, int64_t off, const uint8_t *bytes, uint32_t len, bool is_false,
     struct oracle_question *asks)
{
	struct oracle_scan *s = &n->scan;
	struct look l = { .n = n,
			  .off = off,
			  .end = off + len,
			  .bytes = bytes,
			  .packet = off,
			  .payload = bytes,
			  .untried = off,
			  .is_false = is_false,
			  .asks = asks };
	bool follows = s->state == ORACLE_SCAN_FOLLOWS, by = false;
	uint32_t keep;

	if (follows && l.end <= s->next + s->have) {
		by = goes_by(n, off, l.end);
		if (!by)
			return; /* in front of what it waits for */
	} else {
		s->by_len = 0;
	}
	if (follows && !by && s->have != 0 && off <= s->next + s->have) {
		/* It may overlap what is kept. */
		l.nb_kept = s->have;
		memcpy(l.kept, s->kept, s->have);
		l.bytes += s->next + s->have - off;
		l.off = s->next;
	} else if (!follows && s->have != 0 && s->end == off) {
		l.nb_kept = s->have;
		memcpy(l.kept, s->kept, s->have);
		l.off -= s->have;
	}
	if (!follows)
		search(&l, l.off);
	else if (by || s->next < l.off)
		restart(&l);
	while (s->state == ORACLE_SCAN_FOLLOWS && follow(&l))
		;
	/* A header may be cut. */
	keep = SUITE_HDR_LEN - 1;
	if (s->state == ORACLE_SCAN_FOLLOWS)
		keep = s->next < l.end ? (uint32_t)(l.end - s->next) : 0;
	if (keep > l.end - l.off)
		keep = (uint32_t)(l.end - l.off);
	for (uint32_t i = 0; i < keep; i++)
		s->kept[i] = byte_at(&l, l.end - keep + i);
	s->have = keep;
	s->end = l.end;
	if (asks->is && n->method == ORACLE_BY_SCAN_DELAYED)
		ask_by_event(n, asks);
}

uint32_t
oracle_nic_poll(struct oracle_nic *n, uint32_t asks_by, struct oracle_nic_event *out)
{
	uint32_t nb;

	if (n->owed && n->told && --n->polls_left == 0) {
		tell_next(n, &(struct oracle_nic_event){
				     .type = ORACLE_EV_END,
				     .question = { .off = n->scan.asked + asks_by },
			     });
		n->owed = false;
		n->scan.since = 0;
	}
	nb = n->nb_events < ORACLE_POLL_MAX ? n->nb_events : ORACLE_POLL_MAX;
	memcpy(out, n->events, nb * sizeof(*out));
	n->nb_events -= nb;
	n->nb_left = n->nb_events;
	memmove(n->events, n->events + nb, n->nb_left * sizeof(*out));
	if (n->owed && !n->told) {
		n->told = true;
		n->polls_left = n->polls;
	}
	return nb;
}

/* --- what it is told --------------------------------------------------------- */

void
oracle_nic_init(struct oracle_nic *n, const struct suite *suite, enum oracle_method method,
		uint32_t polls, oracle_truth *truth, void *arg)
{
	*n = (struct oracle_nic){ .known = { .suite = suite, .truth = truth, .arg = arg },
				  .method = method,
				  .polls = polls };
}

void
oracle_nic_start(struct oracle_nic *n, int64_t off, uint64_t rec_no, uint32_t unseen)
{
	n->started = true;
	n->unseen = unseen;
	n->late = 0;
	begin(n, off, rec_no, false);
}

/* Of a context that is gone nothing is told. */
void
oracle_nic_end(struct oracle_nic *n)
{
	n->started = false;
	n->owed = false;
	n->nb_events = n->nb_left = 0;
	n->place.known = false;
	n->scan = (struct oracle_scan){ 0 };
}

/* It has no memory of it any more. */
static void
lose(struct oracle_nic *n)
{
	drop_question(n);
	n->started = false;
	n->place.known = false;
	n->scan = (struct oracle_scan){ 0 };
}

/* What it sees that looks for headers: nothing else, each in front of another one, or of none. */
static const uint8_t *
false_headers(uint32_t len, uint32_t body)
{
	static uint8_t out[FRAME_MAX];
	const uint8_t hdr[SUITE_HDR_LEN] = { 23, 3, 3, (uint8_t)(body >> 8), (uint8_t)body };

	if (len > FRAME_MAX)
		abort();
	for (uint32_t i = 0; i < len; i++)
		out[i] = hdr[i % SUITE_HDR_LEN];
	return out;
}

static struct oracle_packet
look_at(struct oracle_nic *n, int64_t off, const uint8_t *bytes, uint32_t len,
	const struct oracle_mishap *m)
{
	struct oracle_packet r = { 0 };
	bool far, genuine = true;
	enum oracle_taken taken;

	n->seen_end = off + len;
	if (!n->started || !n->place.known)
		return r;
	taken = oracle_place_take(&n->known, &n->place, &n->runs, off, bytes, len, m->refused,
				  &genuine);
	if (taken == ORACLE_TAKEN_WHOLE) {
		r.run = n->place.run;
		r.wrong = !genuine;
	}
	far = off + len > n->place.off + oracle_longest_record(n->known.suite);
	n->far += far;
	if (taken != ORACLE_TAKEN_NOT ||
	    (n->method != ORACLE_BY_SCAN && n->method != ORACLE_BY_SCAN_DELAYED))
		return r;
	if (m->false_body != 0)
		bytes = false_headers(len, m->false_body);
	if (far || n->scan.state == ORACLE_SCAN_FOLLOWS)
		scan(n, off, bytes, len, m->false_body != 0, &r.asks);
	r.asks.off += m->asks_by;
	return r;
}

bool
oracle_nic_sees(const struct oracle_nic *n)
{
	return n->started && n->unseen == 0;
}

static enum oracle_told hear(struct oracle_nic *n, int64_t off, uint64_t rec_no, bool wrong);

struct oracle_packet
oracle_nic_packet(struct oracle_nic *n, int64_t off, const uint8_t *bytes, uint32_t len,
		  const struct oracle_mishap *m)
{
	struct oracle_packet r = { 0 };

	if (len == 0)
		return r;
	if (n->started && n->unseen != 0) {
		n->unseen -= n->unseen != ORACLE_NEVER_SEEN;
		return r;
	}
	if (m->lost) {
		lose(n);
		return r;
	}
	if (n->started && n->late != 0 && --n->late == 0)
		(void)hear(n, n->late_off, n->late_no, n->late_wrong);
	return m->passed ? r : look_at(n, off, bytes, len, m);
}

/* Is it in step, with this record as the one to come? */
static bool
stands_at(const struct oracle_nic *n, int64_t off, uint64_t rec_no)
{
	const struct oracle_place *p = &n->place;

	return p->known && ((p->off == off && p->rec_off == off && p->rec_no == rec_no) ||
			    (p->rec_end == off && p->rec_no + 1 == rec_no));
}

/* Has it come by itself to where the answer leads: what was missing came late? */
static bool
came_there(const struct oracle_nic *n, const struct oracle_scan *s, uint64_t rec_no)
{
	const struct oracle_place *p = &n->place;

	if (p->off > s->next + s->have || stands_at(n, s->next, rec_no + s->counted))
		return true;
	/* In the record that was asked about, or behind it. In front of that one it would wait for what went by. */
	if (p->rec_off == s->asked && p->rec_no == rec_no)
		return p->off > s->asked;
	return p->verified >= s->asked && p->off != s->asked;
}

static enum oracle_told
hear(struct oracle_nic *n, int64_t off, uint64_t rec_no, bool wrong)
{
	struct oracle_scan *s = &n->scan, was = *s;

	if (!n->started)
		return ORACLE_TOLD_STALE;
	if (s->state == ORACLE_SCAN_FOLLOWS && s->open && s->asked == off) {
		drop_question(n);
		*s = (struct oracle_scan){ 0 };
		if (came_there(n, &was, rec_no))
			return ORACLE_TOLD_KNOWN;
		begin(n, was.next, rec_no + was.counted, wrong || was.misled);
		(void)oracle_place_step(&n->known, &n->place, was.kept, was.have, false);
		return ORACLE_TOLD_ANSWER;
	}
	if (off < n->seen_end)
		return ORACLE_TOLD_STALE;
	drop_question(n);
	if (stands_at(n, off, rec_no))
		return ORACLE_TOLD_KNOWN;
	begin(n, off, rec_no, wrong);
	return ORACLE_TOLD_HINT;
}

enum oracle_told
oracle_nic_told(struct oracle_nic *n, int64_t off, uint64_t rec_no, const struct oracle_hears *how)
{
	uint64_t heard_no = rec_no + how->wrong;

	if (how->never || !n->started)
		return ORACLE_TOLD_STALE;
	if (how->late != 0) {
		n->late = how->late;
		n->late_off = off;
		n->late_no = heard_no;
		n->late_wrong = how->wrong;
		if (!how->twice)
			return ORACLE_TOLD_STALE;
	}
	return hear(n, off, heard_no, how->wrong);
}

bool
oracle_nic_in_step(const struct oracle_nic *n)
{
	return n->started && n->place.known && n->place.off >= n->seen_end;
}
