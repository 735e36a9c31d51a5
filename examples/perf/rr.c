/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "rr.h"

#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "common/say.h"
#include "phase.h"
#include "report.h"
#include "rr_client.h"
#include "rr_server.h"

enum {
	SLICE_PER_S = 1000, /* slices of a second */
	PATIENCE_US = 5000000,
	MEDIUM = 128, /* requests below certainly fit into a small buffer */
	LARGE = 1024, /* and into a medium one */
};

struct rr {
	const struct options *o;
	struct link link;
	struct rr_server *server;
	struct rr_client *client;
	struct series cycles; /* of the host per request */
	struct series rate;   /* requests per second of both ends on their core */
	struct histogram latencies;
};

/* Of one slice. */
struct slice {
	uint64_t cycles;
	uint64_t span;
	uint64_t longest; /* turn of both, and when it began */
	uint64_t longest_tsc;
	uint64_t answers;
};

/* Of what takes a request, two for each connection. */
static struct link_sizes
make_sizes(const struct options *o)
{
	uint32_t each = 2 * o->conns;

	return (struct link_sizes){
		.max_socks = o->conns + 64,
		.nb_small = 2048 + (o->size <= 2 * MEDIUM ? each : 0),
		.nb_medium = 2048 + (o->size <= 2 * LARGE ? each : 0),
		.nb_large = 2048 + (o->size > LARGE ? each : 0),
	};
}

static void
step(void *arg)
{
	rr_client_turn(arg);
}

static bool
make(struct rr *r)
{
	/* All may wait for the end of a record at once; a stack lets nearly half lie unread. */
	uint32_t packets = 2 * r->o->conns * (r->o->size / r->o->mss + 2) + 4096;

	r->link.sizes = make_sizes(r->o);
	if (!link_open(&r->link, packets))
		return false;
	r->client = rr_client_create(&r->link);
	if (r->client == NULL)
		return false;
	r->link.step = step;
	r->link.step_arg = r->client;
	r->server = rr_server_create(&r->link);
	return r->server != NULL;
}

static void
destroy(struct rr *r)
{
	rr_server_destroy(r->server);
	rr_client_destroy(r->client);
	link_close(&r->link);
	series_free(&r->cycles);
	series_free(&r->rate);
}

static bool
fine(const struct rr *r, bool late)
{
	int rc = rr_server_error(r->server);

	if (rc == 0)
		rc = rr_client_error(r->client);
	if (rc != 0)
		say("a connection failed: %s", strerror(-rc));
	else if (late)
		say("the host does not answer");
	return rc == 0 && !late;
}

/* One turn of the host, which counts, and one of the far side. */
static bool
turn(struct rr *r, struct slice *s)
{
	uint64_t now_us = link_now_us(rte_rdtsc()), before = rte_rdtsc(), after;

	if (rr_server_turn(r->server, now_us))
		s->cycles += rte_rdtsc() - before;
	link_step(&r->link);
	after = rte_rdtsc();
	if (after - before > s->longest) {
		s->longest = after - before;
		s->longest_tsc = before;
	}
	return rr_server_error(r->server) == 0 && rr_client_error(r->client) == 0;
}

static bool
all_open(const struct rr *r)
{
	return rr_server_ready(r->server) == r->o->conns &&
	       rr_client_ready(r->client) == r->o->conns &&
	       rr_server_not_in_mode(r->server) == NULL;
}

static bool
open_all(struct rr *r)
{
	uint64_t end_us = link_now_us(rte_rdtsc()) + PATIENCE_US;
	uint32_t ready = 0;
	const struct rtls_sock *k;
	struct slice s = { 0 };

	while (!all_open(r)) {
		if (!turn(r, &s))
			return fine(r, false);
		if (rr_client_ready(r->client) != ready) {
			ready = rr_client_ready(r->client);
			end_us = link_now_us(rte_rdtsc()) + PATIENCE_US;
		}
		if (link_now_us(rte_rdtsc()) < end_us)
			continue;
		k = rr_server_not_in_mode(r->server);
		if (k == NULL)
			return fine(r, true);
		link_say_mode(k);
		return false;
	}
	return true;
}

static bool
run_slice(struct rr *r, struct slice *s)
{
	uint64_t start = rte_rdtsc(), before = rr_client_answers(r->client);
	uint64_t least = rte_get_tsc_hz() / SLICE_PER_S;
	uint64_t patience = rte_get_tsc_hz() / 1000000 * PATIENCE_US;
	bool late = false;

	*s = (struct slice){ 0 };
	while (!late && (s->span < least || s->answers == 0)) {
		if (!turn(r, s))
			break;
		s->answers = rr_client_answers(r->client) - before;
		s->span = rte_rdtsc() - start;
		late = s->answers == 0 && s->span > patience;
	}
	return fine(r, late);
}

static bool
add(struct rr *r, const struct slice *s)
{
	double answers = (double)s->answers;

	histogram_merge(&r->latencies, rr_client_latencies(r->client));
	if (series_add(&r->cycles, (double)s->cycles / answers) &&
	    series_add(&r->rate, answers * (double)rte_get_tsc_hz() / (double)s->span))
		return true;
	say("no memory");
	return false;
}

static bool
run_slices(struct rr *r)
{
	struct phase_clock clock = phase_start("rr", r->o->seconds);
	uint64_t interruptions;
	enum phase phase;
	struct slice s;

	rr_client_start(r->client);
	do {
		phase = phase_now(&clock);
		interruptions = phase_interruptions();
		rr_client_forget(r->client);
		if (!run_slice(r, &s))
			return false;
		if (phase_counts(phase, interruptions) && !add(r, &s))
			return false;
		/* What waited while the kernel had the CPU is no latency of ours. */
		if (phase_interruptions() != interruptions)
			rr_client_lose(r->client, s.longest_tsc, s.longest);
	} while (phase != PHASE_LATE || r->cycles.n < PHASE_LEAST);
	phase_end(&clock);
	return true;
}

static double
microseconds(const struct rr *r, uint32_t per_million)
{
	return (double)histogram_at(&r->latencies, per_million) * 1e6 / (double)rte_get_tsc_hz();
}

static void
tell(struct rr *r, json_t *root)
{
	struct summary cycles = series_summary(&r->cycles), rate = series_summary(&r->rate);
	double p50 = microseconds(r, 500000), p99 = microseconds(r, 990000);
	double p999 = microseconds(r, 999000);
	double most = (double)r->latencies.most * 1e6 / (double)rte_get_tsc_hz();

	printf("  %-10s %u, mode %s, %u slices of a millisecond\n\n", "conns", r->o->conns,
	       options_mode_name(r->o->mode), r->cycles.n);
	printf("  %-34s %9s %9s %9s\n", "", "min", "median", "max");
	report_series("cycles per request, the host", &cycles, "");
	report_series("requests per second, both ends", &rate, "");
	printf("\n  %-34s %9s %9s %9s %9s\n", "microseconds", "p50", "p99", "p99.9", "max");
	printf("  %-34s %9.2f %9.2f %9.2f %9.2f\n", "from a request to its answer", p50, p99, p999,
	       most);
	printf("  %-34s %9.2f\n", "p99 / p50", p99 / p50);
	json_object_set_new(root, "mode", json_string(options_mode_name(r->o->mode)));
	json_object_set_new(root, "conns", json_integer(r->o->conns));
	json_object_set_new(root, "slices", json_integer(r->cycles.n));
	json_object_set_new(root, "requests", json_integer((json_int_t)r->latencies.n));
	report_put(root, "cycles_per_request", cycles.median);
	report_put_spread(root, "cycles_per_request", &cycles);
	report_put(root, "transactions_per_second", rate.median);
	report_put_spread(root, "transactions_per_second", &rate);
	report_put(root, "latency_p50_us", p50);
	report_put(root, "latency_p99_us", p99);
	report_put(root, "latency_p999_us", p999);
	report_put(root, "latency_max_us", most);
	report_put(root, "ratio_p99_p50", p99 / p50);
}

bool
rr_run(const struct options *o, json_t *root)
{
	struct rr r = { .o = o, .link = { .o = o } };
	bool ok;

	ok = make(&r) && open_all(&r) && run_slices(&r);
	if (ok)
		tell(&r, root);
	destroy(&r);
	return ok;
}
