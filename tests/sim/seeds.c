/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/seeds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "sim/draw_text.h"
#include "support/harness.h"

enum {
	SEEDS = 60, /* per network, five networks: 300 */
	SEEDS_FAULTY = 20,
	SEEDS_FULL = 200, /* 1,000 */
	/* Those with key updates are ten times as long. */
	SEEDS_LONG = 3,
	SEEDS_LONG_FULL = 50, /* of six networks: 300 */
	/* What draw.c asks for. */
	UPDATES_MIN = 100,
	SWITCHES_MIN = 400,
};

static bool
is_long(unsigned int kind)
{
	return (kind & (SEEDS_UPDATES | SEEDS_SWITCHES)) != 0;
}

/* Of one network. */
static uint64_t
count(unsigned int kind)
{
	const char *text = getenv("RECORDTLS_SEEDS");

	if (getenv("RECORDTLS_SEED") != NULL)
		return text != NULL ? strtoull(text, NULL, 10) : 1;
	if (harness_full())
		return is_long(kind) ? SEEDS_LONG_FULL : SEEDS_FULL;
	if (is_long(kind))
		return SEEDS_LONG;
	if ((kind & SEEDS_FAULTS) != 0 && text == NULL)
		return SEEDS_FAULTY;
	return text != NULL ? strtoull(text, NULL, 10) : SEEDS;
}

uint64_t
seeds_count(uint64_t few, uint64_t many)
{
	const char *text = getenv("RECORDTLS_SEEDS");

	if (text != NULL)
		return strtoull(text, NULL, 10);
	if (getenv("RECORDTLS_SEED") != NULL)
		return 1;
	return harness_full() ? many : few;
}

bool
seeds_few(void)
{
	return count(0) < SEEDS;
}

/* For a comparison with what another build puts on the wire. */
static void
print_hash(const struct sim_conf *conf, uint64_t seed, const struct sim_report *report)
{
	printf("# hash %" PRIu64 " %016" PRIx64 ":", seed, conf->seed);
	for (size_t i = 0; i < sizeof(report->hash); i++)
		printf("%02x", report->hash[i]);
	printf("\n");
}

bool
seeds_plays(const struct sim_conf *conf, uint64_t seed, struct sim_report *report)
{
	char text[1024];

	sim_play(conf, report);
	if (getenv("RECORDTLS_HASHES") != NULL)
		print_hash(conf, seed, report);
	if (report->error[0] == '\0')
		return true;
	draw_text(conf, text, sizeof(text));
	printf("# RECORDTLS_SEED=%" PRIu64 ": %s\n# %s\n", seed, report->error, text);
	return false;
}

static void
add_modes(struct seeds_totals *t, uint64_t rtt_us, const struct sim_report *r)
{
	uint64_t pct;

	t->rtt_us[0] = rtt_us < t->rtt_us[0] ? rtt_us : t->rtt_us[0];
	t->rtt_us[1] = rtt_us > t->rtt_us[1] ? rtt_us : t->rtt_us[1];
	t->restarts += r->restarts;
	app_wishes_add(&t->crowded, &r->crowded);
	t->switches += r->switches;
	if (r->switches < t->switches_min)
		t->switches_min = r->switches;
	for (int d = RTLS_TX; d <= RTLS_RX; d++) {
		for (int k = 0; k < APP_WISH_KINDS; k++) {
			app_wishes_add(&t->wishes[d][k], &r->wishes[d][k]);
			pct = rtt_us == 0 ? 0 : r->wishes[d][k].max_us * 100 / rtt_us;
			if (pct > t->wish_max_pct[d][k])
				t->wish_max_pct[d][k] = pct;
		}
		for (int k = 0; k < RTLS_MODE_REASON_MAX; k++)
			t->faults[d][k] += r->faults[d][k];
	}
}

static void
add(struct seeds_totals *t, const struct sim_conf *conf, const struct sim_report *r)
{
	t->plays++;
	t->suites[conf->suite]++;
	for (int i = 0; i < 2; i++) {
		t->segments += r->wire[i].segments;
		t->cut += r->cable[i].tx_frames - r->cable[i].tx_packets;
		t->retransmitted += r->wire[i].retransmitted;
		t->records += r->wire[i].records;
		t->lost += r->cable[i].lost;
		t->duplicated += r->cable[i].duplicated;
		t->updates += r->wire[i].updates;
		if (r->wire[i].updates < t->updates_min)
			t->updates_min = r->wire[i].updates;
	}
	for (int i = 0; i < 2; i++) {
		t->tls.tx_bytes += r->tls[i].tx_bytes;
		t->tls.tx_nic_bytes += r->tls[i].tx_nic_bytes;
		t->tls.tx_fallback += r->tls[i].tx_fallback;
		t->tls.tx_ooo += r->tls[i].tx_ooo;
		t->tls.rx_records += r->tls[i].rx_records;
		t->tls.rx_nic_records += r->tls[i].rx_nic_records;
		t->tls.rx_mixed_records += r->tls[i].rx_mixed_records;
		t->tls.rx_lost += r->tls[i].rx_lost;
	}
	add_modes(t, conf->end[0].app.rtt_us, r);
	t->refusals += r->refusals;
	t->records_ahead += r->records_ahead;
	t->control_records += r->control_records;
}

static void
print(const struct seeds_totals *t, unsigned int kind)
{
	printf("# %" PRIu64 " seeds: %" PRIu64 " segments, %" PRIu64 " cut by the port, %" PRIu64
	       " retransmitted, %" PRIu64 " lost, %" PRIu64 " duplicated; %" PRIu64
	       " records, %" PRIu64 " of control; %" PRIu64 " sends refused\n",
	       t->plays, t->segments, t->cut, t->retransmitted, t->lost, t->duplicated, t->records,
	       t->control_records, t->refusals);
	printf("# suites:");
	for (int i = 0; i < SUITES; i++)
		printf("%s %s %" PRIu64, i == 0 ? "" : ",", suites[i].name, t->suites[i]);
	printf("\n");
	if (is_long(kind))
		printf("# keys: %" PRIu64 " updates, at least %" PRIu64 " of a direction; %" PRIu64
		       " records read past data\n",
		       t->updates, t->updates_min, t->records_ahead);
	if ((kind & SEEDS_NIC) != 0)
		printf("# NIC: sealed %" PRIu64 " of %" PRIu64 " bytes, rebuilt %" PRIu64
		       " times, %" PRIu64 " records sealed in software after all; opened %" PRIu64
		       " of %" PRIu64 " records, %" PRIu64 " in part; contexts lost %" PRIu64 "\n",
		       t->tls.tx_nic_bytes, t->tls.tx_bytes, t->tls.tx_ooo, t->tls.tx_fallback,
		       t->tls.rx_nic_records, t->tls.rx_records, t->tls.rx_mixed_records,
		       t->tls.rx_lost);
}

static void
print_wishes(const struct app_wishes *w)
{
	printf("at most %" PRIu64 " us; %" PRIu64 " wishes, %" PRIu64 " within 1 RTT, %" PRIu64
	       " within 4; %" PRIu64 " given up\n",
	       w->max_us, w->nb, w->in_1_rtt, w->in_4_rtt, w->given_up);
}

static void
print_modes(const struct seeds_totals *t)
{
	static const char *const kinds[APP_WISH_KINDS] = {
		[APP_WISH_NIC] = "to the NIC",
		[APP_WISH_SOFTWARE] = "to software",
		[APP_WISH_KEY] = "next key in the NIC",
	};

	printf("# modes: %" PRIu64 " wishes asked, at least %" PRIu64
	       " of a connection; RTT, the cable's two delays and 200 us: %" PRIu64 " to %" PRIu64
	       " us; faults: RX lost %" PRIu64 ", no room TX %" PRIu64 " RX %" PRIu64
	       "; RX started too late %" PRIu64 "\n",
	       t->switches, t->switches_min, t->rtt_us[0], t->rtt_us[1],
	       t->faults[RTLS_RX][RTLS_MODE_REASON_LOST],
	       t->faults[RTLS_TX][RTLS_MODE_REASON_NO_ROOM],
	       t->faults[RTLS_RX][RTLS_MODE_REASON_NO_ROOM], t->restarts);
	for (int d = RTLS_TX; d <= RTLS_RX; d++)
		for (int k = 0; k < APP_WISH_KINDS; k++) {
			printf("# %s %s: %" PRIu64 " %% of an RTT, ",
			       rtls_dir_name((enum rtls_dir)d), kinds[k], t->wish_max_pct[d][k]);
			print_wishes(&t->wishes[d][k]);
		}
	printf("# where the table is too small: ");
	print_wishes(&t->crowded);
}

/* Wishes are in force within 1 RTT without losses, 95 % of them within 4 RTTs at 1 %. */
static void
judge_modes(const struct seeds_totals *t, enum draw_network network)
{
	struct app_wishes all = { 0 };

	print_modes(t);
	for (int d = RTLS_TX; d <= RTLS_RX; d++)
		for (int k = 0; k < APP_WISH_KINDS; k++)
			app_wishes_add(&all, &t->wishes[d][k]);
	CU_ASSERT(t->switches_min >= SWITCHES_MIN);
	if (network == DRAW_PERFECT)
		CU_ASSERT_EQUAL(all.in_1_rtt, all.nb);
	if (network == DRAW_LOSS)
		CU_ASSERT(all.in_4_rtt * 100 >= all.nb * 95);
}

struct seeds_totals
seeds_play(enum draw_network network, unsigned int kind)
{
	uint64_t first = harness_seed(), n = count(kind), failed = 0;
	struct seeds_totals t = { .updates_min = UINT64_MAX,
				  .switches_min = UINT64_MAX,
				  .rtt_us = { UINT64_MAX } };
	struct sim_report report;
	struct sim_conf conf;

	for (uint64_t i = 0; i < n; i++) {
		draw_sim(&conf, first + i, network);
		if ((kind & SEEDS_NIC) != 0)
			draw_nic(&conf, first + i);
		if ((kind & SEEDS_FAULTS) != 0)
			draw_faults(&conf, first + i);
		if ((kind & SEEDS_UPDATES) != 0)
			draw_updates(&conf, first + i);
		if ((kind & SEEDS_SWITCHES) != 0)
			draw_switches(&conf, first + i, network);
		if (!seeds_plays(&conf, first + i, &report))
			failed++;
		add(&t, &conf, &report);
	}
	print(&t, kind);
	if ((kind & SEEDS_SWITCHES) != 0)
		judge_modes(&t, network);
	CU_ASSERT_EQUAL(failed, 0);
	if ((kind & SEEDS_UPDATES) != 0)
		CU_ASSERT(t.updates_min >= UPDATES_MIN);
	/* A simulation in which nothing happens proves nothing. */
	if (!seeds_few()) {
		CU_ASSERT(t.records > n * 10);
		/* A TLS NIC cuts in front of the cable's port; between two keys there is little to cut. */
		CU_ASSERT(kind != 0 || t.cut > n);
		CU_ASSERT(t.control_records > n);
		CU_ASSERT(t.refusals > n);
	}
	return t;
}
