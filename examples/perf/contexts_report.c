/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "contexts_report.h"

#include <stdio.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "figures.h"
#include "report.h"

static const struct {
	const char *title;
	const char *key;
} answers[CONTEXTS_ANSWERS] = {
	[CONTEXTS_AT_ONCE] = { "answered at once", "at_once" },
	[CONTEXTS_LATE] = { "answered late", "late" },
};

static const char *const dirs[CONTEXTS_DIRS] = { "tx", "rx" };

const char *
contexts_title(enum contexts_answer answer)
{
	return answers[answer].title;
}

static double
us(uint64_t cycles)
{
	return (double)cycles * 1e6 / (double)rte_get_tsc_hz();
}

static void
put(json_t *root, enum contexts_answer answer, const char *name, struct series *s)
{
	struct summary sum = series_summary(s);
	char key[FIGURES_KEY_MAX];

	snprintf(key, sizeof(key), "%s_%s", answers[answer].key, name);
	report_put(root, key, sum.median);
	report_put_spread(root, key, &sum);
}

static void
tell_latency(const struct histogram *h, enum contexts_answer answer, int dir, json_t *root)
{
	static const struct {
		const char *name;
		uint32_t per_million;
	} rows[] = { { "p50", 500000 }, { "p99", 990000 } };
	char key[FIGURES_KEY_MAX];

	printf("  %-20s %-13s", answers[answer].title, dir == RTLS_TX ? "sending" : "receiving");
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		double value = us(histogram_at(h, rows[i].per_million));

		printf(" %9.1f", value);
		snprintf(key, sizeof(key), "%s_%s_%s_us", answers[answer].key, dirs[dir],
			 rows[i].name);
		report_put(root, key, value);
	}
	printf(" %9.1f\n", us(h->most));
	snprintf(key, sizeof(key), "%s_%s_max_us", answers[answer].key, dirs[dir]);
	report_put(root, key, us(h->most));
}

static void
tell_rate(const char *title, struct series *s)
{
	struct summary sum = series_summary(s);

	printf("  %-34s %9.0f %9.0f %9.0f\n", title, sum.min, sum.median, sum.max);
}

static void
tell_answers(struct contexts_figures *f, enum contexts_answer answer, json_t *root)
{
	struct summary beside = series_summary(&f->beside);

	printf("\n  %-34s %9s %9s %9s\n", answers[answer].title, "min", "median", "max");
	tell_rate("contexts installed per second", &f->rate);
	tell_rate("contexts given back per second", &f->removed);
	tell_rate("cycles of the host, to install", &f->asked_cycles);
	tell_rate("cycles of the host, to give back", &f->removed_cycles);
	report_series("goodput beside, to that without", &beside, "");
	put(root, answer, "per_second", &f->rate);
	put(root, answer, "removed_per_second", &f->removed);
	put(root, answer, "cycles", &f->asked_cycles);
	put(root, answer, "removed_cycles", &f->removed_cycles);
	put(root, answer, "beside_ratio", &f->beside);
}

static void
tell_full(const struct contexts_full *f, json_t *root)
{
	const struct {
		const char *title, *key;
		uint32_t value;
	} rows[] = {
		{ "room", "full_table", f->table },
		{ "asked for", "full_asked", f->asked },
		{ "taken", "full_taken", f->taken },
		{ "refused: no room", "full_refused", f->refused },
		{ "given back", "full_freed", f->freed },
		{ "taken then, of those refused", "full_reused", f->reused },
	};

	printf("\n  %-34s %9s\n", "a table that is too small", "contexts");
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		printf("  %-34s %9u\n", rows[i].title, rows[i].value);
		json_object_set_new(root, rows[i].key, json_integer(rows[i].value));
	}
}

static void
tell_flow(const char *title, const char *name, const double gbps[2], const double ratio[2],
	  json_t *root)
{
	char key[FIGURES_KEY_MAX];

	for (int dir = 0; dir < CONTEXTS_DIRS; dir++) {
		printf("  %-22s %-11s %9.3f %9.3f\n", title,
		       dir == RTLS_TX ? "sending" : "receiving", gbps[dir], ratio[dir]);
		snprintf(key, sizeof(key), "overload_%s_%s_gbps", name, dirs[dir]);
		report_put(root, key, gbps[dir]);
		snprintf(key, sizeof(key), "overload_%s_%s_ratio", name, dirs[dir]);
		report_put(root, key, ratio[dir]);
	}
}

static void
tell_overload(const struct contexts_overload *o, json_t *root)
{
	printf("\n  %-34s %9s %9s\n", "twice the crypto that the NIC does", "Gbit/s", "of that");
	tell_flow("without TLS", "plain", o->plain_gbps, o->plain_ratio, root);
	tell_flow("TLS", "tls", o->tls_gbps, o->tls_ratio, root);
	printf("  %-34s %19.3f\n", "packets opened by the NIC", o->nic_share);
	printf("  %-34s %19u\n", "bytes that it does in a turn", o->crypto_bytes);
	json_object_set_new(root, "overload_crypto_bytes", json_integer(o->crypto_bytes));
	report_put(root, "overload_nic_share", o->nic_share);
}

void
contexts_report_tell(struct contexts_report *r, json_t *root)
{
	json_object_set_new(root, "mode", json_string(options_mode_name(r->o->mode)));
	json_object_set_new(root, "conns", json_integer(r->o->conns));
	json_object_set_new(root, "add_polls", json_integer(r->o->add_polls));
	printf("  %-10s %u connections, two contexts each; late: %u polls\n", "contexts",
	       r->o->conns, r->o->add_polls);
	for (int i = 0; i < CONTEXTS_ANSWERS; i++)
		tell_answers(&r->answers[i], (enum contexts_answer)i, root);
	printf("\n  %-34s %9s %9s %9s\n", "microseconds, asked to in force", "p50", "p99", "max");
	for (int i = 0; i < CONTEXTS_ANSWERS; i++)
		for (int dir = 0; dir < CONTEXTS_DIRS; dir++)
			tell_latency(&r->answers[i].latency[dir], (enum contexts_answer)i, dir,
				     root);
	tell_full(&r->full, root);
	tell_overload(&r->overload, root);
}

void
contexts_report_free(struct contexts_report *r)
{
	for (int i = 0; i < CONTEXTS_ANSWERS; i++) {
		struct contexts_figures *f = &r->answers[i];

		series_free(&f->rate);
		series_free(&f->removed);
		series_free(&f->asked_cycles);
		series_free(&f->removed_cycles);
		series_free(&f->beside);
	}
}
