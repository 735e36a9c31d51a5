/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "conns.h"

#include <stdio.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "common/say.h"
#include "conns_client.h"
#include "conns_server.h"
#include "inside/idle.h"
#include "phase.h"
#include "report.h"

enum {
	SLICE_PER_S = 100, /* slices of a second */
	PATIENCE_US = 5000000,
	QUIET_US = 50000, /* then nothing moves on connections that stay */
	TIME_WAIT_US = 1000,
	WIRE_MBUFS = 8192,
	SPARE_SOCKS = 1024,
};

struct conns {
	const struct options *o;
	struct link link;
	struct conns_server *server;
	struct conns_client *client;
	struct series cycles[CONNS_KINDS]; /* of the host per connection */
	struct series rate[CONNS_KINDS];   /* connections per second of both ends on their core */
	struct idle idle[CONNS_KINDS];     /* per connection and end; of CONNS_RESUMED nothing */
};

struct slice {
	uint64_t cycles;
	uint64_t span;
	uint64_t closed;
};

static const char *const titles[CONNS_KINDS] = {
	[CONNS_TCP] = "TCP, set up and closed",
	[CONNS_FULL] = "TLS, full handshake",
	[CONNS_RESUMED] = "TLS, resumed",
};

static int
kinds(const struct conns *c)
{
	return c->o->mode == OPTIONS_PLAIN ? 1 : CONNS_KINDS;
}

static void
step(void *arg)
{
	conns_client_turn(arg);
}

/* A side that closed first waits, so that there are more sockets and ports than connections. */
static bool
make(struct conns *c)
{
	c->link.sizes = (struct link_sizes){
		.max_socks = 2 * c->o->conns + SPARE_SOCKS,
		.nb_medium = 2048 + 4 * c->o->conns,
		.max_syn = 2048 + 4 * c->o->conns, /* in buckets: not all of them fill */
		.time_wait_us = TIME_WAIT_US,
	};
	if (!link_open(&c->link, WIRE_MBUFS + 4 * c->o->conns))
		return false;
	c->client = conns_client_create(&c->link);
	if (c->client == NULL)
		return false;
	c->link.step = step;
	c->link.step_arg = c->client;
	c->server = conns_server_create(&c->link);
	return c->server != NULL;
}

static void
destroy(struct conns *c)
{
	conns_server_destroy(c->server);
	conns_client_destroy(c->client);
	link_close(&c->link);
	for (int kind = 0; kind < CONNS_KINDS; kind++) {
		series_free(&c->cycles[kind]);
		series_free(&c->rate[kind]);
	}
}

static bool
fine(const struct conns *c, bool late)
{
	const char *error = conns_client_error(c->client);

	if (error != NULL)
		say("a connection failed: %s", error);
	else if (conns_server_failed(c->server) > 0)
		say("the host gave up a connection");
	else if (late)
		say("the host does not answer");
	else
		return true;
	return false;
}

static bool
turn(struct conns *c, struct slice *s)
{
	uint64_t now_us = link_now_us(rte_rdtsc()), before = rte_rdtsc();

	if (conns_server_turn(c->server, now_us))
		s->cycles += rte_rdtsc() - before;
	link_step(&c->link);
	return conns_client_error(c->client) == NULL && conns_server_failed(c->server) == 0;
}

static bool
is_late(uint64_t since_us)
{
	return link_now_us(rte_rdtsc()) - since_us > PATIENCE_US;
}

/* At least as many connections as there are at once: they go in step. */
static bool
run_slice(struct conns *c, struct slice *s)
{
	uint64_t start = rte_rdtsc(), before = conns_server_closed(c->server);
	uint64_t least = rte_get_tsc_hz() / SLICE_PER_S;
	uint64_t closed_us = link_now_us(start), closed;
	bool late = false;

	*s = (struct slice){ 0 };
	while (!late && (s->span < least || s->closed < c->o->conns)) {
		if (!turn(c, s))
			break;
		closed = conns_server_closed(c->server) - before;
		s->span = rte_rdtsc() - start;
		if (closed > s->closed)
			closed_us = link_now_us(start + s->span);
		s->closed = closed;
		late = is_late(closed_us);
	}
	return fine(c, late);
}

/* All of them go; what the host still owes them, too. */
static bool
drain(struct conns *c)
{
	struct rtls_stack_info info = { .size = sizeof(info), .socks_in_use = 2 };
	uint64_t since_us = link_now_us(rte_rdtsc()), gone_us = since_us, now_us = since_us;
	struct slice s = { 0 };

	conns_client_stop(c->client);
	while (now_us - gone_us < QUIET_US && !is_late(since_us)) {
		if (!turn(c, &s))
			break;
		rtls_stack_info(conns_server_stack(c->server), &info);
		now_us = link_now_us(rte_rdtsc());
		/* But the listener. */
		if (conns_client_open(c->client) > 0 || info.socks_in_use > 1)
			gone_us = now_us;
	}
	return fine(c, now_us - gone_us < QUIET_US);
}

static bool
add(struct conns *c, enum conns_kind kind, const struct slice *s)
{
	double closed = (double)s->closed;

	if (series_add(&c->cycles[kind], (double)s->cycles / closed) &&
	    series_add(&c->rate[kind], closed * (double)rte_get_tsc_hz() / (double)s->span))
		return true;
	say("no memory");
	return false;
}

static bool
run_kind(struct conns *c, enum conns_kind kind)
{
	struct phase_clock clock = phase_start(titles[kind], c->o->seconds / kinds(c));
	uint64_t interruptions;
	enum phase phase;
	struct slice s;

	conns_server_kind(c->server, kind);
	conns_client_start(c->client, kind, false);
	do {
		phase = phase_now(&clock);
		interruptions = phase_interruptions();
		if (!run_slice(c, &s))
			return false;
		if (phase_counts(phase, interruptions) && !add(c, kind, &s))
			return false;
	} while (phase != PHASE_LATE || c->cycles[kind].n < PHASE_LEAST);
	phase_end(&clock);
	return drain(c);
}

/* For a while, with connections that open. */
static bool
turn_until_quiet(struct conns *c)
{
	uint64_t since_us = link_now_us(rte_rdtsc()), ready_us = since_us, now_us = since_us;
	struct slice s = { 0 };

	while (now_us - ready_us < QUIET_US && !is_late(since_us)) {
		if (!turn(c, &s))
			break;
		now_us = link_now_us(rte_rdtsc());
		if (conns_client_ready(c->client) < c->o->conns)
			ready_us = now_us;
	}
	return fine(c, now_us - ready_us < QUIET_US);
}

/* Both ends have as much on the heap. */
static bool
count_idle(struct conns *c, enum conns_kind kind)
{
	struct idle before = idle_count(conns_server_stack(c->server), "host"), after;
	uint64_t n = c->o->conns;

	conns_server_kind(c->server, kind);
	conns_client_start(c->client, kind, true);
	if (!turn_until_quiet(c))
		return false;
	after = idle_count(conns_server_stack(c->server), "host");
	c->idle[kind] = (struct idle){
		.sockets = (after.sockets - before.sockets) / n,
		.pools = (after.pools - before.pools) / n,
		.heap = after.heap > before.heap ? (after.heap - before.heap) / n / 2 : 0,
	};
	return drain(c);
}

static bool
run_all(struct conns *c)
{
	for (int kind = 0; kind < kinds(c); kind++)
		if (!run_kind(c, (enum conns_kind)kind))
			return false;
	return count_idle(c, CONNS_TCP) && (kinds(c) == 1 || count_idle(c, CONNS_FULL));
}

static void
print_idle(const char *title, const struct idle *i)
{
	printf("  %-34s %9u %9u %9u\n", title, (unsigned int)i->sockets, (unsigned int)i->pools,
	       (unsigned int)i->heap);
}

static void
print(struct conns *c)
{
	struct summary cycles, rate;
	char more[32];

	printf("  %-10s %u at once, mode %s\n\n", "conns", c->o->conns,
	       options_mode_name(c->o->mode));
	printf("  %-34s %9s %9s %9s   %10s\n", "the host's cycles per connection", "min", "median",
	       "max", "per second");
	for (int kind = 0; kind < kinds(c); kind++) {
		cycles = series_summary(&c->cycles[kind]);
		rate = series_summary(&c->rate[kind]);
		snprintf(more, sizeof(more), "%10.0f", rate.median);
		report_series(titles[kind], &cycles, more);
	}
	printf("\n  %-34s %9s %9s %9s\n", "bytes of an idle connection", "socket", "pools", "heap");
	print_idle("TCP", &c->idle[CONNS_TCP]);
	if (kinds(c) > 1)
		print_idle("TLS, the heap with libssl's", &c->idle[CONNS_FULL]);
}

static void
put_kind(struct conns *c, json_t *root, enum conns_kind kind)
{
	static const char *const keys[CONNS_KINDS][2] = {
		[CONNS_TCP] = { "tcp_cycles", "tcp_per_second" },
		[CONNS_FULL] = { "tls_full_cycles", "tls_full_per_second" },
		[CONNS_RESUMED] = { "tls_resumed_cycles", "tls_resumed_per_second" },
	};

	struct summary cycles = series_summary(&c->cycles[kind]);
	struct summary rate = series_summary(&c->rate[kind]);

	report_put(root, keys[kind][0], cycles.median);
	report_put_spread(root, keys[kind][0], &cycles);
	report_put(root, keys[kind][1], rate.median);
	report_put_spread(root, keys[kind][1], &rate);
}

static void
tell(struct conns *c, json_t *root)
{
	const struct idle *tcp = &c->idle[CONNS_TCP], *tls = &c->idle[CONNS_FULL];

	print(c);
	json_object_set_new(root, "mode", json_string(options_mode_name(c->o->mode)));
	json_object_set_new(root, "conns", json_integer(c->o->conns));
	for (int kind = 0; kind < CONNS_KINDS; kind++)
		put_kind(c, root, (enum conns_kind)kind);
	report_put(root, "idle_tcp_bytes", (double)(tcp->sockets + tcp->pools));
	report_put(root, "idle_tls_bytes", (double)(tls->sockets + tls->pools));
	report_put(root, "idle_tls_heap_bytes", (double)tls->heap);
}

bool
conns_run(const struct options *o, json_t *root)
{
	struct conns c = { .o = o, .link = { .o = o } };
	bool ok;

	ok = make(&c) && run_all(&c);
	if (ok)
		tell(&c, root);
	destroy(&c);
	return ok;
}
