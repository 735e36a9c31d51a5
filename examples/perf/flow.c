/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include <recordtls/tlsnic.h>

#include "far.h"
#include "host.h"
#include "inside/open.h"
#include "inside/seal.h"
#include "inside/wire.h"
#include "link.h"
#include "phase.h"
#include "report.h"
#include "say.h"

enum {
	SLICE_BYTES = 1 << 20, /* of all connections together: about a millisecond */
	RAW_BYTES = 256 << 10, /* working set of the raw AEAD */
	RAW_TURNS = 4,         /* through it in a slice: the caches hold it, and nothing else */
	HEADERS_MAX = 20 + 32, /* IPv4, and TCP with timestamps */
	MTU_MIN = 1500,
	WIRE_MBUFS = 16384,
	NIC_MBUFS = 32768,
	SIZE_MIN = 64,
};

/* Plain TCP, and the mode that is asked for. */
enum {
	PLAIN,
	ASKED,
	KINDS,
};

struct lane {
	struct series cost;    /* cycles per byte */
	struct series segment; /* cycles per segment */
	struct series gbps;
	struct series batch; /* segments per turn */
	struct summary sum;  /* of cost */
	struct summary rate;
};

struct flow {
	const struct options *o;
	struct link link;
	struct wire *wire;
	unsigned int lcore; /* of the far end; 0: it does not run */
	struct host *host;
	struct lane lanes[KINDS][HOST_DIRS];
	/* The raw AEAD on records of the same size. */
	uint32_t raw_count;
	uint8_t *plain;
	uint8_t *opened;
	struct seal *seal;
	struct open *open;
	struct series raw[HOST_DIRS];
	struct summary raw_sum[HOST_DIRS];
};

static const char *const dir_names[HOST_DIRS] = { [HOST_TX] = "send", [HOST_RX] = "receive" };

static enum options_mode
mode_of(const struct flow *f, int kind)
{
	return kind == PLAIN ? OPTIONS_PLAIN : f->o->mode;
}

static int
nb_kinds(const struct flow *f)
{
	return f->o->mode == OPTIONS_PLAIN ? 1 : KINDS;
}

/* --- life --------------------------------------------------------------------- */

static bool
make_raw(struct flow *f)
{
	struct work w = {
		.provider = work_provider(f->o->provider),
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
	if (f->plain == NULL || f->opened == NULL) {
		say("no memory");
		return false;
	}
	rc = seal_create(&w, &f->seal);
	if (rc == 0) {
		w.name = "open";
		rc = open_create(&w, &f->open);
	}
	if (rc < 0)
		say("the record layer cannot be set up: %s", strerror(-rc));
	return rc == 0;
}

static bool
make_ports(struct flow *f)
{
	const struct rtls_tlsnic_conf conf = {
		.size = sizeof(conf),
		.nb_mbufs = NIC_MBUFS,
		.max_contexts = 4 * LINK_CONNS_MAX,
		.no_tso = !f->o->tso,
		.rings = 1,
	};
	uint16_t mtu = (uint16_t)RTE_MAX((uint32_t)MTU_MIN, f->o->mss + HEADERS_MAX);
	int rc = wire_create(mtu, WIRE_MBUFS, &f->wire);

	if (rc == 0)
		rc = rtls_tlsnic_open(wire_port(f->wire, 0), &conf, &f->link.nic);
	if (rc == 0)
		f->link.far_port = wire_port(f->wire, 1);
	else if (rc == -ENOTSUP)
		say("this librecordtls was built without the TLS NIC in software: DPDK's "
		    "rte_security_driver.h was missing");
	else
		say("the ports cannot be made: %s", strerror(-rc));
	return rc == 0;
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

static bool
make(struct flow *f)
{
	if (!make_raw(f) || !make_ports(f) || !start_far(f))
		return false;
	f->host = host_create(&f->link);
	return f->host != NULL;
}

static void
free_lane(struct lane *l)
{
	series_free(&l->cost);
	series_free(&l->segment);
	series_free(&l->gbps);
	series_free(&l->batch);
}

static void
destroy(struct flow *f)
{
	host_destroy(f->host);
	atomic_store(&f->link.stop, true);
	if (f->lcore != 0)
		rte_eal_wait_lcore(f->lcore);
	if (f->link.far_port != NULL)
		rtls_port_close(f->link.far_port);
	if (f->link.nic != NULL)
		rtls_port_close(f->link.nic);
	wire_destroy(f->wire);
	seal_destroy(f->seal);
	open_destroy(f->open);
	free(f->plain);
	free(f->opened);
	for (int dir = 0; dir < HOST_DIRS; dir++) {
		free_lane(&f->lanes[PLAIN][dir]);
		free_lane(&f->lanes[ASKED][dir]);
		series_free(&f->raw[dir]);
	}
}

/* --- measuring ---------------------------------------------------------------- */

static bool
add(struct lane *l, const struct host_result *r)
{
	double hz = (double)rte_get_tsc_hz(), cycles = (double)r->cycles;

	return series_add(&l->cost, cycles / (double)r->bytes) &&
	       series_add(&l->segment, cycles / (double)r->segments) &&
	       series_add(&l->gbps, (double)r->bytes * 8 * hz / (double)r->span / 1e9) &&
	       series_add(&l->batch, (double)r->segments / (double)r->turns);
}

static bool
no_memory(void)
{
	say("no memory");
	return false;
}

static bool
run_raw(struct flow *f, enum host_dir dir, enum phase phase)
{
	double bytes = (double)RAW_TURNS * f->raw_count * f->o->size;
	uint64_t interruptions = phase_interruptions(), all = 0, cycles;

	for (int i = 0; i < RAW_TURNS; i++) {
		cycles = dir == HOST_TX ? seal_raw(f->seal, f->raw_count) :
					  open_raw(f->open, f->raw_count);
		if (cycles == 0) {
			say("the raw AEAD failed");
			return false;
		}
		all += cycles;
	}
	if (!phase_counts(phase, interruptions))
		return true;
	return series_add(&f->raw[dir], (double)all / bytes) || no_memory();
}

static bool
run_slice(struct flow *f, int kind, enum host_dir dir, enum phase phase)
{
	uint64_t bytes = RTE_MAX((uint64_t)SLICE_BYTES / f->o->conns / f->o->size, 1u) * f->o->size;
	uint64_t interruptions = phase_interruptions();
	struct host_result r;

	if (!host_slice(f->host, mode_of(f, kind), dir, bytes, &r))
		return false;
	return !phase_counts(phase, interruptions) || add(&f->lanes[kind][dir], &r) || no_memory();
}

/* Of each mode and direction one slice: noise of the machine hits all alike. */
static bool
run_round(struct flow *f, enum phase phase)
{
	for (int dir = 0; dir < HOST_DIRS; dir++) {
		for (int kind = 0; kind < nb_kinds(f); kind++)
			if (!run_slice(f, kind, (enum host_dir)dir, phase))
				return false;
		if (!run_raw(f, (enum host_dir)dir, phase))
			return false;
	}
	return true;
}

static bool
has_enough(const struct flow *f)
{
	uint32_t least = RTE_MIN(f->raw[HOST_TX].n, f->raw[HOST_RX].n);

	for (int kind = 0; kind < nb_kinds(f); kind++)
		for (int dir = 0; dir < HOST_DIRS; dir++)
			least = RTE_MIN(least, f->lanes[kind][dir].cost.n);
	return least >= PHASE_LEAST;
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
	} while (phase != PHASE_LATE || !has_enough(f));
	phase_end(&clock);
	return true;
}

/* --- reporting ---------------------------------------------------------------- */

static void
print_lane(struct flow *f, int kind, int dir)
{
	struct lane *l = &f->lanes[kind][dir];
	char title[64], more[96];

	snprintf(title, sizeof(title), "%s, %s", options_mode_name(mode_of(f, kind)),
		 dir_names[dir]);
	snprintf(more, sizeof(more), "%10.1f %10.1f %10.3f", series_summary(&l->segment).median,
		 series_summary(&l->batch).median, l->rate.median);
	report_series(title, &l->sum, more);
}

static void
print(struct flow *f)
{
	printf("  %-10s %s, %u, a slice of %u KiB each in turn, %u times\n\n", "conns",
	       f->o->tso ? "with TSO" : "without TSO", f->o->conns, SLICE_BYTES >> 10,
	       f->lanes[PLAIN][HOST_TX].cost.n);
	printf("  %-34s %9s %9s %9s   %10s %10s %10s\n", "cycles per byte", "min", "median", "max",
	       "cycles/seg", "segs/turn", "Gbit/s");
	for (int dir = 0; dir < HOST_DIRS; dir++)
		for (int kind = 0; kind < nb_kinds(f); kind++)
			print_lane(f, kind, dir);
	report_series("raw AEAD, seal", &f->raw_sum[HOST_TX], "");
	report_series("raw AEAD, open", &f->raw_sum[HOST_RX], "");
}

static void
put_ratio(json_t *root, const char *key, double over, double under)
{
	double r = under > 0 ? over / under : 0;

	if (r > 0)
		printf("  %-34s %19.3f\n", key, r);
	report_put(root, key, r);
}

static void
put_dir(struct flow *f, json_t *root, int dir)
{
	static const char *const keys[][HOST_DIRS] = {
		{ "cycles_per_byte_tx", "cycles_per_byte_rx" },
		{ "plain_cycles_per_byte_tx", "plain_cycles_per_byte_rx" },
		{ "plain_cycles_per_segment_tx", "plain_cycles_per_segment_rx" },
		{ "ratio_software_tx", "ratio_software_rx" },
		{ "ratio_plain_tx", "ratio_plain_rx" },
		{ "goodput_tx_gbps", "goodput_rx_gbps" },
		{ "raw_seal_cycles_per_byte", "raw_open_cycles_per_byte" },
	};
	int asked = nb_kinds(f) - 1;
	double cost = f->lanes[asked][dir].sum.median, plain = f->lanes[PLAIN][dir].sum.median;
	double raw = f->raw_sum[dir].median;

	report_put(root, keys[0][dir], cost);
	report_put(root, keys[1][dir], plain);
	report_put(root, keys[2][dir], series_summary(&f->lanes[PLAIN][dir].segment).median);
	put_ratio(root, keys[3][dir], f->o->mode == OPTIONS_SOFTWARE ? cost : 0, plain + raw);
	put_ratio(root, keys[4][dir], f->o->mode != OPTIONS_PLAIN ? cost : 0, plain);
	report_put(root, keys[5][dir], f->lanes[asked][dir].rate.median);
	report_put(root, keys[6][dir], raw);
}

static void
report(struct flow *f, json_t *root)
{
	int asked = nb_kinds(f) - 1;

	for (int dir = 0; dir < HOST_DIRS; dir++) {
		for (int kind = 0; kind < nb_kinds(f); kind++) {
			f->lanes[kind][dir].sum = series_summary(&f->lanes[kind][dir].cost);
			f->lanes[kind][dir].rate = series_summary(&f->lanes[kind][dir].gbps);
		}
		f->raw_sum[dir] = series_summary(&f->raw[dir]);
	}
	print(f);
	json_object_set_new(root, "mode", json_string(options_mode_name(f->o->mode)));
	json_object_set_new(root, "conns", json_integer(f->o->conns));
	json_object_set_new(root, "tso", json_boolean(f->o->tso));
	json_object_set_new(root, "slices", json_integer(f->lanes[PLAIN][HOST_TX].cost.n));
	/* The lesser of both directions. */
	report_put(root, "goodput_gbps",
		   RTE_MIN(f->lanes[asked][HOST_TX].rate.median,
			   f->lanes[asked][HOST_RX].rate.median));
	report_put(root, "raw_cycles_per_byte", f->raw_sum[HOST_TX].median);
	for (int dir = 0; dir < HOST_DIRS; dir++)
		put_dir(f, root, dir);
	json_object_set_new(root, "retransmissions",
			    json_integer((json_int_t)host_retransmissions(f->host)));
	report_end(f->o, root);
}

int
flow_run(const struct options *o)
{
	struct flow f = { .o = o, .link = { .o = o } };
	json_t *root;
	int rc = -1;

	if (rte_lcore_count() < 2) {
		say("flow takes two lcores: give DPDK more, for example -l 0,1");
		return -1;
	}
	if (o->size < SIZE_MIN) {
		say("flow takes records of %u bytes at least", SIZE_MIN);
		return -1;
	}
	root = report_head(o);
	if (make(&f) && run_rounds(&f)) {
		report(&f, root);
		rc = 0;
	} else {
		json_decref(root);
	}
	destroy(&f);
	return rc;
}
