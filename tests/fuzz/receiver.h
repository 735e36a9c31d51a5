/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A second TCP receiver, simpler than the library's: it hears the frames of one connection from
 * both sides and keeps a map of bytes. No ranges, no queues, no trimming: each byte that came
 * within the window stands where it came first (tcp/input.h), by RFC 9293 3.10.7, RFC 5961 and
 * RFC 7323 5.3.
 *
 * Offsets count from the byte behind the SYN.
 */
#ifndef RTLS_FUZZ_RECEIVER_H
#define RTLS_FUZZ_RECEIVER_H

#include "fuzz/wire.h"

#define RECEIVER_NO_OFF UINT64_MAX

enum {
	RECEIVER_STREAM_MAX = 1 << 18,
	RECEIVER_RUNS_MAX = 32, /* of bytes that wait for others: the newest is refused */
};

struct receiver {
	bool on;
	bool over;  /* closed: by the peer's RST, or both FINs */
	bool reset; /* by its RST */
	uint32_t irs;
	uint32_t iss;
	bool ts_on;
	uint8_t rcv_wscale;
	uint8_t snd_wscale;

	uint64_t nxt;     /* in order up to here */
	uint64_t edge;    /* right edge of the window, as told */
	uint64_t top;     /* behind the highest byte that is held */
	uint64_t fin_off; /* where the peer's FIN is */
	bool fin;         /* and it is in order */
	uint64_t last_ack;
	uint32_t ts_recent;
	uint32_t held_segs; /* since nothing was held */

	uint64_t snd_una;
	uint64_t snd_max;
	uint64_t max_wnd;
	int64_t wl1, wl2;
	uint64_t our_fin; /* its offset */

	uint8_t *val;
	uint8_t *have;
};

/* Forgets all; the maps are made with the first call. */
void receiver_reset(struct receiver *r);

/* What both sides agreed on in the handshake. edge: as told with our SYN. */
void receiver_start(struct receiver *r, uint32_t irs, uint32_t iss, bool ts_on, uint64_t edge);

/* A segment from the peer. */
void receiver_heard(struct receiver *r, const struct wire_seg *s);

/* Does all of its payload stand where it says, so that no refusal, trim or other bytes met it? */
bool receiver_agrees(const struct receiver *r, const struct wire_seg *s);

/* A segment that we sent (not a SYN). */
void receiver_said(struct receiver *r, const struct wire_seg *s);

/* Bytes that wait were given up. */
void receiver_drop_held(struct receiver *r);

/* NULL, or how the ranges differ: n pairs of start and end, ascending. */
const char *receiver_compare(const struct receiver *r, const uint64_t (*runs)[2], uint32_t n);

#endif
