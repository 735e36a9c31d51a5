/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How a device that is out of step finds a place to ask about: it looks for what may be a header, and
 * follows the lengths from there. Written from doc/offload-contract.md, apart from drivers/tlsnic. It
 * has of the stream what it keeps here, and no packet.
 *
 *   SEARCHES --a legal header--> FOLLOWS --no header where one should be; a gap over that place--> SEARCHES
 */
#ifndef RTLS_SUPPORT_OPEN_SCAN_H
#define RTLS_SUPPORT_OPEN_SCAN_H

#include <stdbool.h>
#include <stdint.h>

enum { OPEN_SCAN_HDR = 5 };

enum open_scan_state { OPEN_SCAN_SEARCHES, OPEN_SCAN_FOLLOWS };

/* Is it the header of a record that the context's suite can have? */
typedef bool (*open_scan_legal_fn)(const void *arg, const uint8_t hdr[OPEN_SCAN_HDR]);

struct open_scan {
	open_scan_legal_fn legal;
	const void *arg;
	enum open_scan_state state;
	uint32_t at; /* SEARCHES: behind what it looked at; FOLLOWS: of the next header */
	uint32_t
		got; /* bytes of it that have come, in hdr; SEARCHES: the last ones in front of at */
	uint32_t asked;   /* FOLLOWS: TCP sequence of the header that it asks about */
	uint32_t counted; /* records that began behind that one and in front of at */
	uint8_t hdr[OPEN_SCAN_HDR];
};

/* What came of a packet, in this order. */
struct open_scan_news {
	bool broke; /* what it asked about before is asked about no longer */
	bool asks;  /* asked is another one */
};

void open_scan_start(struct open_scan *s, open_scan_legal_fn legal, const void *arg);

/* A packet's payload, of at least one byte. */
struct open_scan_news open_scan_packet(struct open_scan *s, uint32_t seq, const uint8_t *bytes,
				       uint32_t len);

#endif
