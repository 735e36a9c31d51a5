/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Somebody on the path, in both directions. He sees every frame, knows every plaintext and the key
 * stream of every record (oracle.h), but makes no tag. He holds back, delays, drops, repeats, cuts
 * and joins frames, and makes segments of his own: right sequence numbers with a wrong ACK or an
 * old timestamp, forged record headers, old data with other bytes, genuine bytes at other places.
 * Now and then he strikes: he moves a device that opens records to a place of his choice, and has
 * it open what he likes there; where devices start, and where keys change, too.
 */
#ifndef RTLS_SIM_FORGER_H
#define RTLS_SIM_FORGER_H

#include "sim/sealer.h"
#include "support/cable.h"

/* From FORGER_RESYNCS on they are at how a device finds its place again, the first half of them evil. */
enum { FORGER_STRIKES = 19, FORGER_RESYNCS = 13 };

/* What he sends at a rate. */
enum forger_flood {
	FORGER_FAR,  /* far off the expected byte */
	FORGER_NEAR, /* at the expected byte, with a legal header in front */
	FORGER_FLOODS,
};

struct forger_conf {
	uint64_t seed;
	uint32_t forge_pct; /* of data frames: a segment of his in front of it */
	uint32_t spoil_pct; /* of these: TCP may take it */
	uint32_t late_pct;  /* of data frames: delayed */
	uint32_t recut_pct; /* of data frames: comes in other pieces, joined, or once more */
	uint32_t hold_pct;  /* of data frames: from here on he holds back, for a strike */
	uint32_t strikes;   /* at most, in each direction; 0: none */
	uint32_t seg_max;   /* payload that a frame of the path can have */
	bool gentle;        /* no strike that ends a connection in software */
	uint32_t strike;    /* the only one that he knows; FORGER_STRIKES: he knows all */
	/* Segments that TCP refuses, so many a second of each kind while data goes by; see forger_flood.c. */
	uint32_t flood_per_s[FORGER_FLOODS];
	bool in_line; /* his segments take their turn behind what was sent, and do not come at once */
};

struct forger_stats {
	uint64_t forged; /* segments of his */
	uint64_t recut;  /* frames */
	uint64_t struck[FORGER_STRIKES];
	uint64_t flooded[FORGER_FLOODS];
	uint64_t at_header; /* of those near by: where a record begins */
};

struct forger;

/* sealer is borrowed: it sees each frame first. No plain bytes are sent. Aborts without memory. */
struct forger *forger_create(const struct forger_conf *conf, const struct sealer *sealer);

/* A frame is under way: a cable_filter_fn, but for the cable into which he injects. */
enum cable_verdict forger_frame(struct forger *f, struct cable *c, int dir, const uint8_t *bytes,
				uint32_t len, uint64_t now_us, uint64_t *delay_us);

struct forger_stats forger_stats_get(const struct forger *f);

/* What a strike is, and whether it ends a connection in software; NULL: there are no more. */
const char *forger_strike_name(unsigned int i, bool *ends);

void forger_destroy(struct forger *f);

#endif
