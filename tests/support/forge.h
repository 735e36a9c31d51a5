/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Segments that no end of a connection sent, as somebody on the path makes them: out of a
 * genuine frame, whose addresses, ports, window and options they take over.
 */
#ifndef RTLS_SUPPORT_FORGE_H
#define RTLS_SUPPORT_FORGE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	FORGE_FRAME_MAX = 14 + 9600,
	FORGE_LEN_MAX = FORGE_FRAME_MAX - 14 - 60 - 60,
};

struct forge {
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;    /* FRAME_* of sim/frame.h */
	int32_t ts_shift; /* added to the sender's timestamp, if there is one */
	bool bad_sum;     /* of TCP */
	bool bad_ip_sum;
	const void *payload; /* len bytes, at most FORGE_LEN_MAX */
	uint32_t len;
};

/* Writes the frame to out, FORGE_FRAME_MAX bytes; returns its length. genuine: a TCP segment. */
uint32_t forge_frame(const struct forge *f, const uint8_t *genuine, uint8_t *out);

#endif
