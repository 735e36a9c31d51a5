/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "costs.h"

#include <stdio.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "report.h"

static const char *const dir_names[HOST_DIRS] = { [HOST_TX] = "send", [HOST_RX] = "receive" };

/* Medians of one direction. */
struct medians {
	double cost, segment, plain, plain_segment, raw, gbps;
	double added;       /* to plain TCP by a raw AEAD in place */
	double floor, copy; /* 0: not measured */
};

int
costs_kinds(const struct costs *c)
{
	return c->o->mode == OPTIONS_PLAIN ? 1 : KINDS;
}

enum options_mode
costs_mode(const struct costs *c, int kind)
{
	return kind == PLAIN ? OPTIONS_PLAIN : c->o->mode;
}

bool
costs_add(struct costs *c, int kind, enum host_dir dir, const struct host_result *r)
{
	double hz = (double)rte_get_tsc_hz(), cycles = (double)r->cycles;
	struct cost *k = &c->of[kind][dir];

	return series_add(&k->bytes, cycles / (double)r->bytes) &&
	       series_add(&k->segments, cycles / (double)r->segments) &&
	       series_add(&k->gbps, (double)r->bytes * 8 * hz / (double)r->span / 1e9) &&
	       series_add(&k->batch, (double)r->segments / (double)r->turns);
}

uint32_t
costs_least(const struct costs *c)
{
	uint32_t least = RTE_MIN(c->raw[HOST_TX].n, c->raw[HOST_RX].n);

	for (int kind = 0; kind < costs_kinds(c); kind++)
		for (int dir = 0; dir < HOST_DIRS; dir++)
			least = RTE_MIN(least, c->of[kind][dir].bytes.n);
	return least;
}

static void
print_one(struct costs *c, int kind, int dir)
{
	struct cost *k = &c->of[kind][dir];
	struct summary sum = series_summary(&k->bytes);
	char title[64], more[96];

	snprintf(title, sizeof(title), "%s, %s", options_mode_name(costs_mode(c, kind)),
		 dir_names[dir]);
	snprintf(more, sizeof(more), "%10.1f %10.1f %10.3f", series_summary(&k->segments).median,
		 series_summary(&k->batch).median, series_summary(&k->gbps).median);
	report_series(title, &sum, more);
}

static void
print_floor(struct costs *c)
{
	char title[64];

	printf("\n  %-34s %9s %9s %9s\n", "cycles per segment", "min", "median", "max");
	for (int dir = 0; dir < HOST_DIRS; dir++) {
		struct summary floor = series_summary(&c->floor[dir]);
		struct summary copy = series_summary(&c->copy[dir]);

		snprintf(title, sizeof(title), "floor, %s", dir_names[dir]);
		report_series(title, &floor, "");
		snprintf(title, sizeof(title), "a copy of the payload, %s", dir_names[dir]);
		report_series(title, &copy, "");
	}
}

static void
print_flight(const struct options *o)
{
	if (o->in_flight > 0)
		printf("  %-10s %u packets, all connections together\n", "in flight", o->in_flight);
	if (o->one_core)
		printf("  %-10s both stacks on one core; the NIC, the cable and the far end are not "
		       "counted\n",
		       "one core");
}

static void
print(struct costs *c)
{
	struct summary seal = series_summary(&c->raw[HOST_TX]);
	struct summary open = series_summary(&c->raw[HOST_RX]);

	print_flight(c->o);
	printf("  %-10s %u, %s, %u slices of %u KiB each\n\n", "conns", c->o->conns,
	       c->o->tso ? "with TSO" : "without TSO", c->of[PLAIN][HOST_TX].bytes.n,
	       c->slice >> 10);
	printf("  %-34s %9s %9s %9s   %10s %10s %10s\n", "cycles per byte", "min", "median", "max",
	       "cycles/seg", "segs/turn", "Gbit/s");
	for (int dir = 0; dir < HOST_DIRS; dir++)
		for (int kind = 0; kind < costs_kinds(c); kind++)
			print_one(c, kind, dir);
	report_series("raw AEAD, seal", &seal, "");
	report_series("raw AEAD, open", &open, "");
	if (c->o->one_core)
		print_floor(c);
}

static struct medians
medians_of(struct costs *c, int dir)
{
	struct cost *plain = &c->of[PLAIN][dir], *asked = &c->of[costs_kinds(c) - 1][dir];

	return (struct medians){
		.cost = series_summary(&asked->bytes).median,
		.segment = series_summary(&asked->segments).median,
		.plain = series_summary(&plain->bytes).median,
		.plain_segment = series_summary(&plain->segments).median,
		.raw = series_summary(&c->raw[dir]).median,
		/* Not raw[HOST_RX]: that gathers packets first, and plain TCP has that copy too. */
		.added = series_summary(&c->raw[HOST_TX]).median,
		.gbps = series_summary(&asked->gbps).median,
		.floor = series_summary(&c->floor[dir]).median,
		.copy = series_summary(&c->copy[dir]).median,
	};
}

static void
put_ratio(json_t *to, const char *key, bool there, double r)
{
	if (there)
		printf("  %-34s %19.3f\n", key, r);
	report_put(to, key, there ? r : 0);
}

static void
put_dir(const struct options *o, json_t *to, int dir, const struct medians *m)
{
	static const char *const keys[][HOST_DIRS] = {
		{ "cycles_per_byte_tx", "cycles_per_byte_rx" },
		{ "plain_cycles_per_byte_tx", "plain_cycles_per_byte_rx" },
		{ "plain_cycles_per_segment_tx", "plain_cycles_per_segment_rx" },
		{ "goodput_tx_gbps", "goodput_rx_gbps" },
		{ "raw_seal_cycles_per_byte", "raw_open_cycles_per_byte" },
		{ "ratio_software_tx", "ratio_software_rx" },
		{ "ratio_plain_tx", "ratio_plain_rx" },
		{ "cycles_per_segment_tx", "cycles_per_segment_rx" },
		{ "floor_cycles_per_segment_tx", "floor_cycles_per_segment_rx" },
		{ "copy_cycles_per_segment_tx", "copy_cycles_per_segment_rx" },
		{ "ratio_floor_tx", "ratio_floor_rx" },
		{ "ratio_floor_copy_tx", "ratio_floor_copy_rx" },
	};

	report_put(to, keys[0][dir], m->cost);
	report_put(to, keys[1][dir], m->plain);
	report_put(to, keys[2][dir], m->plain_segment);
	report_put(to, keys[3][dir], m->gbps);
	report_put(to, keys[4][dir], m->raw);
	put_ratio(to, keys[5][dir], o->mode == OPTIONS_SOFTWARE, m->cost / (m->plain + m->added));
	put_ratio(to, keys[6][dir], o->mode != OPTIONS_PLAIN, m->cost / m->plain);
	report_put(to, keys[7][dir], m->segment);
	report_put(to, keys[8][dir], m->floor);
	report_put(to, keys[9][dir], m->copy);
	put_ratio(to, keys[10][dir], m->floor > 0, m->plain_segment / m->floor);
	put_ratio(to, keys[11][dir], m->floor > 0, m->plain_segment / (m->floor + m->copy));
}

/* Of what is compared with runs of before. */
static void
put_spread(struct costs *c, json_t *to, int dir)
{
	static const char *const keys[][HOST_DIRS] = {
		{ "cycles_per_segment_tx", "cycles_per_segment_rx" },
		{ "plain_cycles_per_segment_tx", "plain_cycles_per_segment_rx" },
		{ "floor_cycles_per_segment_tx", "floor_cycles_per_segment_rx" },
	};
	struct series *series[] = {
		&c->of[costs_kinds(c) - 1][dir].segments,
		&c->of[PLAIN][dir].segments,
		&c->floor[dir],
	};

	for (unsigned int i = 0; i < RTE_DIM(keys); i++) {
		struct summary sum = series_summary(series[i]);

		report_put_spread(to, keys[i][dir], &sum);
	}
}

void
costs_report(struct costs *c, json_t *to)
{
	struct medians m[HOST_DIRS];

	print(c);
	for (int dir = 0; dir < HOST_DIRS; dir++)
		m[dir] = medians_of(c, dir);
	json_object_set_new(to, "mode", json_string(options_mode_name(c->o->mode)));
	json_object_set_new(to, "conns", json_integer(c->o->conns));
	json_object_set_new(to, "tso", json_boolean(c->o->tso));
	json_object_set_new(to, "one_core", json_boolean(c->o->one_core));
	json_object_set_new(to, "in_flight", json_integer(c->o->in_flight));
	json_object_set_new(to, "slices", json_integer(costs_least(c)));
	/* The lesser of both directions. */
	report_put(to, "goodput_gbps", RTE_MIN(m[HOST_TX].gbps, m[HOST_RX].gbps));
	report_put(to, "raw_cycles_per_byte", m[HOST_TX].raw);
	for (int dir = 0; dir < HOST_DIRS; dir++)
		put_dir(c->o, to, dir, &m[dir]);
	for (int dir = 0; dir < HOST_DIRS; dir++)
		put_spread(c, to, dir);
	json_object_set_new(to, "retransmissions", json_integer((json_int_t)c->retransmissions));
}

void
costs_free(struct costs *c)
{
	for (int dir = 0; dir < HOST_DIRS; dir++) {
		for (int kind = 0; kind < KINDS; kind++) {
			series_free(&c->of[kind][dir].bytes);
			series_free(&c->of[kind][dir].segments);
			series_free(&c->of[kind][dir].gbps);
			series_free(&c->of[kind][dir].batch);
		}
		series_free(&c->raw[dir]);
		series_free(&c->floor[dir]);
		series_free(&c->copy[dir]);
	}
}
