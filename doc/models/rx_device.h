/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The device, by doc/offload-contract.md. Its track keeps its place until it knows a better one; what
 * lies more than a record beyond goes to the scanner:
 *
 *   SEARCHING --a header?--> FOLLOWING, asks --answer--> the track begins at the next header
 *       ^                        |
 *       +--no header in its place, or a gap over it
 */
#ifndef MODELS_RX_DEVICE_H
#define MODELS_RX_DEVICE_H

static void
tell_stack(struct model *m, enum resync_event_type type, uint8_t seq, uint8_t len)
{
	m->up[m->nb_up++] = (struct up){ (uint8_t)type, seq, len };
}

/* ENDED, seen from outside: what the device sends. */
static void
owe(struct model *m, bool begins)
{
	if (m->d.owes == begins)
		breaks(m, ENDED);
	m->d.owes = begins;
}

static void
cancel(struct model *m)
{
	if (fault == NO_CANCEL || (!m->d.owes && (fault != TWO_ENDS || method != DELAYED)))
		return;
	tell_stack(m, RESYNC_CANCEL, 0, 0);
	owe(m, false);
}

static void
stop_following(struct model *m)
{
	if (!m->d.following)
		return;
	cancel(m);
	m->d.following = 0;
	m->d.next = m->d.asked = m->d.counted = 0;
	m->d.at.crossed = 0;
}

static void
ask(struct model *m, struct packet *p, uint8_t seq)
{
	struct device *d = &m->d;

	if (method == DELAYED) {
		if (d->owes && fault != NO_CANCEL)
			return;
		tell_stack(m, RESYNC_START, p->seq, p->len);
		owe(m, true);
	} else {
		p->asks = true;
		p->asked = seq;
	}
	d->asked = seq;
	d->counted = 0;
	d->at.crossed = 0;
}

/* The header at hand, where one is expected. */
static void
follow(struct model *m, struct packet *p, uint8_t len)
{
	struct device *d = &m->d;
	uint8_t seq = d->next;

	d->next = seq_add(seq, len);
	d->counted++;
	if (d->counted > ASKS_AGAIN)
		ask(m, p, seq);
	if (d->counted >= NUMBERS)
		d->counted = 0; /* numbers are modulo this */
}

/* False: there is no header where one was expected, or the packet went over that place. */
static bool
follows(struct model *m, struct packet *p)
{
	struct device *d = &m->d;
	int at = seq_diff(d->next, p->seq);

	if (at < 0)
		return seq_diff(seq_add(p->seq, p->len), d->next) <= 0;
	for (; at < p->len; at = seq_diff(d->next, p->seq)) {
		uint8_t len = header_len(p->cell[at].holds);

		if (len == 0)
			return false;
		follow(m, p, len);
	}
	return true;
}

static void
scan(struct model *m, struct packet *p)
{
	struct device *d = &m->d;

	if (d->following) {
		if (follows(m, p))
			return;
		stop_following(m);
	}
	for (int i = 0; i < p->len; i++) {
		uint8_t len = header_len(p->cell[i].holds);

		if (len == 0)
			continue;
		d->following = 1;
		d->next = seq_add(p->seq, i + len);
		ask(m, p, seq_add(p->seq, i));
		if (follows(m, p))
			return;
		stop_following(m);
		p->asks = false;
	}
}

static uint8_t
free_run(const struct model *m)
{
	uint8_t run = 1;

	for (int i = 0; i < CELLS; i++)
		if (m->queue[i].run == run || m->queue[i].real == run) {
			run++;
			i = -1;
		}
	return run;
}

/* A record is to begin at seq. */
static void
begin(struct model *m, uint8_t seq, uint8_t no)
{
	m->d.at = (struct track){ .expected = seq,
				  .no = no,
				  .run = m->d.at.run,
				  .real = m->d.at.real,
				  .crossed = m->d.at.crossed };
	if (m->d.following && seq == m->d.asked)
		m->d.at.crossed = (uint8_t)(no + 1);
}

static void
new_run(struct model *m, bool told)
{
	m->d.at.real = free_run(m);
	if (!told || fault != SAME_RUN || m->d.at.run == 0)
		m->d.at.run = m->d.at.real;
}

/* The cells of p from the i-th on; false: something in them fails. */
static bool
walk(struct model *m, struct packet *p, int i)
{
	struct track *t = &m->d.at;

	for (; i < p->len; i++) {
		struct cell *c = &p->cell[i];
		uint8_t off = 0;

		if (t->len == 0) {
			t->len = header_len(c->holds);
			if (t->len == 0)
				return false;
			t->start = t->expected;
			t->authentic = 1;
		} else {
			off = seq_add(t->expected, -t->start);
		}
		if (c->holds != seq_add((uint8_t)(t->no * RECORD), off))
			t->authentic = 0;
		c->run = t->run;
		c->real = t->real;
		c->no = t->no;
		c->start = t->start;
		t->expected = seq_add(t->expected, 1);
		if (off + 1 == t->len) {
			if (!t->authentic)
				return false;
			begin(m, t->expected, no_add(t->no, 1));
		}
	}
	return true;
}

static void
unmark(struct packet *p)
{
	for (int i = 0; i < p->len; i++)
		p->cell[i] = (struct cell){ .holds = p->cell[i].holds };
}

/* Does the track take it? Then the packet is marked where all of it was opened in one run. */
static bool
track_takes(struct model *m, struct packet *p)
{
	struct track *t = &m->d.at, before = *t;
	int ahead = seq_diff(p->seq, t->expected), skip = -ahead;

	if (t->lost)
		return false;
	if (ahead > 0) {
		skip = seq_diff(seq_add(t->start, t->len), p->seq);
		if (t->len == 0 || skip < 0 || skip > p->len)
			return false;
		begin(m, seq_add(t->start, t->len), no_add(t->no, 1));
		new_run(m, false);
	} else if (skip >= p->len) {
		return false;
	}
	if (!walk(m, p, skip)) {
		*t = before;
		unmark(p);
		return true;
	}
	if (skip != 0)
		unmark(p);
	p->marked = skip == 0;
	return true;
}

static void
device_packet(struct model *m, struct packet *p)
{
	struct device *d = &m->d;
	int ahead = seq_diff(p->seq, d->at.expected);
	bool far = d->at.lost || (ahead > 0 && ahead + p->len > LONGEST);
	bool taken = track_takes(m, p);

	if (method != STACK_DRIVEN && !taken && (d->following || far))
		scan(m, p);
	d->last = seq_add(p->seq, p->len);
}

/* DELAYED: it has looked long enough. */
static bool
device_can_end(const struct model *m)
{
	return m->d.owes && m->d.following && m->nb_up < EVENTS;
}

static void
device_ends(struct model *m)
{
	tell_stack(m, RESYNC_END, m->d.asked, 0);
	owe(m, false);
}

static void
starts_at(struct model *m, uint8_t seq, uint8_t no)
{
	begin(m, seq, no);
	new_run(m, true);
	stop_following(m);
	if (!m->forged && !m->poisoned && seq != no * RECORD)
		breaks(m, TRUE_PLACE);
}

static bool
is_in_step_at(const struct device *d, uint8_t seq, uint8_t no)
{
	const struct track *t = &d->at;

	if (t->lost)
		return false;
	if (t->len != 0)
		return seq_add(t->start, t->len) == seq &&
		       (no_add(t->no, 1) == no || fault == SAME_PLACE);
	return t->expected == seq && (t->no == no || fault == SAME_PLACE);
}

/* Does it expect the stream's next cell, as a part of the record that it is? */
static bool
is_at_edge(const struct model *m)
{
	const struct track *t = &m->d.at;

	return !t->lost && t->expected == m->edge &&
	       (t->len == 0 ? m->rec_len == 0 && t->no == 0 :
			      t->authentic && t->start == 0 && t->no == 0 && t->len == m->rec_len);
}

/* rx_resync(). */
static void
take_word(struct model *m)
{
	struct device *d = &m->d;
	uint8_t seq = m->told_seq, no = m->told_no;

	m->told = m->told_seq = m->told_no = 0;
	if (seq_diff(seq, d->last) >= 0 && is_in_step_at(d, seq, no)) {
		stop_following(m);
	} else if (d->following && seq == d->asked) {
		/* What was missing came: the track has begun that record there itself. */
		if (fault != ANY_ANSWER && d->at.crossed == no + 1)
			stop_following(m);
		else
			starts_at(m, d->next, no_add(no, 1 + (fault == NO_COUNT ? 0 : d->counted)));
	} else if (seq_diff(seq, d->last) >= 0) {
		starts_at(m, seq, no);
	} /* else packets of it went by */
}

static void
device_told(struct model *m)
{
	bool was_in_step = is_at_edge(m);
	const struct track *t = &m->d.at;

	take_word(m);
	/* A place further on costs what lies in front of it. */
	if (was_in_step && !m->poisoned && t->len == 0 && t->expected != t->no * RECORD)
		breaks(m, UNHARMED);
}

#endif
