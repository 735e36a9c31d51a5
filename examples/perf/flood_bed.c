/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "flood_bed.h"

#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "common/say.h"
#include "inside/crowd.h"
#include "phase.h"

enum {
	WAY_US = 5000, /* to those who come: the round trip is twice as long */
	SNDBUF = 256 << 10,
	RCVBUF = 512 << 10,
	WIRE_MBUFS = 4096, /* and of each download what is in flight, and acknowledgements */
	WIRE_ACKS = 64,
	SPARE_SOCKS = 64,
	TIME_WAIT_US = 100000,
	PATIENCE_US = 5000000,
	OPENING_US = 100, /* so often the downloads are looked at */
	IDLE_US = 2,      /* a turn of the host in which nothing was done takes so long */
	LONG_US = 50,     /* a turn: did the kernel take the CPU away? */
	SECOND_US = 1000000,
};

/* --- turns ---------------------------------------------------------------------- */

static uint64_t
cycles_of(uint64_t us)
{
	return rte_get_tsc_hz() / SECOND_US * us;
}

uint64_t
flood_bed_now_us(const struct flood_bed *b)
{
	return link_now_us(b->start_tsc + b->passed);
}

/* By a turn that began then. From a long one the kernel may have taken the CPU away: the rest is the kernel's. */
static uint64_t
taken_since(struct flood_bed *b, uint64_t before, uint64_t *interrupted)
{
	uint64_t cycles = rte_rdtsc() - before, most = cycles_of(LONG_US), interruptions;

	if (cycles <= most)
		return cycles;
	interruptions = phase_interruptions();
	if (interruptions == b->interruptions)
		return cycles;
	b->interruptions = interruptions;
	++*interrupted;
	return most;
}

static void
forge(struct flood_bed *b, uint64_t passed, struct flood_work *w)
{
	uint32_t n, taken;

	b->due += passed * b->o->syns;
	n = (uint32_t)(b->due / rte_get_tsc_hz());
	b->due -= n * rte_get_tsc_hz();
	taken = crowd_forge(b->crowd, n, flood_bed_now_us(b));
	w->syns += taken;
	w->lost += n - taken;
}

/* The host's, which is the time that passes; the others', for which it stands still; and the forger's. */
static void
turn(struct flood_bed *b, struct flood_work *w)
{
	uint64_t start = b->passed, before = rte_rdtsc(), host, others, elsewhere = 0;
	bool did = flood_server_turn(b->server, flood_bed_now_us(b));

	host = taken_since(b, before, &w->interrupted);
	if (did)
		w->busy += host;
	b->passed += did ? host : RTE_MAX(host, cycles_of(IDLE_US));

	before = rte_rdtsc();
	flood_clients_turn(b->clients, flood_bed_now_us(b));
	others = taken_since(b, before, b->o->one_core ? &w->interrupted : &elsewhere);
	if (b->o->one_core && did)
		b->passed += others;

	if (b->flooded)
		forge(b, b->passed - start, w);
}

struct flood_work
flood_bed_run(struct flood_bed *b, uint64_t us)
{
	uint64_t start = b->passed, bytes = flood_clients_bytes(b->clients);
	struct flood_work w = { 0 };

	while (b->passed - start < cycles_of(us))
		turn(b, &w);
	w.cycles = b->passed - start;
	w.bytes = flood_clients_bytes(b->clients) - bytes;
	return w;
}

bool
flood_bed_fine(const struct flood_bed *b)
{
	int rc = flood_server_error(b->server);

	if (rc == 0)
		rc = flood_clients_error(b->clients);
	if (rc != 0)
		say("a download failed: %s", strerror(-rc));
	return rc == 0;
}

/* --- life ----------------------------------------------------------------------- */

static void
step(void *arg)
{
	struct flood_bed *b = arg;

	flood_clients_turn(b->clients, link_now_us(rte_rdtsc()));
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
make(struct flood_bed *b)
{
	uint32_t packets = WIRE_MBUFS + b->o->conns * (SNDBUF / b->o->mss + WIRE_ACKS);

	if (!link_open(&b->link, packets))
		return false;
	b->line = b->link.far_port;
	b->crowd = crowd_create(b->line, b->link.nic, WAY_US);
	if (b->crowd == NULL) {
		say("no memory");
		return false;
	}
	b->link.far_port = crowd_port(b->crowd, CROWD_NEAR);
	b->link.third_port = crowd_port(b->crowd, CROWD_FAR);
	b->link.sizes = make_sizes(b->o, false);
	b->clients = flood_clients_create(&b->link, b->crowd);
	if (b->clients == NULL)
		return false;
	b->link.step = step;
	b->link.step_arg = b;
	b->link.sizes = make_sizes(b->o, true);
	b->server = flood_server_create(&b->link);
	return b->server != NULL;
}

static bool
all_open(const struct flood_bed *b)
{
	return flood_server_ready(b->server) == b->o->conns &&
	       flood_clients_ready(b->clients) == b->o->conns &&
	       flood_server_not_in_mode(b->server) == NULL;
}

static bool
open_all(struct flood_bed *b)
{
	uint64_t end_us = flood_bed_now_us(b) + PATIENCE_US;
	const struct rtls_sock *k;

	while (!all_open(b) && flood_bed_now_us(b) < end_us) {
		(void)flood_bed_run(b, OPENING_US);
		if (!flood_bed_fine(b))
			return false;
	}
	k = flood_server_not_in_mode(b->server);
	if (k != NULL)
		link_say_mode(k);
	else if (!all_open(b))
		say("the downloads do not come through");
	else
		flood_server_start(b->server);
	return all_open(b);
}

bool
flood_bed_open(struct flood_bed *b, const struct options *o)
{
	*b = (struct flood_bed){
		.o = o,
		.link = { .o = o },
		.start_tsc = rte_rdtsc(),
		.interruptions = phase_interruptions(),
	};
	return make(b) && open_all(b);
}

void
flood_bed_close(struct flood_bed *b)
{
	flood_server_destroy(b->server);
	if (b->crowd != NULL)
		crowd_cut(b->crowd);
	flood_clients_destroy(b->clients);
	crowd_destroy(b->crowd);
	if (b->line != NULL)
		b->link.far_port = b->line;
	link_close(&b->link);
}
