/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What may happen when, and what a search says in the end. */
#ifndef MODELS_RX_WORLD_H
#define MODELS_RX_WORLD_H

static const char *const claim_words[] = { [ALL] = "ALL",
					   [AUTHENTIC] = "AUTHENTIC",
					   [ENDED] = "ENDED",
					   [TRUE_WORD] = "TRUE_WORD",
					   [TRUE_PLACE] = "TRUE_PLACE",
					   [UNHARMED] = "UNHARMED",
					   [IN_STEP] = "IN_STEP" };
static const char *const fault_words[] = { [NO_FAULT] = "",
#define FAULT_WORD(name) [name] = #name,
					   FAULTS(FAULT_WORD) };
static const char *const method_words[] = {
	[IMMEDIATE] = "IMMEDIATE", [DELAYED] = "DELAYED", [STACK_DRIVEN] = "STACK_DRIVEN"
};

static enum claim broken;

static void
say(void)
{
	print_rows();
	printf("claim: %s\n", claim_words[broken]);
}

static int
setting(const char *name)
{
	const char *value = getenv(name);

	return value == NULL ? 0 : atoi(value);
}

static unsigned int
setting_of(const char *name, const char *const words[], unsigned int nb)
{
	const char *value = getenv(name);
	unsigned int i = 0;

	while (value != NULL && i < nb && strcmp(value, words[i]) != 0)
		i++;
	if (i == nb) {
		printf("%s is not %s\n", name, value);
		exit(2);
	}
	return i;
}

static void
world_begin(struct model *m)
{
	static bool first = true;

	method = (enum method)setting_of("METHOD", method_words, COUNT(method_words));
	fault = (enum fault)setting_of("FAULT", fault_words, COUNT(fault_words));
	claim = (enum claim)setting_of("CLAIM", claim_words, COUNT(claim_words));
	rude = setting("RUDE");
	forgets = setting("FORGETS");
	forger = setting("FORGER");
	disorder = setting("DISORDER");
	calms = setting("CALM");
	traces = setting("TRACE");
	if (first)
		atexit(say);
	first = false;
	memset(m, 0, sizeof(*m));
	for (int i = 0; i < CELLS; i++)
		m->queue[i].holds = EMPTY;
	m->d.at.run = m->d.at.real = 1;
	resync_init(&m->r);
	tidy(&m->r);
}

static void
show(const struct model *m)
{
	const struct device *d = &m->d;

	if (!traces)
		return;
	printf("  edge %d sent %d len %d queue", m->edge, m->sent, m->rec_len);
	for (int i = 0; i < CELLS; i++)
		if (m->queue[i].holds != EMPTY)
			printf(" %d:%d/%d.%d@%d", i, m->queue[i].holds, m->queue[i].run,
			       m->queue[i].no, m->queue[i].start);
	printf(" | at %d no %d %d+%d %s | %s next %d asked %d +%d owes %d last %d | up %d told %d:%d.%d | %s "
	       "untouched %d at %d%s\n",
	       d->at.expected, d->at.no, d->at.start, d->at.len, d->at.authentic ? "" : "lie",
	       d->following ? "follows" : "-", d->next, d->asked, d->counted, d->owes, d->last,
	       m->nb_up, m->told, m->told_seq, m->told_no, state_words[m->r.state],
	       (int)m->r.untouched, (int)m->r.hint_at, m->calm ? " calm" : "");
}

static bool
is_broken(const struct model *m)
{
	show(m);
	if (m->broken != ALL)
		broken = (enum claim)m->broken;
	return m->broken != ALL;
}

static bool
lives(const struct model *m)
{
	return !m->dead && m->broken == ALL;
}

static bool
may_packet(const struct model *m)
{
	return lives(m) && !m->calm && m->nb_up <= EVENTS - 3;
}

static bool
may_forge(const struct model *m)
{
	return may_packet(m) && m->forged < forger;
}

static bool
may_events(const struct model *m)
{
	return lives(m) && !m->calm && m->nb_up > 0;
}

static bool
may_quiet(const struct model *m)
{
	return lives(m) && !m->calm && is_quiet(m) && !m->told;
}

/* A device, or who speaks for it, says what it must not. */
static void
says_anything(struct model *m, enum resync_event_type type, int at)
{
	if (m->rude == rude)
		return;
	m->rude++;
	event(m, type, seq_add(m->edge, at - 1), SEGMENT, 0);
}

/* The context ends, and another one begins where nothing has arrived. */
static void
forget(struct model *m)
{
	if (m->forgot == forgets)
		return;
	m->forgot++;
	m->nb_up = 0;
	memset(m->up, 0, sizeof(m->up));
	m->told = m->told_seq = m->told_no = 0;
	m->d = (struct device){ .last = m->edge };
	begin(m, m->rec_len, m->rec_len == 0 ? 0 : 1);
	new_run(m, false);
	event(m, RESYNC_FORGET, 0, 0, 0);
	tidy_marks(m);
}

static bool
may_calm(const struct model *m)
{
	return lives(m) && calms && !m->calm;
}

static void
packet_moves(struct model *m, struct packet *p, bool events_first)
{
	if (traces)
		printf("packet %d+%d (%d %d) way %d%s\n", p->seq, p->len, p->cell[0].holds,
		       p->cell[p->len - 1].holds, p->way, events_first ? ", behind events" : "");
	if (p->way != STACK_ONLY)
		device_packet(m, p);
	if (events_first)
		events_come(m);
	stack_packet(m, p);
	tidy_marks(m);
	if (seq_diff(m->sent, m->edge) < 0)
		m->sent = m->edge; /* by a forger's word */
}

static void
genuine(struct model *m, uint8_t seq, int len, bool events_first)
{
	struct packet p = { .seq = seq, .len = (uint8_t)len, .way = BOTH };

	for (int i = 0; i < len; i++)
		p.cell[i].holds = seq_add(seq, i);
	packet_moves(m, &p, events_first);
}

/* Events come with the packet that caused them, or with the next one. */
static bool
must_wait(const struct model *m, bool events_first)
{
	return m->nb_up > 0 && !events_first;
}

/* The peer sends; lost: nobody sees it. */
static void
send_new(struct model *m, int len, bool lost, bool events_first)
{
	uint8_t seq = m->sent;

	if (seq_diff(seq, m->edge) + len > WINDOW || (lost && m->disorder == disorder) ||
	    must_wait(m, events_first))
		return;
	m->sent = seq_add(seq, len);
	if (lost)
		m->disorder++;
	else
		genuine(m, seq, len, events_first);
}

/* What TCP misses first. */
static void
send_again(struct model *m, int len, bool events_first)
{
	if (seq_diff(m->sent, m->edge) >= len && !must_wait(m, events_first))
		genuine(m, m->edge, len, events_first);
}

/* What was sent, at any time: late, or twice. Two cells in front of the edge is 0. */
static void
come_late(struct model *m, int at, int len, bool events_first)
{
	uint8_t seq = seq_add(m->edge, at - 2);

	if (seq_diff(m->sent, seq) < len || m->disorder == disorder || must_wait(m, events_first))
		return;
	m->disorder++;
	genuine(m, seq, len, events_first);
}

/* What the cells of a forged packet are; RIGHT: what belongs there; NEXT: there in the next record. */
enum { RIGHT, NEXT, MADE }; /* MADE and more: TINY and what follows it */

static const struct {
	uint8_t len, kind[SEGMENT];
} forgeries[] = {
	{ 1, { RIGHT } },
	{ 1, { NEXT } },
	{ 1, { MADE + SHORT } },
	{ 1, { MADE + LONG } },
	{ 1, { MADE + JUNK } },
	{ 2, { RIGHT, RIGHT } },
	{ 2, { NEXT, NEXT } },
	{ 2, { MADE + SHORT, RIGHT } },
	{ 2, { MADE + LONG, RIGHT } },
	{ 2, { MADE + JUNK, RIGHT } },
	{ 2, { RIGHT, NEXT } },
	{ 2, { RIGHT, MADE + SHORT } },
	{ 2, { RIGHT, MADE + LONG } },
	{ 2, { MADE + TINY, MADE + SHORT } },
};

static void
forged(struct model *m, int at, int way, int what)
{
	struct packet p = { .seq = seq_add(m->edge, at - 2),
			    .len = forgeries[what].len,
			    .way = (uint8_t)way };

	for (int i = 0; i < p.len; i++) {
		uint8_t kind = forgeries[what].kind[i], right = seq_add(p.seq, i);

		p.cell[i].holds = kind == RIGHT ? right :
				  kind == NEXT  ? seq_add(right, RECORD) :
						  (uint8_t)(kind - MADE);
	}
	m->forged++;
	packet_moves(m, &p, m->nb_up > 0);
}

static bool
may_calm_step(const struct model *m)
{
	return lives(m) && m->calm && m->judged <= in_step_within;
}

/* Nothing is lost, late or forged any more, and what is on its way comes. */
static void
calm_step(struct model *m, int cells)
{
	struct packet p = { .seq = m->edge };

	if (m->told) {
		device_told(m);
	} else if (m->nb_up > 0) {
		events_come(m);
	} else if (m->d.owes && m->d.following) {
		device_ends(m);
	} else if (is_quiet(m) && resync_due(&m->r)) {
		quiet(m);
	} else {
		m->sent = m->edge;
		p.cell[0].holds = p.seq;
		p.len = 1;
		if (cells == 2 && m->queue[m->edge + 1].holds == EMPTY) {
			p.cell[1].holds = seq_add(p.seq, 1);
			p.len = 2;
		}
		packet_moves(m, &p, false);
	}
}

static bool
is_over(const struct model *m)
{
	return !lives(m) || (m->calm && m->judged > in_step_within);
}

/* In rx.pml an expression may call nothing. */
#define HOLDS_ALL      (!is_broken(&now.m))
#define MAY_PACKET     may_packet(&now.m)
#define MAY_TELL       (now.m.told != 0 && now.m.nb_up < EVENTS && lives(&now.m) && !now.m.calm)
#define MAY_FORGE      may_forge(&now.m)
#define MAY_EVENTS     may_events(&now.m)
#define MAY_QUIET      may_quiet(&now.m)
#define MAY_CALM       may_calm(&now.m)
#define MAY_CALM_STEP  may_calm_step(&now.m)
#define DEVICE_CAN_END (device_can_end(&now.m) && lives(&now.m) && !now.m.calm)
#define IS_OVER        is_over(&now.m)

#endif
