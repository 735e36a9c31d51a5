/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The simulator with TLS NICs: seeds as in test_sim.c, and runs that must be on the wire
 * what the same runs are in software.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "sim/seeds.h"
#include "support/eal.h"
#include "support/harness.h"

enum { SECOND = 1000000 };

/* --- seeds ------------------------------------------------------------------- */

static void
test_perfect(void)
{
	struct seeds_totals t = seeds_play(DRAW_PERFECT, SEEDS_NIC);

	if (seeds_few())
		return;
	CU_ASSERT(t.tls.tx_nic_bytes > t.tls.tx_bytes / 2);
	CU_ASSERT(t.tls.rx_nic_records > t.tls.rx_records / 2);
}

static void
test_loss(void)
{
	struct seeds_totals t = seeds_play(DRAW_LOSS, SEEDS_NIC);

	if (seeds_few())
		return;
	CU_ASSERT(t.lost > t.plays && t.retransmitted > t.plays);
	CU_ASSERT(t.tls.tx_nic_bytes > t.tls.tx_bytes / 2);
	CU_ASSERT(t.tls.tx_ooo > t.plays);
	CU_ASSERT(t.tls.tx_fallback > 0);
	CU_ASSERT(t.tls.rx_nic_records > t.plays);
	CU_ASSERT(t.tls.rx_mixed_records > 0);
}

static void
test_reorder(void)
{
	struct seeds_totals t = seeds_play(DRAW_REORDER, SEEDS_NIC);

	if (!seeds_few())
		CU_ASSERT(t.tls.rx_nic_records > t.plays && t.tls.rx_mixed_records > 0);
}

static void
test_duplicate(void)
{
	struct seeds_totals t = seeds_play(DRAW_DUPLICATE, SEEDS_NIC);

	if (!seeds_few())
		CU_ASSERT(t.duplicated > t.plays && t.tls.rx_nic_records > t.plays);
}

static void
test_delay(void)
{
	seeds_play(DRAW_DELAY, SEEDS_NIC);
}

static void
test_everything(void)
{
	struct seeds_totals t = seeds_play(DRAW_EVERYTHING, SEEDS_NIC);

	if (!seeds_few())
		CU_ASSERT(t.lost > t.plays && t.duplicated > t.plays);
}

/* NICs that fail, in one way or two at each end, on every network. */
static void
test_faults(void)
{
	for (int network = DRAW_PERFECT; network <= DRAW_EVERYTHING; network++) {
		struct seeds_totals t = seeds_play((enum draw_network)network,
						   SEEDS_NIC | SEEDS_FAULTS);

		if (!seeds_few())
			CU_ASSERT(t.tls.tx_nic_bytes > 0 && t.tls.rx_nic_records > t.plays);
	}
}

/* Key after key in both directions, on every network. */
static void
test_updates(void)
{
	for (int network = DRAW_PERFECT; network <= DRAW_EVERYTHING; network++)
		seeds_play((enum draw_network)network, SEEDS_NIC | SEEDS_UPDATES);
}

/* Modes and keys at random, in both directions. */
static void
test_switches(void)
{
	for (int network = DRAW_PERFECT; network <= DRAW_EVERYTHING; network++)
		seeds_play((enum draw_network)network, SEEDS_NIC | SEEDS_SWITCHES);
}

/* --- the same wire ----------------------------------------------------------- */

/* Nothing is lost, refused or late; each NIC cuts packets up to 64 KiB. */
static void
make_perfect(struct sim_conf *c, uint64_t seed)
{
	draw_sim(c, seed, DRAW_PERFECT);
	c->unpaced = true;
	/* What the NIC offers, so that a port without it does the same. */
	c->caps = 7;
	c->tso_max = seed % 3 == 0 ? 0 : 65535 - 20 - 60;
	/* A pool that runs empty loses packets, too. */
	c->nb_mbufs = c->mtu > 1500 ? 1023 : 8191;
	c->lazy_free = 0;
	c->rx_seg_len = 0;
	for (int i = 0; i < 2; i++) {
		c->end[i].path.refuse_ppm = 0;
		c->end[i].nb_large = 0;
		c->end[i].nic_conf = (struct rtls_tlsnic_conf){
			.size = sizeof(c->end[i].nic_conf),
			.nb_mbufs = c->nb_mbufs,
			.max_contexts = 8,
			.no_tso = c->tso_max == 0,
		};
	}
}

static struct sim_report
play_as(struct sim_conf *c, enum sim_nic nic, uint64_t seed)
{
	struct sim_report r;

	c->end[0].nic = c->end[1].nic = nic;
	CU_ASSERT(seeds_plays(c, seed, &r));
	return r;
}

/* Plays it in software over a plain port and over the NIC, and by the NIC: the same frames. */
static struct sim_report
expect_same_wire(struct sim_conf *c, uint64_t seed)
{
	struct sim_report plain = play_as(c, SIM_NIC_NONE, seed);
	struct sim_report software = play_as(c, SIM_NIC_UNUSED, seed);
	struct sim_report nic = play_as(c, SIM_NIC_USED, seed);

	/* Ports that cut packets number them each in its way. */
	if (c->tso_max == 0)
		CU_ASSERT_EQUAL(memcmp(plain.hash, software.hash, sizeof(plain.hash)), 0);
	CU_ASSERT_EQUAL(memcmp(software.hash, nic.hash, sizeof(nic.hash)), 0);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(software.tls[i].tx_nic_bytes, 0);
		CU_ASSERT_EQUAL(software.tls[i].rx_nic_records, 0);
		CU_ASSERT(nic.tls[i].tx_bytes > 0);
		CU_ASSERT_EQUAL(nic.tls[i].tx_nic_bytes, nic.tls[i].tx_bytes);
	}
	return nic;
}

/*
 * Key after key, as close as may be where both have to accept the same calls: the NIC may hold the
 * records of four keys.
 */
static void
test_same_wire_updates(void)
{
	uint64_t n = seeds_few() ? 1 : harness_full() ? 50 : 6;
	struct sim_report r;
	struct sim_conf c;

	for (uint64_t i = 0; i < n; i++) {
		make_perfect(&c, harness_seed() + i);
		draw_updates(&c, harness_seed() + i);
		for (int e = 0; e < 2; e++) {
			c.end[e].app.update_ahead = 3;
			c.end[e].sndbuf = 20000;
		}
		r = expect_same_wire(&c, harness_seed() + i);
		CU_ASSERT(r.updates >= 200);
	}
}

static void
test_same_wire_drawn(void)
{
	uint64_t n = seeds_few() ? 1 : harness_full() ? 200 : 40;
	struct sim_conf c;

	for (uint64_t i = 0; i < n; i++) {
		make_perfect(&c, harness_seed() + i);
		expect_same_wire(&c, harness_seed() + i);
	}
}

/* Segments from 1 byte on, up to packets of 64 KiB that the NIC cuts. */
static void
test_same_wire_sizes(void)
{
	static const struct {
		uint16_t mtu;
		uint32_t max_seg;
		bool no_tso;
		uint64_t bytes;
	} rows[] = {
		{ 1500, 1, true, 3000 },     { 1500, 1, false, 3000 },
		{ 1500, 2, true, 5000 },     { 1500, 3, false, 5000 },
		{ 1500, 5, true, 9000 },     { 1500, 16, true, 20000 },
		{ 1500, 17, false, 20000 },  { 1500, 100, true, 60000 },
		{ 576, 0, false, 200000 },   { 1500, 0, true, 400000 },
		{ 1500, 0, false, 2000000 }, { 9000, 0, true, 2000000 },
		{ 9000, 0, false, 3000000 },
	};
	struct sim_report r;
	struct sim_conf c;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		make_perfect(&c, harness_seed() + i);
		c.mtu = rows[i].mtu;
		c.nb_mbufs = c.mtu > 1500 ? 1023 : 8191;
		c.tso_max = rows[i].no_tso ? 0 : 65535 - 20 - 60;
		for (int e = 0; e < 2; e++) {
			c.end[e].nic_conf.no_tso = rows[i].no_tso;
			c.end[e].app.max_seg = rows[i].max_seg;
			c.end[e].app.bytes = rows[i].bytes;
			c.end[e].app.chunk_max = APP_IO_MAX;
			c.end[e].app.read_max = APP_IO_MAX;
			c.end[e].app.control_pct = rows[i].max_seg != 0 ? 0 : 2;
			c.end[e].app.pause_pct = 0;
			c.end[e].app.max_payload = 0;
			c.end[e].sndbuf = c.end[e].rcvbuf = 1 << 20;
			c.end[e].nb_large = 128;
		}
		r = expect_same_wire(&c, harness_seed() + i);
		/* Most of them were long ones, which it cut. */
		if (!rows[i].no_tso && rows[i].bytes >= 2000000)
			CU_ASSERT(r.wire[0].frames > 3 * r.tls[0].tx_packets);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "seeds: a perfect wire", test_perfect },
		{ "seeds: loss", test_loss },
		{ "seeds: reordering", test_reorder },
		{ "seeds: duplication", test_duplicate },
		{ "seeds: delay and bandwidth", test_delay },
		{ "seeds: everything at once", test_everything },
		{ "seeds: NICs that fail", test_faults },
		{ "seeds: key after key", test_updates },
		{ "seeds: modes and keys", test_switches },
		{ "the same wire as software: drawn connections", test_same_wire_drawn },
		{ "the same wire as software: key after key", test_same_wire_updates },
		{ "the same wire as software: segments of all sizes", test_same_wire_sizes },
	};

	if (eal_start("sim-nic") != 0)
		return EXIT_FAILURE;
	return harness_run("sim/nic", cases, HARNESS_COUNT(cases));
}
