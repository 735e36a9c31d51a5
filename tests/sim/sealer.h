/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The independent sealer: watches every frame of one connection and knows, by
 * OpenSSL and its own header reader alone, which bytes must be at each stream
 * offset. For every frame, retransmissions included:
 *
 *  - headers and checksums are right, no segment is longer than the MSS or than
 *    its sender wanted, none mixes bytes from before and after the keys, or of two keys, none
 *    exceeds the window;
 *  - each byte is the one that was first sent at its offset: a record number
 *    is used for exactly one ciphertext;
 *  - each record opens to the next bytes that the application's send calls
 *    accepted, and sealing these again gives the record, byte for byte; behind a KeyUpdate under
 *    the next key, from its first number on;
 *  - behind the key offset no plaintext is to be seen.
 */
#ifndef RTLS_SIM_SEALER_H
#define RTLS_SIM_SEALER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/stream.h"

struct sealer_conf {
	uint16_t mtu;
	struct stream_conf dir[2]; /* from end d */
	uint32_t max_seg[2];       /* payload per segment, besides the MSS; 0: no such limit */
	/*
	 * Somebody forges segments: what an end was told, and so its ACKs, windows and resets, and
	 * how it ends, is not judged. What it sends of its stream is.
	 */
	bool forged;
	/* Per end: its NIC loses packets before they come by. What leaps over these is held until it
	 * was sent again, and then checked like the rest. */
	bool gaps[2];
	/* By two ways an older packet comes by behind a newer one: its ACK and window are not judged. */
	bool two_ways;
};

/* Counted per direction. */
struct sealer_stats {
	uint64_t frames;
	uint64_t segments;      /* with payload */
	uint64_t retransmitted; /* segments with no byte for the first time */
	uint64_t probes;        /* of one byte, beyond or at the edge of a closed window */
	uint64_t acks;          /* without payload, SYN, FIN */
	uint64_t fins;
	uint64_t resets;
	uint64_t records;
	uint64_t updates;  /* of the key */
	uint64_t wire_len; /* stream bytes */
	uint32_t isn;
};

struct sealer;

/* Aborts the program when memory or OpenSSL fails. */
struct sealer *sealer_create(const struct sealer_conf *conf);

/* A frame was transmitted: a cable_tap_fn, arg is the sealer. */
void sealer_tap(void *arg, int dir, const uint8_t *bytes, uint32_t len, uint64_t now_us);

/* All is over: was everything sent, sealed, finished and acknowledged? */
void sealer_finish(struct sealer *s);

/* What was wrong first; NULL: nothing. */
const char *sealer_error(const struct sealer *s);

/* What this end sent so far. */
const struct stream *sealer_stream(const struct sealer *s, int dir);

struct sealer_stats sealer_stats_get(const struct sealer *s, int dir);

void sealer_destroy(struct sealer *s);

#endif
