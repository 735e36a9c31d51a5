/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The stack: TCP keeps what came first, the framer goes through it in order, each record is judged
 * when it is complete. lib/core/resync.c is told what doc/resync.md says, and what it wants is done.
 */
#ifndef MODELS_RX_STACK_H
#define MODELS_RX_STACK_H

/* lib/core/resync.c has sequences modulo 2^32, and asks for differences only. */
static uint32_t
to_tcp(uint8_t seq)
{
	return (uint32_t)seq_diff(seq, 0);
}

static uint8_t
from_tcp(uint32_t seq)
{
	return (uint8_t)(((int32_t)seq % CELLS + CELLS) % CELLS);
}

static void
act(struct model *m, struct resync_action a)
{
	uint8_t seq = from_tcp(a.seq), no = a.rec_no % NUMBERS;

	switch (a.what) {
	case RESYNC_ANSWER:
		if (fault == NEWEST_NUMBER)
			no = m->rec_len == 0 ? NUMBERS - 1 : 0;
		break;
	case RESYNC_HINT:
	case RESYNC_HINT_INSTEAD:
		if (fault == NO_HINT)
			return;
		break;
	case RESYNC_REFUSED:
		if (m->rude == 0)
			breaks(m, ENDED);
		return;
	case RESYNC_NOTHING:
	case RESYNC_CANCELLED:
	case RESYNC_REPLACED:
		return;
	}
	if (fault == NO_ANSWER)
		return;
	if (!m->poisoned && seq != no * RECORD)
		breaks(m, TRUE_WORD);
	m->told = 1;
	m->told_seq = seq;
	m->told_no = no;
}

/* Only differences count: of numbers, and behind the longest interval of counts. */
static void
tidy(struct resync *r)
{
	r->first_no %= NUMBERS;
	if (r->untouched >= 2 * RESYNC_HINT_INTERVAL) {
		r->untouched -= RESYNC_HINT_INTERVAL;
		if (r->hint_at > RESYNC_HINT_INTERVAL)
			r->hint_at -= RESYNC_HINT_INTERVAL;
	}
	/* What is not read any more. */
	if (r->state != RESYNC_STARTED) {
		r->len = 0;
		r->logged = 0;
		r->since = 0;
	}
	if (r->state == RESYNC_IDLE || r->state == RESYNC_FULL)
		r->seq = 0;
	if (r->since == 0)
		r->last = 0;
	if (r->logged == 0)
		r->first_no = 0;
	for (int i = r->logged; i < RESYNC_LOG_MAX; i++)
		r->log[i] = 0;
}

/*
 * Runs are numbered as they come in the queue. A mark by which no record can be taken is like any
 * other such one.
 */
static void
tidy_marks(struct model *m)
{
	uint8_t names[CELLS + 3] = { 0 }, next = 1;

	for (int i = 0; i < CELLS; i++) {
		struct cell *c = &m->queue[i];
		bool lost = c->no != i / RECORD || c->start != i / RECORD * RECORD;

		if (c->run == 0)
			continue;
		if (lost && fault == NO_FAULT)
			*c = (struct cell){ c->holds, CELLS + 2, CELLS + 2, NUMBERS, 0 };
		if (c->real == CELLS + 2)
			continue;
		if (names[c->real] == 0)
			names[c->real] = next++;
		if (fault != SAME_RUN)
			c->run = c->real = names[c->real];
	}
	if (fault != SAME_RUN) {
		if (names[m->d.at.real] == 0)
			names[m->d.at.real] = next;
		m->d.at.run = m->d.at.real = names[m->d.at.real];
	}
}

static void
event(struct model *m, enum resync_event_type type, uint8_t seq, uint8_t len, uint8_t no)
{
	struct resync_event ev = { .type = type, .seq = to_tcp(seq), .len = len, .rec_no = no };

	note_row(&m->r, &ev);
	act(m, resync_step(&m->r, &ev));
	tidy(&m->r);
}

static uint32_t
back_in_tcp(uint32_t seq)
{
	return to_tcp(seq_add(from_tcp(seq), -RECORD));
}

/* So far behind that it would soon come round: with 2^32 numbers nothing does. */
static bool
is_old(uint8_t seq)
{
	return seq_diff(seq, 0) < RECORD - CELLS / 3;
}

static void
track_back(struct track *t)
{
	if (t->lost || is_old(t->expected)) {
		*t = (struct track){ .run = t->run, .real = t->real, .lost = 1 };
		return;
	}
	t->expected = seq_add(t->expected, -RECORD);
	t->no = no_add(t->no, -1);
	if (t->len != 0)
		t->start = seq_add(t->start, -RECORD);
	if (t->crossed != 0)
		t->crossed = (uint8_t)(no_add(t->crossed - 1, -1) + 1);
}

/* Everything moves one record down: the next one is number 0, at 0. */
static void
next_record(struct model *m)
{
	struct device *d = &m->d;

	for (int i = 0; i < CELLS; i++) {
		struct cell *c = &m->queue[i];

		*c = i + RECORD < CELLS ? m->queue[i + RECORD] : (struct cell){ .holds = EMPTY };
		if (c->holds < CELLS)
			c->holds = seq_add(c->holds, -RECORD);
		if (c->run != 0 && c->no < NUMBERS) {
			c->no = no_add(c->no, -1);
			c->start = seq_add(c->start, -RECORD);
		}
	}
	m->edge = 0;
	m->rec_len = 0;
	m->sent = seq_add(m->sent, -RECORD);
	track_back(&d->at);
	d->last = seq_add(d->last, -RECORD);
	if (d->following && (is_old(d->next) || is_old(d->asked)))
		stop_following(m);
	if (d->following) {
		d->next = seq_add(d->next, -RECORD);
		d->asked = seq_add(d->asked, -RECORD);
	}
	for (int i = 0; i < m->nb_up; i++)
		m->up[i].seq = seq_add(m->up[i].seq, -RECORD);
	if (m->told && is_old(m->told_seq))
		m->told = m->told_seq = m->told_no = 0; /* packets of it went by */
	if (m->told) {
		m->told_seq = seq_add(m->told_seq, -RECORD);
		m->told_no = no_add(m->told_no, -1);
	}
	m->r.seq = back_in_tcp(m->r.seq);
	m->r.last = back_in_tcp(m->r.last);
	m->r.first_no += NUMBERS - 1;
	for (int i = 0; i < m->r.logged; i++)
		m->r.log[i] = back_in_tcp(m->r.log[i]);
	tidy(&m->r);
}

static bool
is_of_record(const struct cell *c)
{
	return c->no == 0 && c->start == 0;
}

static bool
vouched_for(const struct model *m)
{
	const struct cell *first = &m->queue[0];

	for (int i = 0; i < m->rec_len; i++) {
		const struct cell *c = &m->queue[i];

		if (c->run == 0 || (c->run != first->run && fault != ANY_RUN) || c->no != 0 ||
		    (c->start != 0 && fault != ANY_START))
			return false;
	}
	return true;
}

/* What AUTHENTIC means, from what really happened to each cell. */
static bool
is_authentic(const struct model *m)
{
	for (int i = 0; i < RECORD; i++) {
		const struct cell *c = &m->queue[i];

		if (c->holds != i || c->no != 0 || c->start != 0 || c->real == 0 ||
		    c->real != m->queue[0].real)
			return false;
	}
	return true;
}

static bool
is_genuine(const struct model *m)
{
	for (int i = 0; i < m->rec_len; i++)
		if (m->queue[i].holds != i)
			return false;
	return m->rec_len == RECORD;
}

/* The record at the edge is complete. */
static void
judge(struct model *m)
{
	bool opened = vouched_for(m), touched = false;

	/* Marks that name another record are those of a device that is out of step. */
	for (int i = 0; i < m->rec_len; i++)
		touched = touched || (m->queue[i].run != 0 &&
				      (is_of_record(&m->queue[i]) || fault == ANY_TOUCH));
	if (opened && !is_authentic(m))
		breaks(m, AUTHENTIC);
	if (!opened && !is_genuine(m))
		m->dead = 1;
	event(m, touched ? RESYNC_TOUCHED : RESYNC_UNTOUCHED, 0, 0, 0);
	if (m->calm && m->judged >= in_step_within && !opened && !m->dead)
		breaks(m, IN_STEP);
	m->judged = (uint8_t)(m->judged + m->calm);
	next_record(m);
}

static void
frame(struct model *m)
{
	while (!m->dead && m->queue[m->edge].holds != EMPTY) {
		uint8_t holds = m->queue[m->edge].holds;

		if (holds != m->edge)
			m->poisoned = 1;
		if (m->rec_len == 0) {
			m->rec_len = header_len(holds);
			if (m->rec_len == 0) {
				m->dead = 1;
				return;
			}
			event(m, RESYNC_HEADER, m->edge, 0, 0);
		}
		m->edge++;
		if (m->edge == m->rec_len)
			judge(m);
	}
}

/* TCP keeps what came first. */
static bool
is_wanted(const struct model *m, uint8_t seq)
{
	int at = seq_diff(seq, m->edge);

	return at >= 0 && at < WINDOW && m->queue[seq].holds == EMPTY;
}

static void
tcp_packet(struct model *m, struct packet *p)
{
	bool whole = true, wanted[SEGMENT] = { false };

	for (int i = 0; i < p->len; i++) {
		wanted[i] = is_wanted(m, seq_add(p->seq, i));
		whole = whole && wanted[i];
	}
	if (!whole && fault != PART)
		unmark(p);
	for (int i = 0; i < p->len; i++) {
		struct cell *c = &m->queue[seq_add(p->seq, i)];
		uint8_t had = c->holds;

		if (wanted[i] || (fault == PART && had != EMPTY && p->marked))
			*c = p->cell[i];
		if (!wanted[i])
			c->holds = had;
	}
	frame(m);
}

static void
events_come(struct model *m)
{
	for (int i = 0; i < m->nb_up; i++)
		event(m, (enum resync_event_type)m->up[i].type, m->up[i].seq, m->up[i].len, 0);
	m->nb_up = 0;
	memset(m->up, 0, sizeof(m->up));
}

static void
stack_packet(struct model *m, struct packet *p)
{
	if (p->asks)
		event(m, RESYNC_REQUEST, p->asked, 0, 0);
	if (p->way != DEVICE_ONLY) {
		tcp_packet(m, p);
		return;
	}
	for (int i = 0; i < p->len && fault == REFUSED_HEADER; i++)
		if (header_len(p->cell[i].holds) != 0 && seq_diff(seq_add(p->seq, i), m->edge) > 0)
			event(m, RESYNC_HEADER, seq_add(p->seq, i), 0,
			      (uint8_t)(((seq_add(p->seq, i) + RECORD - 1) / RECORD) % NUMBERS));
}

/* Nothing waits behind a gap. */
static bool
is_quiet(const struct model *m)
{
	for (int i = m->edge; i < CELLS; i++)
		if (m->queue[i].holds != EMPTY)
			return false;
	return true;
}

/* The next record that has not begun to arrive. */
static void
quiet(struct model *m)
{
	event(m, RESYNC_QUIET, m->rec_len, 0, m->rec_len == 0 ? 0 : 1);
}

#endif
