/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One connection over a path that loses packets, in virtual time: the far end sends, the host, whose port is the
 * TLS NIC in software, receives and compares each byte. What the NIC opened, what it was told, what that cost.
 */
#ifndef PERF_RESYNC_PLAY_H
#define PERF_RESYNC_PLAY_H

#include "options.h"
#include "resync_bound.h"
#include "series.h"

/* Who opens the records. */
enum resync_who {
	RESYNC_SCAN,
	RESYNC_DELAYED,
	RESYNC_STACK,
	RESYNC_SOFTWARE, /* nobody but the host: what the NIC saves is told beside it */
	RESYNC_WHO
};

struct resync_result {
	/* Records by class; the rest: of no context, in front of the start, or as faults have it. */
	uint64_t records, opened, mixed, untouched, rest;
	/* What the NIC asked and was told, and for how long it was out of step. */
	uint64_t asked, answered, cancelled, told;
	double out_of_step_ns;
	/* Packets with payload towards the host, and time, all virtual. */
	uint64_t sent, lost, late, sent_again, timeouts;
	uint64_t sealed; /* records, by the far end's NIC */
	double took_ns;
	double segment_ns;                /* of one segment on the line */
	struct resync_bound_counts bound; /* of the same packets */
	struct summary cycles;            /* of the host per byte */
};

/* Of o: bytes, loss, reorder, seed and what the connection is like. False: one sentence was printed. */
bool resync_play(const struct options *o, enum resync_who who, struct resync_result *out);

#endif
