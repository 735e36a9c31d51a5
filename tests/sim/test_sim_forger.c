/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The simulator with somebody on the path who forges. Each seed is played in software and with TLS
 * NICs. What a program reads is the beginning of what the other one sent, nothing crashes, and all
 * is given back. Where he sends nothing that ends a connection in software everything arrives,
 * with NICs, too. Where the frames are the same in both modes each program reads the same bytes
 * in both, and its connection ends in the same way. A failing seed is printed with its settings;
 * RECORDTLS_SEED=n plays that one. NICs find their place again by all methods; RECORDTLS_METHOD=scan, delayed, stack or
 * in-order has all of them do it so.
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

/* What happened in all plays of a mode. */
struct totals {
	uint64_t failed;
	uint64_t ended; /* programs */
	uint64_t records;
	uint64_t nic_records; /* a NIC had a hand in */
	uint64_t asked, told; /* NICs, for their places */
	struct forger_stats forger;
};

/* RECORDTLS_METHOD: all NICs find their place again so; not set: each as it is drawn. */
static void
choose_method(struct sim_conf *c)
{
	static const char *const names[] = {
		[RTLS_TLS_RX_IN_ORDER] = "in-order",
		[RTLS_TLS_RX_SCAN] = "scan",
		[RTLS_TLS_RX_SCAN_DELAYED] = "delayed",
		[RTLS_TLS_RX_STACK] = "stack",
	};
	const char *name = getenv("RECORDTLS_METHOD");

	for (uint8_t i = RTLS_TLS_RX_IN_ORDER; name != NULL && i < HARNESS_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			c->end[0].nic_conf.rx_method = c->end[1].nic_conf.rx_method = i;
}

static void
draw(struct sim_conf *c, uint64_t seed, bool *alike)
{
	draw_sim(c, seed, DRAW_PERFECT);
	draw_nic(c, seed);
	*alike = draw_forger(c, seed);
	choose_method(c);
}

static void
play(struct totals *t, const struct sim_conf *c, uint64_t seed, struct sim_report *r)
{
	t->failed += !seeds_plays(c, seed, r);
	t->ended += r->ended;
	t->forger.forged += r->forger.forged;
	t->forger.recut += r->forger.recut;
	t->told += r->told;
	for (int i = 0; i < FORGER_STRIKES; i++)
		t->forger.struck[i] += r->forger.struck[i];
	for (int i = 0; i < 2; i++) {
		t->records += r->tls[i].rx_records;
		t->asked += r->tls[i].rx_asked;
		t->nic_records += r->tls[i].rx_nic_records + r->tls[i].rx_mixed_records;
	}
}

/* The same connection, and nobody in NICs' stead wants them. */
static void
play_software(struct totals *t, struct sim_conf c, uint64_t seed, struct sim_report *r)
{
	for (int i = 0; i < 2; i++) {
		if (c.end[i].nic == SIM_NIC_USED)
			c.end[i].nic = SIM_NIC_UNUSED;
		c.end[i].app.switch_pct = 0;
		c.end[i].app.switches = 0;
	}
	play(t, &c, seed, r);
}

static bool
sent_alike(const struct sim_report *soft, const struct sim_report *nic)
{
	return memcmp(soft->hash_sent, nic->hash_sent, sizeof(soft->hash_sent)) == 0;
}

/*
 * Both modes sent the same at the same times: so they read the same. A window that was full after
 * all, once in thousands of seeds, moves frames, and with them what is still sent; never how it ends.
 */
static bool
ends_alike(const struct sim_report *soft, const struct sim_report *nic, uint64_t seed)
{
	bool same = sent_alike(soft, nic);

	for (int i = 0; i < 2; i++) {
		const struct sim_outcome *a = &soft->outcome[i], *b = &nic->outcome[i];

		if ((a->received == b->received || !same) && a->gone == b->gone &&
		    a->reason == b->reason)
			continue;
		printf("# RECORDTLS_SEED=%" PRIu64 ": end %d read %" PRIu64
		       " bytes in software, %s; %" PRIu64 " by the NIC, %s\n",
		       seed, i, a->received,
		       a->gone ? rtls_end_reason_name((enum rtls_end_reason)a->reason) : "goes on",
		       b->received,
		       b->gone ? rtls_end_reason_name((enum rtls_end_reason)b->reason) : "goes on");
		return false;
	}
	return true;
}

static void
print(const char *mode, const struct totals *t, uint64_t n)
{
	const char *name;
	bool ends;

	printf("# %" PRIu64 " seeds %s: %" PRIu64 " segments forged, %" PRIu64 " cut anew; %" PRIu64
	       " programs cut off; %" PRIu64 " records read, a NIC had a hand in %" PRIu64
	       "; NICs asked %" PRIu64 " times, and were told %" PRIu64 "; strikes:",
	       n, mode, t->forger.forged, t->forger.recut, t->ended, t->records, t->nic_records,
	       t->asked, t->told);
	for (unsigned int i = 0; (name = forger_strike_name(i, &ends)) != NULL; i++)
		printf(" %s %" PRIu64 "%s", name, t->forger.struck[i],
		       i + 1 < FORGER_STRIKES ? "," : "\n");
}

/* A simulation in which nothing happens proves nothing. */
static void
judge_totals(const struct totals *t, uint64_t n)
{
	uint64_t struck[2] = { 0 };
	bool ends;

	for (unsigned int i = 0; forger_strike_name(i, &ends) != NULL; i++) {
		struck[ends] += t->forger.struck[i];
		CU_ASSERT(n < SEEDS_FULL || t->forger.struck[i] > n / 100);
	}
	/* Of a hundred seeds: 60 and 80, give or take 10. */
	CU_ASSERT(struck[true] > n / 8 && struck[false] > n / 4);
	CU_ASSERT(t->forger.forged > 3 * n && t->forger.recut > n);
	CU_ASSERT(t->records > 10 * n && t->ended < 2 * n);
}

static void
test_seeds(void)
{
	struct totals soft = { 0 }, nic = { 0 };
	uint64_t n = seeds_count(SEEDS, SEEDS_FULL), same = 0, apart = 0, moved = 0;
	struct sim_turns turns = { 0 };
	struct sim_report r[2];
	struct sim_conf c;
	bool alike;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t seed = harness_seed() + i;

		draw(&c, seed, &alike);
		turns.nb = 0;
		c.turns = alike ? &turns : NULL;
		play_software(&soft, c, seed, &r[0]);
		play(&nic, &c, seed, &r[1]);
		same += alike;
		moved += alike && !sent_alike(&r[0], &r[1]);
		apart += alike && !ends_alike(&r[0], &r[1], seed);
	}
	free(turns.at);
	print("in software", &soft, n);
	print("with TLS NICs", &nic, n);
	printf("# %" PRIu64 " of these the same frame by frame, but for %" PRIu64 "; %" PRIu64
	       " ended otherwise\n",
	       same, moved, apart);
	CU_ASSERT_EQUAL(soft.failed, 0);
	CU_ASSERT_EQUAL(nic.failed, 0);
	CU_ASSERT_EQUAL(apart, 0);
	CU_ASSERT(moved <= 1 + n / 100);
	if (n < SEEDS)
		return;
	judge_totals(&soft, n);
	judge_totals(&nic, n);
	CU_ASSERT(same > n / 4 && soft.nic_records == 0 && nic.nic_records > n);
}

/* A seed replays to the same packets at the same times. */
static void
test_replay(void)
{
	struct sim_report a, b;
	struct sim_conf c;
	bool alike;

	for (uint64_t i = 0; i < 5; i++) {
		draw(&c, harness_seed() + i, &alike);
		seeds_plays(&c, harness_seed() + i, &a);
		seeds_plays(&c, harness_seed() + i, &b);
		CU_ASSERT_EQUAL(memcmp(a.hash, b.hash, sizeof(a.hash)), 0);
		CU_ASSERT_EQUAL(a.forger.forged, b.forger.forged);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "seeds: in software and with TLS NICs", test_seeds },
		{ "a seed replays to the same packets", test_replay },
	};

	if (eal_start("sim-forger") != 0)
		return EXIT_FAILURE;
	return harness_run("sim/forger", cases, HARNESS_COUNT(cases));
}
