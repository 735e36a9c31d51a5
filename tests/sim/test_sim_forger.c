/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The simulator with somebody on the path who forges. Connections may end; what a program
 * reads is the beginning of what the other one sent, nothing crashes, and all is given back. A
 * failing seed is printed with its settings; RECORDTLS_SEED=n plays that one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "sim/seeds.h"
#include "support/eal.h"
#include "support/harness.h"

enum { SEEDS = 100, SEEDS_FULL = 1000 };

static void
draw(struct sim_conf *c, uint64_t seed, bool nic)
{
	draw_sim(c, seed, DRAW_PERFECT);
	if (nic)
		draw_nic(c, seed);
	draw_forger(c, seed);
}

static uint64_t
count(void)
{
	const char *text = getenv("RECORDTLS_SEEDS");

	if (getenv("RECORDTLS_SEED") != NULL)
		return text != NULL ? strtoull(text, NULL, 10) : 1;
	return harness_full() ? SEEDS_FULL : SEEDS;
}

static void
play(bool nic)
{
	uint64_t n = count();
	uint64_t failed = 0, ended = 0, records = 0, nic_records = 0;
	struct forger_stats all = { 0 };
	struct sim_report r;
	struct sim_conf c;

	for (uint64_t i = 0; i < n; i++) {
		draw(&c, harness_seed() + i, nic);
		failed += !seeds_plays(&c, harness_seed() + i, &r);
		all.forged += r.forger.forged;
		all.skipped += r.forger.skipped;
		all.sealed += r.forger.sealed;
		ended += r.ended;
		records += r.tls[0].rx_records + r.tls[1].rx_records;
		nic_records += r.tls[0].rx_nic_records + r.tls[1].rx_nic_records +
			       r.tls[0].rx_mixed_records + r.tls[1].rx_mixed_records;
	}
	printf("# %" PRIu64 " seeds: %" PRIu64 " segments forged, %" PRIu64
	       " strikes at the count, %" PRIu64 " at a record; %" PRIu64
	       " programs cut off; %" PRIu64 " records read, a NIC had a hand in %" PRIu64 "\n",
	       n, all.forged, all.skipped, all.sealed, ended, records, nic_records);
	CU_ASSERT_EQUAL(failed, 0);
	if (n < SEEDS)
		return;
	/* Of a hundred seeds: 1,000 to 5,000 segments, 43 and 36 strikes give or take 6. */
	CU_ASSERT(all.forged > 3 * n && all.skipped > n / 10 && all.sealed > n / 10);
	CU_ASSERT(records > 10 * n && ended < 2 * n);
	CU_ASSERT(nic ? nic_records > n : nic_records == 0);
}

static void
test_software(void)
{
	play(false);
}

static void
test_nic(void)
{
	play(true);
}

/* A seed replays to the same packets at the same times. */
static void
test_replay(void)
{
	struct sim_report a, b;
	struct sim_conf c;

	for (uint64_t i = 0; i < 5; i++) {
		draw(&c, harness_seed() + i, true);
		CU_ASSERT(seeds_plays(&c, harness_seed() + i, &a));
		CU_ASSERT(seeds_plays(&c, harness_seed() + i, &b));
		CU_ASSERT_EQUAL(memcmp(a.hash, b.hash, sizeof(a.hash)), 0);
		CU_ASSERT_EQUAL(a.forger.forged, b.forger.forged);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "seeds: in software", test_software },
		{ "seeds: with TLS NICs", test_nic },
		{ "a seed replays to the same packets", test_replay },
	};

	if (eal_start("sim-forger") != 0)
		return EXIT_FAILURE;
	return harness_run("sim/forger", cases, HARNESS_COUNT(cases));
}
