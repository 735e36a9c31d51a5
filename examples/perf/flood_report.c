/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "flood_report.h"

#include <stdio.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "common/say.h"
#include "report.h"

static const char *const kind_keys[FLOOD_KINDS] = { "full", "paced" };
static const char *const when_keys[2] = { "", "_flood" };

static double
per_second(uint64_t n, uint64_t cycles)
{
	return (double)n * (double)rte_get_tsc_hz() / (double)RTE_MAX(cycles, UINT64_C(1));
}

/*
 * What the host did more than without the flood, for each SYN. Where its time is full it is what it
 * did not do for the downloads: what that would have cost, by the round's span without.
 */
static double
cycles_per_syn(enum flood_kind kind, const struct flood_work *without,
	       const struct flood_work *with)
{
	double share = kind == FLOOD_FULL ? (double)with->bytes / (double)without->bytes :
					    (double)with->cycles / (double)without->cycles;

	return ((double)with->busy - share * (double)without->busy) / (double)with->syns;
}

static bool
added(bool ok)
{
	if (!ok)
		say("no memory");
	return ok;
}

bool
flood_add_pair(struct flood_figures *f, enum flood_kind kind, const struct flood_work w[2])
{
	double ratio;

	if (w[0].bytes == 0 || w[1].syns == 0) {
		say("the time is too short for a download, or for a SYN");
		return false;
	}
	ratio = per_second(w[1].bytes, w[1].cycles) / per_second(w[0].bytes, w[0].cycles);
	return added(series_add(&f->ratio[kind], ratio) &&
		     series_add(&f->per_syn[kind], cycles_per_syn(kind, &w[0], &w[1])));
}

bool
flood_add(struct flood_figures *f, enum flood_kind kind, const struct flood_span spans[2])
{
	const struct flood_work w[2] = { spans[0].work, spans[1].work };
	struct flood_span *sum = &f->flooded[kind];
	bool ok = true;

	for (int i = 0; i < 2; i++)
		ok = ok && series_add(&f->goodput[kind][i],
				      per_second(w[i].bytes, w[i].cycles) * 8 / 1e9);
	sum->syns += spans[1].syns;
	sum->lost += spans[1].lost;
	sum->cookies += spans[1].cookies;
	sum->opened += spans[1].opened;
	return added(ok && series_add(&f->rate[kind], per_second(w[1].syns, w[1].cycles))) &&
	       (kind == FLOOD_FULL || flood_add_pair(f, kind, w));
}

/* --- for people ----------------------------------------------------------------- */

static double
share(const struct flood_comers *c)
{
	return c->tried > 0 ? (double)c->established / (double)c->tried : 0;
}

static double
milliseconds(const struct flood_comers *c, uint32_t per_million)
{
	return (double)histogram_at(&c->us, per_million) / 1e3;
}

static void
print_series(const char *title, struct series *s)
{
	struct summary summary = series_summary(s);

	report_series(title, &summary, "");
}

static void
print_kind(struct flood_figures *f, enum flood_kind kind)
{
	print_series("goodput, Gbit/s", &f->goodput[kind][0]);
	print_series("goodput in the flood, Gbit/s", &f->goodput[kind][1]);
	print_series("ratio, side by side", &f->ratio[kind]);
	print_series("cycles of the host per SYN", &f->per_syn[kind]);
	print_series("SYNs per second, on the cable", &f->rate[kind]);
}

static void
print_comers(const char *title, const struct flood_comers *c)
{
	printf("  %-34s %9u %11u %9.4f %9.2f %9.2f\n", title, (unsigned int)c->tried,
	       (unsigned int)c->established, share(c), milliseconds(c, 500000),
	       milliseconds(c, 990000));
}

static void
print_syns(const char *title, const struct flood_span *s)
{
	printf("  %-34s %9llu %11llu %9llu %9llu\n", title, (unsigned long long)s->syns,
	       (unsigned long long)s->lost, (unsigned long long)s->cookies,
	       (unsigned long long)s->opened);
}

static void
print(struct flood_figures *f, const struct options *o)
{
	char paced[64];

	snprintf(paced, sizeof(paced), "at %u Mbit/s together", o->rate);
	printf("  %-10s %u, mode %s, %u rounds; %u SYNs a second, %u clients; %s\n\n", "downloads",
	       o->conns, options_mode_name(o->mode), f->goodput[FLOOD_FULL][0].n, o->syns,
	       FLOOD_COMERS_PER_S, o->one_core ? "all on one core" : "the host's core is its own");
	printf("  %-34s %9s %9s %9s\n", "as fast as it goes", "min", "median", "max");
	print_kind(f, FLOOD_FULL);
	printf("  %s\n", paced);
	print_kind(f, FLOOD_PACED);
	printf("\n  %-34s %9s %11s %9s %9s %9s\n", "clients that come", "tried", "within 3 s",
	       "share", "p50, ms", "p99, ms");
	print_comers("as fast as it goes", &f->comers[FLOOD_FULL][0]);
	print_comers("as fast as it goes, in the flood", &f->comers[FLOOD_FULL][1]);
	print_comers(paced, &f->comers[FLOOD_PACED][0]);
	print_comers("the same in the flood", &f->comers[FLOOD_PACED][1]);
	printf("\n  %-34s %9s %11s %9s %9s\n", "SYNs", "sent", "cable full", "cookies",
	       "taken back");
	print_syns("as fast as it goes", &f->flooded[FLOOD_FULL]);
	print_syns(paced, &f->flooded[FLOOD_PACED]);
}

/* --- for programs --------------------------------------------------------------- */

static void
put_series(json_t *root, const char *kind, const char *when, const char *key, struct series *s)
{
	struct summary summary = series_summary(s);
	char name[64];

	snprintf(name, sizeof(name), "%s%s_%s", kind, when, key);
	report_put(root, name, summary.median);
	report_put_spread(root, name, &summary);
}

static void
put_count(json_t *root, const char *kind, const char *when, const char *key, uint64_t n)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s_%s", kind, when, key);
	json_object_set_new(root, name, json_integer((json_int_t)n));
}

static void
put_real(json_t *root, const char *kind, const char *when, const char *key, double v)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s_%s", kind, when, key);
	report_put(root, name, v);
}

static void
put_kind(struct flood_figures *f, json_t *root, enum flood_kind kind)
{
	const struct flood_span *s = &f->flooded[kind];
	const char *name = kind_keys[kind];

	put_series(root, name, "", "ratio", &f->ratio[kind]);
	put_series(root, name, "", "cycles_per_syn", &f->per_syn[kind]);
	put_series(root, name, "", "syns_per_second", &f->rate[kind]);
	put_count(root, name, "", "syns", s->syns);
	put_count(root, name, "", "syns_lost", s->lost);
	put_count(root, name, "", "cookies", s->cookies);
	put_count(root, name, "", "cookies_opened", s->opened);
	for (int i = 0; i < 2; i++) {
		const struct flood_comers *c = &f->comers[kind][i];

		put_series(root, name, when_keys[i], "gbps", &f->goodput[kind][i]);
		put_count(root, name, when_keys[i], "tried", c->tried);
		put_count(root, name, when_keys[i], "established", c->established);
		put_real(root, name, when_keys[i], "share", share(c));
		put_real(root, name, when_keys[i], "p50_ms", milliseconds(c, 500000));
		put_real(root, name, when_keys[i], "p99_ms", milliseconds(c, 990000));
	}
}

void
flood_tell(struct flood_figures *f, const struct options *o, json_t *root)
{
	print(f, o);
	json_object_set_new(root, "mode", json_string(options_mode_name(o->mode)));
	json_object_set_new(root, "one_core", json_boolean(o->one_core));
	json_object_set_new(root, "conns", json_integer(o->conns));
	json_object_set_new(root, "syns", json_integer(o->syns));
	json_object_set_new(root, "rate", json_integer(o->rate));
	json_object_set_new(root, "rounds", json_integer(f->goodput[FLOOD_FULL][0].n));
	for (int kind = 0; kind < FLOOD_KINDS; kind++)
		put_kind(f, root, (enum flood_kind)kind);
}

void
flood_free(struct flood_figures *f)
{
	for (int kind = 0; kind < FLOOD_KINDS; kind++) {
		series_free(&f->goodput[kind][0]);
		series_free(&f->goodput[kind][1]);
		series_free(&f->ratio[kind]);
		series_free(&f->per_syn[kind]);
		series_free(&f->rate[kind]);
	}
}
