/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "contexts.h"

#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "common/say.h"
#include "contexts_host.h"
#include "contexts_report.h"
#include "phase.h"

enum {
	BESIDE = 4, /* connections of the traffic */
	WIRE_MBUFS = 8192,
	SPARE_SOCKS = 64,
	QUIET_PER_S = 1000, /* the least of what is measured without */
};

/* A device, and the two ends. */
struct bed {
	const struct options *o;
	struct link link;
	struct contexts_far *far;
	struct contexts_host *host;
};

/* Of one round, in TSC cycles and bytes of the traffic. */
struct round {
	struct contexts_tally tally;
	uint64_t install_span, remove_span, quiet_span;
	uint64_t busy_bytes, quiet_bytes;
};

/* --- life ------------------------------------------------------------------------ */

static void
step(void *arg)
{
	contexts_far_turn(arg);
}

static bool
make(struct bed *b, const struct options *o, struct link_device device)
{
	uint32_t nb = o->conns + BESIDE;

	*b = (struct bed){
		.o = o,
		.link = {
			.o = o,
			.device = device,
			.sizes = {
				.max_socks = nb + SPARE_SOCKS,
				.max_syn = 2048 + 4 * nb, /* in buckets: not all of them fill */
			},
		},
	};
	if (!link_open(&b->link, WIRE_MBUFS))
		return false;
	b->far = contexts_far_create(&b->link, nb);
	if (b->far == NULL)
		return false;
	b->link.step = step;
	b->link.step_arg = b->far;
	b->host = contexts_host_create(&b->link, b->far, nb, BESIDE);
	return b->host != NULL;
}

static void
destroy(struct bed *b)
{
	contexts_host_destroy(b->host);
	contexts_far_destroy(b->far);
	link_close(&b->link);
}

/* --- rate and latency ------------------------------------------------------------ */

static uint64_t
traffic(const struct bed *b)
{
	return contexts_host_received(b->host) + contexts_far_received(b->far);
}

static bool
run_round(struct bed *b, struct round *r)
{
	uint64_t start = rte_rdtsc(), bytes = traffic(b), least;

	*r = (struct round){ 0 };
	if (!contexts_host_install(b->host, 0, b->o->conns, &r->tally))
		return false;
	r->install_span = rte_rdtsc() - start;
	if (!contexts_host_remove(b->host, 0, b->o->conns, &r->tally))
		return false;
	r->remove_span = rte_rdtsc() - start - r->install_span;
	r->busy_bytes = traffic(b) - bytes;
	/* As long, without. */
	bytes = traffic(b);
	start = rte_rdtsc();
	least = RTE_MAX(r->install_span + r->remove_span, rte_get_tsc_hz() / QUIET_PER_S);
	while (r->quiet_span < least) {
		if (!contexts_host_turn(b->host))
			return false;
		r->quiet_span = rte_rdtsc() - start;
	}
	r->quiet_bytes = traffic(b) - bytes;
	return true;
}

static double
per_second(uint64_t n, uint64_t span)
{
	return (double)n * (double)rte_get_tsc_hz() / (double)span;
}

static bool
add(struct contexts_figures *f, const struct round *r)
{
	uint64_t n = r->tally.installed, busy_span = r->install_span + r->remove_span;
	double quiet = per_second(r->quiet_bytes, r->quiet_span);

	for (int d = 0; d < CONTEXTS_DIRS; d++)
		histogram_merge(&f->latency[d], &r->tally.latency[d]);
	if (series_add(&f->rate, per_second(n, r->install_span)) &&
	    series_add(&f->removed, per_second(n, r->remove_span)) &&
	    series_add(&f->asked_cycles, (double)r->tally.asked_cycles / (double)n) &&
	    series_add(&f->removed_cycles, (double)r->tally.removed_cycles / (double)n) &&
	    (quiet == 0 || series_add(&f->beside, per_second(r->busy_bytes, busy_span) / quiet)))
		return true;
	say("no memory");
	return false;
}

static bool
run_rounds(struct bed *b, const char *title, double seconds, struct contexts_figures *f)
{
	struct phase_clock clock = phase_start(title, seconds);
	uint64_t interruptions;
	enum phase phase;
	struct round r;

	do {
		phase = phase_now(&clock);
		interruptions = phase_interruptions();
		if (!run_round(b, &r))
			return false;
		if (r.tally.refused > 0) {
			say("the NIC refuses contexts that it has room for");
			return false;
		}
		if (phase_counts(phase, interruptions) && !add(f, &r))
			return false;
	} while (phase != PHASE_LATE || f->rate.n < PHASE_LEAST);
	phase_end(&clock);
	return true;
}

static bool
run_answers(const struct options *o, enum contexts_answer answer, struct contexts_figures *f)
{
	const struct link_device device = {
		.max_contexts = CONTEXTS_DIRS * (o->conns + BESIDE),
		.add_polls = answer == CONTEXTS_LATE ? o->add_polls : 0,
	};
	struct bed b;
	bool ok = make(&b, o, device) &&
		  run_rounds(&b, contexts_title(answer), o->seconds / CONTEXTS_ANSWERS, f);

	destroy(&b);
	return ok;
}

/* --- a full table ---------------------------------------------------------------- */

/* More are asked for than it takes; half of it is given back; and those that were refused ask again. */
static bool
fill(struct bed *b, struct contexts_full *f)
{
	uint32_t holders = (f->table + 1) / CONTEXTS_DIRS; /* connections that may have some */
	struct contexts_tally tally = { 0 };
	uint32_t before;

	if (!contexts_host_install(b->host, 0, b->o->conns, &tally))
		return false;
	f->asked = CONTEXTS_DIRS * b->o->conns;
	f->taken = (uint32_t)tally.installed;
	f->refused = (uint32_t)tally.refused;
	before = contexts_host_with_nic(b->host);
	if (!contexts_host_remove(b->host, 0, holders / 2, &tally))
		return false;
	f->freed = before - contexts_host_with_nic(b->host);
	tally = (struct contexts_tally){ 0 };
	if (!contexts_host_install(b->host, holders, b->o->conns - holders, &tally))
		return false;
	f->reused = (uint32_t)tally.installed;
	return true;
}

static bool
run_full(const struct options *o, struct contexts_full *f)
{
	const struct link_device device = {
		.max_contexts = f->table + CONTEXTS_DIRS * BESIDE,
	};
	struct bed b;
	bool ok = make(&b, o, device) && fill(&b, f);

	destroy(&b);
	return ok;
}

bool
contexts_run(const struct options *o, json_t *root)
{
	struct contexts_report r = { .o = o, .full.table = o->table != 0 ? o->table : o->conns };
	bool ok = true;

	if (r.full.table >= CONTEXTS_DIRS * o->conns) {
		say("--table takes a number below %u, which is what %u connections ask for",
		    CONTEXTS_DIRS * o->conns, o->conns);
		ok = false;
	}
	for (int i = 0; ok && i < CONTEXTS_ANSWERS; i++)
		ok = run_answers(o, (enum contexts_answer)i, &r.answers[i]);
	ok = ok && run_full(o, &r.full) && contexts_overload_run(o, &r.overload);
	if (ok)
		contexts_report_tell(&r, root);
	contexts_report_free(&r);
	return ok;
}
