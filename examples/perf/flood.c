/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "flood.h"

#include <rte_common.h>

#include "flood_bed.h"
#include "flood_report.h"
#include "phase.h"

enum {
	SECOND_US = 1000000,
	SPANS = 300,      /* of the time that is asked for */
	PACED_LONGER = 2, /* as paced bytes go in bursts, and an idle host's time costs little */
	SLICES = 10,      /* of a span, at most a millisecond each */
	SLICE_MAX_US = 1000,
	CLEAN_PART = 4, /* of a span must be left without interruptions */
	SPAN_MIN_US = 10000,
	SPAN_MAX_US = 25000,
	WAIT_US = 100, /* so often it is looked who still waits */
	PAIRS = 20,    /* of slices in a round of the longest spans, without and with the flood */
	PAIR_US = 2000,
	PAIR_SETTLE_US = 500,
};

struct flood {
	const struct options *o;
	struct flood_bed bed;
	bool turned; /* the flood comes first */
	struct flood_figures figures;
};

/* --- spans ---------------------------------------------------------------------- */

static void
add(struct flood_work *to, const struct flood_work *w)
{
	to->cycles += w->cycles;
	to->busy += w->busy;
	to->bytes += w->bytes;
	to->syns += w->syns;
	to->lost += w->lost;
	to->interrupted += w->interrupted;
}

/* Of the slices that nobody interrupted; where hardly any are left, of all. */
static bool
run_span(struct flood *f, uint64_t us, struct flood_span *s)
{
	uint64_t cookies = flood_server_stat(f->bed.server, "SynCookies");
	uint64_t slice_us = RTE_MIN(us / SLICES, (uint64_t)SLICE_MAX_US);
	uint64_t end_us = flood_bed_now_us(&f->bed) + us;
	struct flood_work all = { 0 }, whole = { 0 };

	while (flood_bed_now_us(&f->bed) < end_us) {
		struct flood_work slice = flood_bed_run(&f->bed, slice_us);

		add(&all, &slice);
		if (slice.interrupted == 0)
			add(&whole, &slice);
		if (!flood_bed_fine(&f->bed))
			return false;
	}
	*s = (struct flood_span){
		.work = whole.cycles < all.cycles / CLEAN_PART ? all : whole,
		.syns = all.syns + all.lost,
		.lost = all.lost,
		.cookies = flood_server_stat(f->bed.server, "SynCookies") - cookies,
	};
	return true;
}

/* Those who came in the span have what is left of their patience: the flood goes on. */
static bool
wait_for_comers(struct flood *f)
{
	while (flood_clients_waiting(f->bed.clients) > 0) {
		(void)flood_bed_run(&f->bed, WAIT_US);
		if (!flood_bed_fine(&f->bed))
			return false;
	}
	return true;
}

/* First so long that what was before is over, and the flood has filled what it fills. */
static bool
run_one(struct flood *f, enum flood_kind kind, bool flooded, uint64_t us, struct flood_span *s,
	struct flood_comers *comers)
{
	uint64_t rate = kind == FLOOD_PACED ? (uint64_t)f->o->rate * 1000000 / 8 : 0, opened;
	struct flood_bed *b = &f->bed;

	flood_server_pace(b->server, rate);
	b->flooded = flooded;
	if (!run_span(f, us / 2, s))
		return false;
	opened = flood_server_stat(b->server, "SynCookiesOpened");
	flood_clients_come(b->clients, comers, flood_bed_now_us(b));
	if (!run_span(f, us, s))
		return false;
	flood_clients_come(b->clients, NULL, flood_bed_now_us(b));
	if (!wait_for_comers(f))
		return false;
	s->opened = flood_server_stat(b->server, "SynCookiesOpened") - opened;
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

/* --- pairs of slices ------------------------------------------------------------ */

/*
 * What it costs downloads that take all they get is less than what neighbours on the machine change from
 * one span to the next: of them slices are compared that lie side by side. A pair that was interrupted
 * is left out, unless it is late and there are hardly any.
 */
static bool
run_pair(struct flood *f, enum phase phase)
{
	bool is_short = phase == PHASE_LATE && f->figures.ratio[FLOOD_FULL].n < PHASE_LEAST;
	struct flood_work w[2];

	for (int i = 0; i < 2; i++) {
		f->bed.flooded = (i == 1) != f->turned;
		(void)flood_bed_run(&f->bed, PAIR_SETTLE_US);
		w[f->bed.flooded] = flood_bed_run(&f->bed, PAIR_US);
	}
	f->turned = !f->turned;
	if (!flood_bed_fine(&f->bed))
		return false;
	if (w[0].interrupted + w[1].interrupted > 0 && !is_short)
		return true;
	return flood_add_pair(&f->figures, FLOOD_FULL, w);
}

/* --- rounds --------------------------------------------------------------------- */

static bool
run_round(struct flood *f, uint64_t us, enum phase phase)
{
	bool counts = phase != PHASE_WARM_UP;

	if (!run_kind(f, FLOOD_FULL, us, counts))
		return false;
	for (uint64_t i = 0; counts && i < PAIRS * us / SPAN_MAX_US; i++)
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

bool
flood_run(const struct options *o, json_t *root)
{
	static struct flood f; /* histograms are large */
	bool ok;

	f = (struct flood){ .o = o };
	ok = flood_bed_open(&f.bed, o) && run_rounds(&f);
	if (ok)
		flood_tell(&f.figures, o, root);
	flood_bed_close(&f.bed);
	flood_free(&f.figures);
	return ok;
}
