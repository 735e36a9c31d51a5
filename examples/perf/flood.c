/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "flood.h"

#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "common/say.h"
#include "flood_clients.h"
#include "flood_report.h"
#include "flood_server.h"
#include "inside/crowd.h"
#include "phase.h"

enum {
	WAY_US = 5000, /* to those who come: the round trip is twice as long */
	SNDBUF = 256 << 10,
	RCVBUF = 512 << 10,
	WIRE_MBUFS = 16384,
	SPARE_SOCKS = 64,
	TIME_WAIT_US = 100000,
	PATIENCE_US = 5000000,
	SECOND_US = 1000000,
	SPANS = 300,      /* of the time that is asked for */
	PACED_LONGER = 2, /* as paced bytes go in bursts, and an idle host's time costs little */
	SLICES = 10,      /* of a span, at most a millisecond each */
	SLICE_MAX_US = 1000,
	CLEAN_PART = 4, /* of a span must be left without interruptions */
	SPAN_MIN_US = 10000,
	SPAN_MAX_US = 25000,
	IDLE_US = 2, /* a turn of the host in which nothing was done takes so long */
	PAIRS = 20,  /* of slices in a round, without and with the flood */
	PAIR_US = 2000,
	PAIR_SETTLE_US = 500,
	LONG_US = 50 /* a turn: did the kernel take the CPU away? */
};

/*
 * The time that counts is the host's: it stands still while others take their turns, as if these had
 * cores of their own that are never too slow, and while the kernel has the CPU.
 */
struct flood {
	const struct options *o;
	struct link link;
	struct rtls_port *line; /* the far end of the cable */
	struct crowd *crowd;
	struct flood_clients *clients;
	struct flood_server *server;
	uint64_t start_tsc;
	uint64_t passed; /* cycles of that time since then */
	uint64_t interruptions;
	uint64_t usual[2]; /* cycles of a turn of the host, and of the others */
	uint64_t broken;   /* turns that count, from which the kernel took the CPU away */
	uint64_t due;      /* SYNs, in parts of the TSC's rate */
	bool flooded;
	bool turned; /* the flood comes first */
	struct flood_figures figures;
};

static uint64_t
now_us(const struct flood *f)
{
	return link_now_us(f->start_tsc + f->passed);
}

static uint64_t
cycles_of(uint64_t us)
{
	return rte_get_tsc_hz() / SECOND_US * us;
}

/* What a turn took; from which the kernel took the CPU away: what the last one did from which not. */
static uint64_t
spent_since(struct flood *f, uint64_t before, uint64_t *usual, uint64_t *broken)
{
	uint64_t cycles = rte_rdtsc() - before, interruptions;

	if (cycles >= cycles_of(LONG_US)) {
		interruptions = phase_interruptions();
		if (interruptions != f->interruptions) {
			f->interruptions = interruptions;
			++*broken;
			return RTE_MIN(cycles, *usual);
		}
	}
	*usual = cycles;
	return cycles;
}

static void
forge(struct flood *f, uint64_t spent, struct flood_work *w, uint64_t *lost)
{
	uint32_t n, taken;

	f->due += spent * f->o->syns;
	n = (uint32_t)(f->due / rte_get_tsc_hz());
	f->due -= n * rte_get_tsc_hz();
	taken = crowd_forge(f->crowd, n, now_us(f));
	w->syns += taken;
	*lost += n - taken;
}

static void
turn(struct flood *f, struct flood_work *w, uint64_t *lost)
{
	uint64_t before = rte_rdtsc(), spent, others, elsewhere = 0;
	bool did = flood_server_turn(f->server, now_us(f));

	spent = spent_since(f, before, &f->usual[0], &f->broken);
	if (did)
		w->busy += spent;
	else
		spent = RTE_MAX(spent, cycles_of(IDLE_US));
	f->passed += spent;
	before = rte_rdtsc();
	flood_clients_turn(f->clients, now_us(f));
	others = spent_since(f, before, &f->usual[1], f->o->one_core ? &f->broken : &elsewhere);
	if (f->o->one_core && did) {
		f->passed += others;
		spent += others;
	}
	if (f->flooded)
		forge(f, spent, w, lost);
	w->cycles += spent;
}

static bool
fine(const struct flood *f)
{
	int rc = flood_server_error(f->server);

	if (rc == 0)
		rc = flood_clients_error(f->clients);
	if (rc != 0)
		say("a download failed: %s", strerror(-rc));
	return rc == 0;
}

static void
add(struct flood_work *to, const struct flood_work *w)
{
	to->cycles += w->cycles;
	to->busy += w->busy;
	to->bytes += w->bytes;
	to->syns += w->syns;
}

static struct flood_work
run_slice(struct flood *f, uint64_t us, uint64_t *lost)
{
	uint64_t bytes = flood_clients_bytes(f->clients);
	struct flood_work w = { 0 };

	while (w.cycles < cycles_of(us))
		turn(f, &w, lost);
	w.bytes = flood_clients_bytes(f->clients) - bytes;
	return w;
}

static bool
run_span(struct flood *f, uint64_t us, struct flood_span *s)
{
	uint64_t cookies = flood_server_stat(f->server, "SynCookies"), broken;
	struct flood_work all = { 0 }, slice;

	*s = (struct flood_span){ 0 };
	while (all.cycles < cycles_of(us) && fine(f)) {
		broken = f->broken;
		slice = run_slice(f, RTE_MIN(us / SLICES, (uint64_t)SLICE_MAX_US), &s->lost);
		add(&all, &slice);
		if (f->broken == broken)
			add(&s->work, &slice);
	}
	/* Where hardly anything is left, what there is. */
	if (s->work.cycles < all.cycles / CLEAN_PART)
		s->work = all;
	s->syns = all.syns + s->lost;
	s->cookies = flood_server_stat(f->server, "SynCookies") - cookies;
	return fine(f);
}

/* Those who came in the span have what is left of their patience: the flood goes on. */
static bool
wait_for_comers(struct flood *f)
{
	struct flood_work w = { 0 };
	uint64_t lost = 0;

	while (flood_clients_waiting(f->clients) > 0 && fine(f))
		turn(f, &w, &lost);
	return fine(f);
}

/* First so long that what was before is over, and the flood has filled what it fills. */
static bool
run_one(struct flood *f, enum flood_kind kind, bool flooded, uint64_t us, struct flood_span *s,
	struct flood_comers *comers)
{
	uint64_t rate = kind == FLOOD_PACED ? (uint64_t)f->o->rate * 1000000 / 8 : 0, opened;

	flood_server_pace(f->server, rate);
	f->flooded = flooded;
	if (!run_span(f, us / 2, s))
		return false;
	opened = flood_server_stat(f->server, "SynCookiesOpened");
	flood_clients_come(f->clients, comers, now_us(f));
	if (!run_span(f, us, s))
		return false;
	flood_clients_come(f->clients, NULL, now_us(f));
	if (!wait_for_comers(f))
		return false;
	s->opened = flood_server_stat(f->server, "SynCookiesOpened") - opened;
	return true;
}

/* Without the flood and with it, or the other way round: what changes meanwhile favours neither. */
static bool
run_kind(struct flood *f, enum flood_kind kind, uint64_t us, bool counts)
{
	static struct flood_comers nobody; /* who comes in a warm-up */
	struct flood_span spans[2];

	for (int i = 0; i < 2; i++) {
		bool flooded = (i == 1) != f->turned;

		if (!run_one(f, kind, flooded, us, &spans[flooded],
			     counts ? &f->figures.comers[kind][flooded] : &nobody))
			return false;
	}
	return !counts || flood_add(&f->figures, kind, spans);
}

/*
 * What it costs downloads that take all they get is less than what neighbours on the machine change from
 * one span to the next: of them slices are compared that lie side by side.
 */
static bool
run_pair(struct flood *f, enum phase phase)
{
	/* Late, and hardly any. */
	bool is_short = phase == PHASE_LATE && f->figures.ratio[FLOOD_FULL].n < PHASE_LEAST;
	uint64_t broken = f->broken, lost = 0;
	struct flood_work w[2];

	for (int i = 0; i < 2; i++) {
		f->flooded = (i == 1) != f->turned;
		(void)run_slice(f, PAIR_SETTLE_US, &lost);
		w[f->flooded] = run_slice(f, PAIR_US, &lost);
	}
	f->turned = !f->turned;
	if (!fine(f))
		return false;
	if (phase == PHASE_WARM_UP || (f->broken != broken && !is_short))
		return true;
	return flood_add_pair(&f->figures, FLOOD_FULL, w);
}

static bool
run_round(struct flood *f, uint64_t us, enum phase phase)
{
	bool counts = phase != PHASE_WARM_UP;

	if (!run_kind(f, FLOOD_FULL, us, counts))
		return false;
	for (int i = 0; i < PAIRS; i++)
		if (!run_pair(f, phase))
			return false;
	if (!run_kind(f, FLOOD_PACED, us * PACED_LONGER, counts))
		return false;
	f->turned = !f->turned;
	return true;
}

static bool
run_rounds(struct flood *f)
{
	struct phase_clock clock = phase_start("flood", f->o->seconds);
	double us = f->o->seconds * SECOND_US / SPANS;
	enum phase phase;

	us = RTE_MIN(RTE_MAX(us, (double)SPAN_MIN_US), (double)SPAN_MAX_US);
	do {
		phase = phase_now(&clock);
		if (!run_round(f, (uint64_t)us, phase))
			return false;
	} while (phase != PHASE_LATE || f->figures.goodput[FLOOD_FULL][0].n < PHASE_LEAST);
	phase_end(&clock);
	return true;
}

/* --- life ----------------------------------------------------------------------- */

static void
step(void *arg)
{
	struct flood *f = arg;

	flood_clients_turn(f->clients, link_now_us(rte_rdtsc()));
}

/* Only the host has something to send. */
static struct link_sizes
make_sizes(const struct options *o, bool host)
{
	uint32_t sending = host ? o->conns : 0;

	return (struct link_sizes){
		.max_socks = o->conns + FLOOD_COMERS_MAX + SPARE_SOCKS,
		.nb_small = FLOOD_COMERS_MAX + sending * (SNDBUF / 256 / 16),
		.nb_medium = 256 + sending * (SNDBUF / 2048 / 4),
		.nb_large = 256 + sending * (SNDBUF / 16384 + 32),
		.sndbuf = SNDBUF,
		.rcvbuf = RCVBUF,
		.time_wait_us = TIME_WAIT_US,
	};
}

static bool
make(struct flood *f)
{
	if (!link_open(&f->link, WIRE_MBUFS))
		return false;
	f->line = f->link.far_port;
	f->crowd = crowd_create(f->line, f->link.nic, WAY_US);
	if (f->crowd == NULL) {
		say("no memory");
		return false;
	}
	f->link.far_port = crowd_port(f->crowd, CROWD_NEAR);
	f->link.third_port = crowd_port(f->crowd, CROWD_FAR);
	f->link.sizes = make_sizes(f->o, false);
	f->clients = flood_clients_create(&f->link, f->crowd);
	if (f->clients == NULL)
		return false;
	f->link.step = step;
	f->link.step_arg = f;
	f->link.sizes = make_sizes(f->o, true);
	f->server = flood_server_create(&f->link);
	return f->server != NULL;
}

static bool
all_open(const struct flood *f)
{
	return flood_server_ready(f->server) == f->o->conns &&
	       flood_clients_ready(f->clients) == f->o->conns &&
	       flood_server_not_in_mode(f->server) == NULL;
}

static bool
open_all(struct flood *f)
{
	uint64_t end_us = now_us(f) + PATIENCE_US;
	struct flood_work w = { 0 };
	const struct rtls_sock *k;
	uint64_t lost = 0;

	while (!all_open(f) && now_us(f) < end_us) {
		turn(f, &w, &lost);
		if (!fine(f))
			return false;
	}
	k = flood_server_not_in_mode(f->server);
	if (k != NULL)
		link_say_mode(k);
	else if (!all_open(f))
		say("the downloads do not come through");
	else
		flood_server_start(f->server);
	return all_open(f);
}

static void
destroy(struct flood *f)
{
	flood_server_destroy(f->server);
	if (f->crowd != NULL)
		crowd_cut(f->crowd);
	flood_clients_destroy(f->clients);
	crowd_destroy(f->crowd);
	if (f->line != NULL)
		f->link.far_port = f->line;
	link_close(&f->link);
	flood_free(&f->figures);
}

bool
flood_run(const struct options *o, json_t *root)
{
	static struct flood f; /* histograms are large */
	bool ok;

	f = (struct flood){ .o = o, .link = { .o = o }, .start_tsc = rte_rdtsc() };
	f.interruptions = phase_interruptions();
	ok = make(&f) && open_all(&f) && run_rounds(&f);
	if (ok)
		flood_tell(&f.figures, o, root);
	destroy(&f);
	return ok;
}
