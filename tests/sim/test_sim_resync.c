/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * NICs that lose their place and find it again, against the resync oracle: what the NIC opened, what the
 * stack told it and what came of each record must be what the rules say, in each method and on each network.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include <recordtls/names.h>

#include "sim/draw.h"
#include "sim/draw_text.h"
#include "sim/resync_watch.h"
#include "sim/seeds.h"
#include "support/eal.h"
#include "support/harness.h"

enum { SEEDS = 10, SEEDS_FULL = 300 };

/* One whose programs read what comes, so that nothing is dropped for want of room. */
static void
draw(struct sim_conf *c, uint64_t seed, enum rtls_tls_rx_method method)
{
	static const enum draw_network networks[] = { DRAW_LOSS, DRAW_REORDER, DRAW_DUPLICATE,
						      DRAW_EVERYTHING, DRAW_LOSS };
	static const uint32_t losses[] = { 1000, 3000, 10000, 30000, 100000 };
	static const uint32_t payloads[] = { 0, 0, 512, 1400, 4096, 16384 };
	uint64_t rng = seed ^ UINT64_C(0x726573796e63);
	struct sim_end_conf *e;

	draw_sim(c, seed, networks[seed % HARNESS_COUNT(networks)]);
	c->nb_mbufs = c->mtu > 1500 ? 2047 : 8191;
	c->lazy_free = 0;
	for (int i = 0; i < 2; i++) {
		e = &c->end[i];
		e->nic = SIM_NIC_USED;
		e->nic_conf = (struct rtls_tlsnic_conf){
			.size = sizeof(e->nic_conf),
			.max_contexts = 8,
			.nb_mbufs = c->nb_mbufs,
			.rx_method = (uint8_t)method,
		};
		if (e->path.loss_ppm != 0)
			e->path.loss_ppm = losses[harness_below(&rng, HARNESS_COUNT(losses))];
		e->nb_large = 0;
		e->sndbuf = e->rcvbuf = 1 << 20;
		e->app.read_max = APP_IO_MAX;
		e->app.pause_pct = 0;
		/* What may be a KeyUpdate is in the oracle; who reads control records ahead is not. */
		e->app.control_pct = 0;
		e->app.max_payload = payloads[harness_below(&rng, HARNESS_COUNT(payloads))];
		e->app.waits = e->app.closes = false;
		if (e->app.max_seg == 0 || e->app.max_seg > 100)
			e->app.bytes = 200000 + harness_below(&rng, 400000);
	}
}

/* The same with NICs that fail. How far their crypto goes in a poll the oracle does not know: as far as need be. */
static void
draw_failing(struct sim_conf *c, uint64_t seed)
{
	draw(c, seed, RTLS_TLS_RX_NONE);
	draw_faults(c, seed);
	c->end[0].nic_conf.crypto_bytes = c->end[1].nic_conf.crypto_bytes = 0;
}

static void
print_faults(const uint64_t struck[RTLS_TLSNIC_FAULTS], uint64_t n)
{
	uint64_t all = 0;

	printf("# faults that struck:");
	for (unsigned int i = 0; i < RTLS_TLSNIC_LIE_PLAINTEXT; i++) {
		printf(" %s %" PRIu64, rtls_tlsnic_fault_name((enum rtls_tlsnic_fault)i),
		       struck[i]);
		all += struck[i];
	}
	printf("\n");
	/* Some are rare: who asks has lost its place, and no question is wrong but its own. */
	CU_ASSERT(n < SEEDS || all != 0);
}

/* Of the method, or by any, with NICs that fail. */
static void
play(enum rtls_tls_rx_method method, enum resync_watch_how how)
{
	bool fails = method == RTLS_TLS_RX_NONE;
	uint64_t first = harness_seed(), n = seeds_count(SEEDS, SEEDS_FULL), differ = 0,
		 records[3] = { 0 };
	uint64_t led = 0, at_once = 0, struck[RTLS_TLSNIC_FAULTS] = { 0 };
	struct resync_watch_report w;
	struct sim_report sim;
	struct sim_conf conf;
	char text[1024];

	for (uint64_t i = 0; i < n; i++) {
		if (fails)
			draw_failing(&conf, first + i);
		else
			draw(&conf, first + i, method);
		resync_watch_play(&conf, how, &sim, &w);
		for (int e = 0; e < 2; e++) {
			for (int k = 0; k < 3; k++)
				records[k] += w.end[e].records[k];
			for (int k = 0; k < RTLS_TLSNIC_FAULTS; k++)
				struck[k] += w.end[e].struck[k];
			led += w.end[e].led;
			at_once += w.end[e].at_once;
			CU_ASSERT(how != RESYNC_WATCH_DEAF || sim.tls[e].rx_taken == 0);
		}
		if (w.error[0] == '\0' && sim.error[0] == '\0')
			continue;
		differ++;
		draw_text(&conf, text, sizeof(text));
		printf("# RECORDTLS_SEED=%" PRIu64 ": %s%s%s\n# %s\n", first + i, sim.error,
		       sim.error[0] != '\0' && w.error[0] != '\0' ? "; " : "", w.error, text);
	}
	CU_ASSERT(method == RTLS_TLS_RX_IN_ORDER || n < SEEDS || records[ORACLE_OPENED] > n);
	printf("# %" PRIu64 " seeds: records untouched %" PRIu64 ", opened %" PRIu64
	       ", mixed %" PRIu64 "; led %" PRIu64 " times, %" PRIu64
	       " in step by the second packet\n",
	       n, records[ORACLE_UNTOUCHED], records[ORACLE_OPENED], records[ORACLE_MIXED], led,
	       at_once);
	if (fails)
		print_faults(struck, n);
	CU_ASSERT_EQUAL(differ, 0);
}

static void
test_in_order(void)
{
	play(RTLS_TLS_RX_IN_ORDER, RESYNC_WATCH_PLAIN);
}

static void
test_scan(void)
{
	play(RTLS_TLS_RX_SCAN, RESYNC_WATCH_PLAIN);
}

static void
test_delayed(void)
{
	play(RTLS_TLS_RX_SCAN_DELAYED, RESYNC_WATCH_PLAIN);
}

static void
test_stack(void)
{
	play(RTLS_TLS_RX_STACK, RESYNC_WATCH_PLAIN);
}

/* Whoever hears nothing opens what it can without that, and all of the plaintext is right. */
static void
test_deaf(void)
{
	play(RTLS_TLS_RX_SCAN, RESYNC_WATCH_DEAF);
}

static void
test_deaf_delayed(void)
{
	play(RTLS_TLS_RX_SCAN_DELAYED, RESYNC_WATCH_DEAF);
}

/* Faults of NICs, which the oracle is told of when they strike. */
static void
test_faults(void)
{
	play(RTLS_TLS_RX_NONE, RESYNC_WATCH_PLAIN);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "records in order", test_in_order },
		{ "scan", test_scan },
		{ "scan, delayed", test_delayed },
		{ "by the stack", test_stack },
		{ "scan, and never an answer", test_deaf },
		{ "scan, delayed, and never an answer", test_deaf_delayed },
		{ "by any method, and NICs that fail", test_faults },
	};

	if (eal_start("sim-resync") != 0)
		return EXIT_FAILURE;
	return harness_run("sim/resync", cases, HARNESS_COUNT(cases));
}
