/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "common/say.h"
#include "costs.h"
#include "far.h"
#include "floor.h"
#include "host.h"
#include "inside/hold.h"
#include "inside/open.h"
#include "inside/seal.h"
#include "link.h"
#include "phase.h"

enum {
	SLICE_BYTES = 1 << 20, /* of all connections together: about a millisecond */
	RAW_BYTES = 256 << 10, /* working set of the raw AEAD */
	RAW_TURNS = 4,         /* through it in a slice: the caches hold it, and nothing else */
	SNDBUF = 256 << 10,
	RCVBUF = 512 << 10,
	POOL_BYTES = 32 << 20,
	POOL_MIN = 4096,
	SLICE_FLIGHTS = 4,        /* what is in flight so often, at least */
	ROOM_FLIGHTS = 2,         /* one is in flight, one follows it */
	FLOOR_SEGMENTS = 1 << 10, /* of a slice */
	FLOOR_IN_FLIGHT = 64,     /* where nothing else is asked for: two bursts */
};

struct flow {
	const struct options *o;
	struct link link;
	unsigned int lcore; /* of the far end; 0: it does not run */
	struct far *far;    /* on this lcore; NULL: it has its own */
	struct floor *floor;
	struct host *host;
	struct costs costs;
	/* The raw AEAD on records of the same size. */
	uint32_t raw_count;
	uint8_t *plain;
	uint8_t *opened;
	struct seal *seal;
	struct open *open;
};

/* --- life --------------------------------------------------------------------- */

static bool
no_memory(void)
{
	say("no memory");
	return false;
}

static bool
make_raw(struct flow *f)
{
	struct work w = {
		.provider = work_provider(),
		.suite = f->o->suite,
		.name = "seal",
		.tls = f->o->tls,
		.size = f->o->size,
		.mss = f->o->mss,
		.count = work_count(f->o->size, RAW_BYTES),
	};
	int rc;

	f->raw_count = w.count;
	w.plain = f->plain = calloc(w.count, w.size);
	w.opened = f->opened = calloc(1, (size_t)w.count * w.size + 1);
	if (f->plain == NULL || f->opened == NULL)
		return no_memory();
	rc = seal_create(&w, &f->seal);
	if (rc == 0) {
		w.name = "open";
		rc = open_create(&w, &f->open);
	}
	if (rc < 0)
		say("the record layer cannot be set up: %s", strerror(-rc));
	return rc == 0;
}

/* Buffer room of a connection, so that all together have in flight what is asked for. */
static uint32_t
room(const struct options *o, uint32_t least)
{
	return RTE_MAX(least, ROOM_FLIGHTS * o->in_flight / o->conns * o->mss);
}

static struct link_sizes
make_sizes(const struct options *o)
{
	uint32_t sndbuf = room(o, SNDBUF);

	return (struct link_sizes){
		.max_socks = LINK_CONNS_MAX * LINK_MODES + 1,
		.nb_small = RTE_MAX(2048u, o->conns * (sndbuf / 256 + 64)),
		.nb_medium = RTE_MAX(2048u, o->conns * (sndbuf / 2048 + 64)),
		.nb_large = RTE_MAX(1024u, o->conns * (sndbuf / 16384 + 32)),
		.sndbuf = sndbuf,
		.rcvbuf = room(o, RCVBUF),
	};
}

static bool
make_ports(struct flow *f)
{
	f->link.sizes = make_sizes(f->o);
	return link_open(&f->link, RTE_MAX((uint32_t)POOL_BYTES / f->o->mss, (uint32_t)POOL_MIN));
}

static bool
start_far(struct flow *f)
{
	f->lcore = rte_get_next_lcore(-1, 1, 0);
	if (rte_eal_remote_launch(far_main, &f->link, f->lcore) != 0) {
		say("the second lcore does not start");
		f->lcore = 0;
		return false;
	}
	while (atomic_load(&f->link.far) == LINK_FAR_STARTS)
		rte_delay_us_sleep(1000);
	return atomic_load(&f->link.far) == LINK_FAR_READY;
}

static void
step(void *arg)
{
	far_turn(arg);
}

/* What is in flight is held on the way from either end. */
static bool
make_holds(struct flow *f)
{
	if (f->o->in_flight == 0)
		return true;
	f->link.holds[0] = hold_create(f->link.nic);
	f->link.holds[1] = hold_create(f->link.far_port);
	return (f->link.holds[0] != NULL && f->link.holds[1] != NULL) || no_memory();
}

/* The far end on this lcore. */
static bool
make_far(struct flow *f)
{
	f->floor = floor_create(f->o->mss,
				f->o->in_flight > 0 ? f->o->in_flight : (uint32_t)FLOOR_IN_FLIGHT);
	if (f->floor == NULL)
		return no_memory();
	if (!make_holds(f))
		return false;
	f->far = far_create(&f->link);
	f->link.step = step;
	f->link.step_arg = f->far;
	return f->far != NULL;
}

static bool
make(struct flow *f)
{
	if (!make_raw(f) || !make_ports(f))
		return false;
	if (!(f->o->one_core ? make_far(f) : start_far(f)))
		return false;
	f->host = host_create(&f->link);
	return f->host != NULL;
}

static void
destroy(struct flow *f)
{
	host_destroy(f->host);
	atomic_store(&f->link.stop, true);
	if (f->lcore != 0)
		rte_eal_wait_lcore(f->lcore);
	far_destroy(f->far);
	hold_destroy(f->link.holds[0]);
	hold_destroy(f->link.holds[1]);
	floor_destroy(f->floor);
	link_close(&f->link);
	seal_destroy(f->seal);
	open_destroy(f->open);
	free(f->plain);
	free(f->opened);
	costs_free(&f->costs);
}

/* --- measuring ---------------------------------------------------------------- */

static bool
run_raw(struct flow *f, enum host_dir dir, enum phase phase)
{
	double bytes = (double)(RAW_TURNS - 1) * f->raw_count * f->o->size;
	uint64_t interruptions = phase_interruptions(), all = 0, cycles;

	for (int i = 0; i < RAW_TURNS; i++) {
		cycles = dir == HOST_TX ? seal_raw(f->seal, f->raw_count) :
					  open_raw(f->open, f->raw_count);
		if (cycles == 0) {
			say("the raw AEAD failed");
			return false;
		}
		/* The first time brings it back into the caches. */
		if (i > 0)
			all += cycles;
	}
	if (!phase_counts(phase, interruptions))
		return true;
	return series_add(&f->costs.raw[dir], (double)all / bytes) || no_memory();
}

static bool
run_slice(struct flow *f, int kind, enum host_dir dir, enum phase phase)
{
	uint64_t bytes = RTE_MAX(f->costs.slice / f->o->conns / f->o->size, 1u) * f->o->size;
	enum options_mode mode = costs_mode(&f->costs, kind);
	uint64_t interruptions;
	struct host_result r;

	/*
	 * What is in flight is more than the nearest caches hold: the first time brings back what
	 * others have pushed out of all of them since.
	 */
	if (f->o->in_flight > 0 && !host_slice(f->host, mode, dir, bytes, &r))
		return false;
	interruptions = phase_interruptions();
	if (!host_slice(f->host, mode, dir, bytes, &r))
		return false;
	return !phase_counts(phase, interruptions) || costs_add(&f->costs, kind, dir, &r) ||
	       no_memory();
}

static bool
run_floor(struct flow *f, enum host_dir dir, enum phase phase)
{
	uint32_t n = RTE_MAX((uint32_t)FLOOR_SEGMENTS, SLICE_FLIGHTS * f->o->in_flight);
	uint64_t interruptions, copy, cycles;

	/* As a slice. */
	if (f->o->in_flight > 0)
		floor_run(f->floor, dir, n, &copy);
	interruptions = phase_interruptions();
	cycles = floor_run(f->floor, dir, n, &copy);
	if (!phase_counts(phase, interruptions))
		return true;
	return (series_add(&f->costs.floor[dir], (double)cycles / n) &&
		series_add(&f->costs.copy[dir], (double)copy / n)) ||
	       no_memory();
}

/* Of each mode and direction one slice: noise of the machine hits all alike. */
static bool
run_slices(struct flow *f, enum phase phase)
{
	/*
	 * Both directions of a mode, then the next one: with two slices of sending one behind the
	 * other the second had to fetch from the other lcore what that has just read for the first.
	 */
	for (int kind = 0; kind < costs_kinds(&f->costs); kind++)
		for (int dir = 0; dir < HOST_DIRS; dir++)
			if (!run_slice(f, kind, (enum host_dir)dir, phase))
				return false;
	return true;
}

static bool
run_round(struct flow *f, enum phase phase)
{
	if (!run_slices(f, phase))
		return false;
	for (int dir = 0; dir < HOST_DIRS; dir++) {
		if (!run_raw(f, (enum host_dir)dir, phase))
			return false;
		if (f->floor != NULL && !run_floor(f, (enum host_dir)dir, phase))
			return false;
	}
	return true;
}

static bool
run_rounds(struct flow *f)
{
	struct phase_clock clock = phase_start("flow", f->o->seconds);
	enum phase phase;

	do {
		phase = phase_now(&clock);
		if (!run_round(f, phase))
			return false;
	} while (phase != PHASE_LATE || costs_least(&f->costs) < PHASE_LEAST);
	phase_end(&clock);
	return true;
}

bool
flow_run(const struct options *o, json_t *root)
{
	struct flow f = {
		.o = o,
		.link = { .o = o },
		.costs = { .o = o,
			   .slice = RTE_MAX((uint32_t)SLICE_BYTES,
					    SLICE_FLIGHTS * o->in_flight * o->mss) },
	};
	bool ok;

	if (!o->one_core && rte_lcore_count() < 2) {
		say("flow takes two lcores: give DPDK more, for example -l 0,1, or --one-core");
		return false;
	}
	ok = make(&f) && run_rounds(&f);
	if (ok) {
		f.costs.retransmissions = host_retransmissions(f.host);
		costs_report(&f.costs, root);
	}
	destroy(&f);
	return ok;
}
