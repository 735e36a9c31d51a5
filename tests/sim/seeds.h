/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Plays many simulations drawn from seeds. A failing one is printed with its settings;
 * RECORDTLS_SEED=n plays that one alone.
 */
#ifndef RTLS_SIM_SEEDS_H
#define RTLS_SIM_SEEDS_H

#include "sim/draw.h"
#include "sim/sim.h"

/* What happened in all of them together. */
struct seeds_totals {
	uint64_t plays;
	uint64_t suites[SUITES]; /* plays of each */
	uint64_t segments;
	uint64_t cut; /* segments that the port made out of longer packets */
	uint64_t retransmitted;
	uint64_t records;
	uint64_t lost;
	uint64_t duplicated;
	uint64_t refusals;
	uint64_t control_records;
	uint64_t updates;
	uint64_t updates_min; /* of one direction of one play */
	uint64_t records_ahead;
	uint64_t rtt_us[2]; /* the least, the most; of those that measure wishes */
	uint64_t restarts;  /* of receiving contexts that were started too late */
	uint64_t switches;
	uint64_t switches_min; /* of one play */
	struct app_wishes wishes[2][APP_WISH_KINDS];
	struct app_wishes crowded;                /* where a NIC's table is too small */
	uint64_t wish_max_pct[2][APP_WISH_KINDS]; /* of an RTT */
	uint64_t faults[2][RTLS_MODE_REASON_MAX];
	struct sim_tls tls;
};

/* What is played besides what draw_sim() draws; a set of bits. */
enum {
	SEEDS_NIC = 1 << 0,      /* with TLS NICs */
	SEEDS_UPDATES = 1 << 1,  /* key after key */
	SEEDS_SWITCHES = 1 << 2, /* modes, and keys */
	SEEDS_FAULTS = 1 << 3,   /* NICs that fail */
};

/*
 * Is one seed played again (RECORDTLS_SEED=n), or only RECORDTLS_SEEDS=n of each network? Then what
 * only many show is not asserted.
 */
bool seeds_few(void);

/*
 * How many seeds a test of its own plays: RECORDTLS_SEEDS, if it is set; one of RECORDTLS_SEED; else few,
 * or with --full many.
 */
uint64_t seeds_count(uint64_t few, uint64_t many);

/* Plays one; says on the log what failed. */
bool seeds_plays(const struct sim_conf *conf, uint64_t seed, struct sim_report *report);

/*
 * 60 seeds of a network, 200 in full; of the long ones with key updates or mode switches 3, and 50. Asserts that none
 * fails.
 */
struct seeds_totals seeds_play(enum draw_network network, unsigned int kind);

#endif
