/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Finds the place in a stream of TLS records whose place was lost: looks for what may be a header,
 * follows the lengths from there on, and has a question about one of the headers: what is its
 * number? Whoever answers it knows where the next one is, and its number. It keeps the bytes of one
 * header that a packet's end has cut, and no others.
 *
 *   SEARCHING --a legal header--> FOLLOWING: it is asked about
 *   FOLLOWING --no legal header at the next place, or a gap over it; end--> SEARCHING
 *   FOLLOWING --more than a record of packets in a row, far in front of the next place--> SEARCHING:
 *               what it follows is not the stream
 *   FOLLOWING --many headers, and no answer--> FOLLOWING: the latest is asked about
 *
 * TCP sequences are compared modulo 2^32. Pure; of a header it knows the five bytes, not the
 * explicit nonce.
 */
#ifndef TLSNIC_RX_SCAN_H
#define TLSNIC_RX_SCAN_H

#include "core/record.h"

enum rx_scan_state {
	RX_SCAN_SEARCHING, /* also of who is in step: nothing is asked */
	RX_SCAN_FOLLOWING,
};

/* So many headers behind one that is asked about it asks again; then behind twice as many. */
enum { RX_SCAN_PATIENCE = 16, RX_SCAN_PATIENCE_MAX = 1 << 20 };

struct rx_scan {
	const struct record_suite *suite;
	enum rx_scan_state state;
	uint32_t next; /* TCP sequence of the header to come; SEARCHING: of hdr, if got is not 0 */
	uint32_t got;  /* bytes of it that came */
	uint8_t hdr[RECORD_HDR_LEN];
	uint32_t asked;    /* FOLLOWING: TCP sequence of the header that is asked about */
	uint64_t counted;  /* headers behind it */
	uint32_t patience; /* so many may follow the question */
	uint32_t left;     /* of them to come */
	bool open;         /* the question is being put: see rx_scan_put() */
	/* Of the packets that went by far in front of the header to come: where they end, and bytes in a row. */
	uint32_t past_end, past_len;
};

void rx_scan_init(struct rx_scan *s, const struct record_suite *suite);

/* What a packet does to the question. */
enum rx_scan_asks {
	RX_SCAN_SAME, /* there is none, or the one from before */
	RX_SCAN_ASKS, /* another one, or the first: about s->asked, whose header ends in this packet */
	RX_SCAN_DROPS, /* there is none any more */
};

/* Event: a packet with len bytes of payload at seq, that no known place is for. */
enum rx_scan_asks rx_scan_packet(struct rx_scan *s, uint32_t seq, const uint8_t *payload,
				 uint32_t len);

/* Event: the question has been put. Until then its headers are followed without another one. */
void rx_scan_put(struct rx_scan *s);

/* Event: the place is known, or nobody is to be asked. */
void rx_scan_end(struct rx_scan *s);

/* Is that the header that is asked about? */
static inline bool
rx_scan_asks_about(const struct rx_scan *s, uint32_t seq)
{
	return s->state == RX_SCAN_FOLLOWING && s->asked == seq;
}

/* FOLLOWING: records from the one that is asked about to the one whose header is to come. */
static inline uint64_t
rx_scan_ahead(const struct rx_scan *s)
{
	return s->counted + 1;
}

#endif
