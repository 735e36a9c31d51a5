/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Somebody on the path, in both directions. He sees every frame and knows every plaintext, but
 * no key. He holds back, delays and drops frames, and makes segments of his own: right
 * sequence numbers with a wrong ACK or an old timestamp, forged record headers, old data with
 * other bytes, genuine bytes at other places. Now and then he strikes: he moves a device that
 * opens records to a place of his choice, and has it open what he likes there.
 */
#ifndef RTLS_SIM_FORGER_H
#define RTLS_SIM_FORGER_H

#include "sim/sealer.h"
#include "support/cable.h"

struct forger_conf {
	uint64_t seed;
	uint32_t forge_pct; /* of data frames: a segment of his in front of it */
	uint32_t spoil_pct; /* of these: TCP may take it */
	uint32_t late_pct;  /* of data frames: delayed */
	uint32_t hold_pct;  /* of data frames: from here on he holds back, for a strike */
	uint32_t strikes;   /* at most, in each direction; 0: none */
};

struct forger_stats {
	uint64_t forged;  /* segments of his */
	uint64_t skipped; /* strikes that count records wrong: one is left out, or comes again */
	uint64_t sealed;  /* strikes with bytes that nobody sealed */
};

struct forger;

/* sealer is borrowed: it sees each frame first. No plain bytes are sent. Aborts without memory. */
struct forger *forger_create(const struct forger_conf *conf, const struct sealer *sealer);

/* A frame is under way: a cable_filter_fn, but for the cable into which he injects. */
enum cable_verdict forger_frame(struct forger *f, struct cable *c, int dir, const uint8_t *bytes,
				uint32_t len, uint64_t now_us, uint64_t *delay_us);

struct forger_stats forger_stats_get(const struct forger *f);

void forger_destroy(struct forger *f);

#endif
