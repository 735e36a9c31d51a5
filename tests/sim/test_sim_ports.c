/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Two stacks that two cables join, and routes that move from one to the other while both send: TLS NICs on
 * all of the four ports, on some, on none. The sealer watches both cables: whatever leaves by either is sealed, with
 * no nonce used twice, and what is sent again by the other one is the same.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "sim/seeds.h"
#include "support/eal.h"
#include "support/harness.h"

enum {
	SEEDS = 8, /* of each network */
	SEEDS_FULL = 150,
	/* With NICs on both ports and a change each 100 ms. */
	LONG_MIB = 8,
	LONG_MIB_FULL = 256,
};

struct totals {
	struct sim_tls tls;
	uint64_t plays, moves;
};

static void
add(struct totals *t, const struct sim_report *r)
{
	t->plays++;
	t->moves += r->moves;
	for (int i = 0; i < 2; i++) {
		t->tls.tx_bytes += r->tls[i].tx_bytes;
		t->tls.tx_nic_bytes += r->tls[i].tx_nic_bytes;
		t->tls.tx_fallback += r->tls[i].tx_fallback;
		t->tls.tx_other += r->tls[i].tx_other;
		t->tls.rx_records += r->tls[i].rx_records;
		t->tls.rx_nic_records += r->tls[i].rx_nic_records;
		t->tls.rx_mixed_records += r->tls[i].rx_mixed_records;
		t->tls.rx_other += r->tls[i].rx_other;
		t->tls.moved += r->tls[i].moved;
	}
}

static void
print(const char *what, const struct totals *t)
{
	printf("# %s: %" PRIu64 " plays, %" PRIu64 " moves of routes; sealed by NICs %" PRIu64
	       " of %" PRIu64 " bytes, in software %" PRIu64 " records, %" PRIu64
	       " for another port; opened by NICs %" PRIu64 " of %" PRIu64 " records, %" PRIu64
	       " in part, %" PRIu64 " by another port; %" PRIu64 " contexts moved\n",
	       what, t->plays, t->moves, t->tls.tx_nic_bytes, t->tls.tx_bytes, t->tls.tx_fallback,
	       t->tls.tx_other, t->tls.rx_nic_records, t->tls.rx_records, t->tls.rx_mixed_records,
	       t->tls.rx_other, t->tls.moved);
}

/* --- seeds ------------------------------------------------------------------- */

/* How often routes move, and which ports have a NIC. */
static void
draw_ports(struct sim_conf *c, uint64_t seed)
{
	static const uint64_t often_us[] = { 300, 2000, 20000, 100000, 400000 };
	uint64_t rng = seed ^ UINT64_C(0x706f727473);

	c->move_us = often_us[harness_rand(&rng) % HARNESS_COUNT(often_us)];
	for (int i = 0; i < 2; i++) {
		struct sim_end_conf *e = &c->end[i];

		e->nic_conf.rx_method = (uint8_t)(RTLS_TLS_RX_IN_ORDER + harness_rand(&rng) % 4);
		switch (harness_rand(&rng) % 6) {
		case 0: /* the first one's alone, as it is drawn */
			break;
		case 1: /* the other one's alone */
			e->other_nic = true;
			e->nic = SIM_NIC_NONE;
			break;
		case 2:
			e->nic = SIM_NIC_NONE;
			break;
		default:
			e->other_nic = true;
		}
	}
	/* Long enough that a path stays for a while. */
	if (c->move_us > 100000)
		for (int i = 0; i < 2; i++)
			c->end[i].app.pause_pct = 50;
}

static struct totals
play(enum draw_network network, bool updates)
{
	uint64_t first = harness_seed(), n = seeds_count(SEEDS, SEEDS_FULL), failed = 0;
	struct totals t = { 0 };
	struct sim_report r;
	struct sim_conf c;

	for (uint64_t seed = first; seed < first + n; seed++) {
		draw_sim(&c, seed, network);
		draw_nic(&c, seed);
		if (updates)
			draw_updates(&c, seed);
		draw_ports(&c, seed);
		if (!seeds_plays(&c, seed, &r))
			failed++;
		add(&t, &r);
	}
	CU_ASSERT_EQUAL(failed, 0);
	return t;
}

static uint64_t moved; /* contexts, in all plays so far */

static void
play_all(bool updates)
{
	static const char *const names[] = { "perfect",   "loss",  "reorder",
					     "duplicate", "delay", "everything" };
	struct totals all = { 0 };

	for (int network = DRAW_PERFECT; network <= DRAW_EVERYTHING; network++) {
		struct totals t = play((enum draw_network)network, updates);

		print(names[network], &t);
		all.moves += t.moves;
		all.tls.tx_other += t.tls.tx_other;
		all.tls.rx_other += t.tls.rx_other;
		all.tls.tx_nic_bytes += t.tls.tx_nic_bytes;
		all.tls.rx_nic_records += t.tls.rx_nic_records;
		all.tls.moved += t.tls.moved;
	}
	if (seeds_few())
		return;
	CU_ASSERT(all.moves > 0 && all.tls.tx_other > 0 && all.tls.rx_other > 0);
	CU_ASSERT(all.tls.tx_nic_bytes > 0 && all.tls.rx_nic_records > 0);
	/* Some ten in 48 plays, and none in one of some hundred: both cases together have some. */
	moved += all.tls.moved;
	CU_ASSERT(!updates || moved > 0);
}

static void
test_seeds(void)
{
	play_all(false);
}

static void
test_updates(void)
{
	play_all(true);
}

/* --- a long one -------------------------------------------------------------- */

/* What a gigabit with a millisecond does, and one packet of so many is lost. */
static void
make_long(struct sim_conf *c, uint64_t seed, bool other_nic, uint32_t loss_ppm)
{
	*c = (struct sim_conf){
		.seed = seed,
		.start_us = 1000,
		.caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM,
		.tso_max = 65535 - 20 - 60,
		.mtu = 1500,
		.nb_mbufs = 8191,
		.suite = suite_of_seed(seed, false),
		.move_us = 100000,
	};
	for (int i = 0; i < 2; i++) {
		c->end[i].app = (struct app_conf){
			.seed = seed + (uint64_t)i,
			.bytes = i == 0 ? (uint64_t)(harness_full() ? LONG_MIB_FULL : LONG_MIB)
						  << 20 :
					  1000000,
			.chunk_max = APP_IO_MAX,
			.read_max = APP_IO_MAX,
			.close_notify = true,
		};
		c->end[i].path = (struct cable_path){
			.loss_ppm = loss_ppm,
			.delay_us = 1000,
			.spare_arp = true,
			.bits_per_s = UINT64_C(1000000000),
			.queue_bytes = 400000,
		};
		c->end[i].sndbuf = c->end[i].rcvbuf = 2 << 20;
		c->end[i].nb_large = 512;
		c->end[i].nic = SIM_NIC_USED;
		c->end[i].other_nic = other_nic;
		c->end[i].nic_conf = (struct rtls_tlsnic_conf){
			.size = sizeof(c->end[i].nic_conf),
			.max_contexts = 8,
			.nb_mbufs = 8191,
			.tx_method = (uint8_t)(seed % 2 == 0 ? RTLS_TLS_TX_REBUILD :
							       RTLS_TLS_TX_NEXT_RECORD),
		};
	}
}

static double
share(uint64_t of, uint64_t all)
{
	return all == 0 ? 0 : (double)of / (double)all;
}

static void
play_long(bool other_nic, uint32_t loss_ppm)
{
	uint64_t seed = harness_seed();
	struct totals t = { 0 };
	struct sim_report r;
	struct sim_conf c;

	make_long(&c, seed, other_nic, loss_ppm);
	CU_ASSERT(seeds_plays(&c, seed, &r));
	add(&t, &r);
	print(other_nic ? "NICs on both" : "NICs on one", &t);
	printf("# of what end 0 sent, %" PRIu64 " MiB in %" PRIu64
	       " ms at a loss of %.2f %%: sealed by a NIC %.3f "
	       "of the bytes; opened by a NIC %.3f of the records, %.3f in part, %.3f by another port\n",
	       c.end[0].app.bytes >> 20, r.closed_us / 1000, (double)loss_ppm / 10000,
	       share(r.tls[0].tx_nic_bytes, r.tls[0].tx_bytes),
	       share(r.tls[1].rx_nic_records, r.tls[1].rx_records),
	       share(r.tls[1].rx_mixed_records, r.tls[1].rx_records),
	       share(r.tls[1].rx_other, r.tls[1].rx_records));
	CU_ASSERT(r.outcome[1].received >= c.end[0].app.bytes);
	CU_ASSERT(r.tls[0].tx_nic_bytes > 0 && r.tls[1].rx_nic_records > 0);
}

static void
test_long(void)
{
	play_long(true, 0);
	play_long(true, 1000);
	play_long(false, 1000);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "seeds: routes that move", test_seeds },
		{ "seeds: routes that move, key after key", test_updates },
		{ "a route that changes each 100 ms", test_long },
	};

	if (eal_start("sim-ports") != 0)
		return EXIT_FAILURE;
	return harness_run("sim/ports", cases, HARNESS_COUNT(cases));
}
