/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A transfer, while somebody on the path sends what TCP refuses, at a rate: segments far off, and at the
 * byte that the NIC expects, with legal headers. Each costs the NIC its place once at most: it opens nine
 * records of ten, by each method, and the connection lives.
 *
 * What a forged segment costs is a number of records, so what share is left is a matter of how many records
 * there are in a second. At 1 Gbit/s these are 7,600 of 16 KiB.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "sim/seeds.h"
#include "support/eal.h"
#include "support/harness.h"

enum { PER_S = 100, BUFFER = 1 << 19 };

static const uint64_t GBIT = UINT64_C(1000000000);

static void
make(struct sim_conf *c, uint64_t seed, enum rtls_tls_rx_method method, uint64_t bits_per_s)
{
	draw_sim(c, seed, DRAW_PERFECT);
	c->mtu = 1500;
	c->caps = 7;
	c->tso_max = 65535 - 20 - 60;
	c->nb_mbufs = 8191;
	c->lazy_free = c->rx_seg_len = 0;
	for (int i = 0; i < 2; i++) {
		struct sim_end_conf *e = &c->end[i];

		e->path = (struct cable_path){
			.spare_arp = true,
			.delay_us = 100,
			.bits_per_s = bits_per_s,
		};
		e->plain_len = 0;
		e->nb_large = 256;
		e->sndbuf = e->rcvbuf = BUFFER;
		e->app.bytes = i == 0 ? 64 << 20 : 1000;
		e->app.chunk_max = e->app.read_max = APP_IO_MAX;
		e->app.max_payload = 16384;
		e->app.more_pct = 100;
		e->app.max_seg = e->app.control_pct = e->app.pause_pct = 0;
		e->app.answers = e->app.waits = e->app.closes = false;
	}
	c->end[1].nic = SIM_NIC_USED;
	c->end[1].nic_conf = (struct rtls_tlsnic_conf){
		.size = sizeof(c->end[1].nic_conf),
		.max_contexts = 8,
		.nb_mbufs = 8191,
		.rx_method = (uint8_t)method,
	};
	c->forged = true;
	c->forger = (struct forger_conf){
		.seed = seed,
		.seg_max = 1440,
		.gentle = true,
		.in_line = true,
		.flood_per_s = { PER_S, PER_S },
	};
}

static void
play(enum rtls_tls_rx_method method, uint64_t bits_per_s)
{
	static const char *const names[] = {
		[RTLS_TLS_RX_SCAN] = "scan",
		[RTLS_TLS_RX_SCAN_DELAYED] = "scan, delayed",
		[RTLS_TLS_RX_STACK] = "stack-driven",
	};
	uint64_t seed = harness_seed() + method;
	const struct sim_tls *t;
	struct sim_report r;
	struct sim_conf c;
	double share;

	make(&c, seed, method, bits_per_s);
	CU_ASSERT(seeds_plays(&c, seed, &r));
	t = &r.tls[1];
	share = (double)t->rx_nic_records / (double)t->rx_records;
	printf("# %s, %" PRIu64 " Mbit/s: %" PRIu64 " records in %" PRIu64 " ms, %" PRIu64
	       " in part, by the NIC %.4f; far %" PRIu64 ", at the expected byte %" PRIu64
	       ", of these %" PRIu64 " where a record begins\n",
	       names[method], bits_per_s / 1000000, t->rx_records, r.received_us[1] / 1000,
	       t->rx_mixed_records, share, r.forger.flooded[FORGER_FAR],
	       r.forger.flooded[FORGER_NEAR], r.forger.at_header);
	CU_ASSERT(share >= 0.9);
	CU_ASSERT(r.forger.flooded[FORGER_FAR] * 10000000 >= r.received_us[1] * PER_S * 9);
	CU_ASSERT(r.forger.flooded[FORGER_NEAR] * 10000000 >= r.received_us[1] * PER_S * 9);
	CU_ASSERT(r.forger.at_header > 0);
}

static void
test_method(enum rtls_tls_rx_method method)
{
	play(method, GBIT);
	if (harness_full())
		play(method, 10 * GBIT);
}

static void
test_scan(void)
{
	test_method(RTLS_TLS_RX_SCAN);
}

static void
test_delayed(void)
{
	test_method(RTLS_TLS_RX_SCAN_DELAYED);
}

static void
test_stack(void)
{
	test_method(RTLS_TLS_RX_STACK);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a NIC that scans", test_scan },
		{ "a NIC that scans, and asks by events", test_delayed },
		{ "a NIC that is told", test_stack },
	};

	if (eal_start("sim-refused") != 0)
		return EXIT_FAILURE;
	return harness_run("sim/refused", cases, HARNESS_COUNT(cases));
}
