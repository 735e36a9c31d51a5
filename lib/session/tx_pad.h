/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How long a sending direction's records may be, and how long they look: the payload cap, the peer's
 * limit, and padding (RFC 8446 5.4), which is in TLS 1.3 alone. Lengths are bytes of content, or of
 * content and padding; never of the inner type.
 */
#ifndef RTLS_SESSION_TX_PAD_H
#define RTLS_SESSION_TX_PAD_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;

struct tx_pad {
	uint16_t
		cap; /* of the next data record: the smaller one of the next two, or less: tx_dynamic */
	uint16_t max_payload;
	uint16_t limit; /* of records of all types, the peer's */
	uint16_t to;    /* content and padding are a multiple; 0: no padding */
	bool pads;      /* the keys are of TLS 1.3 */
};

enum {
	TX_DYNAMIC_BYTES = 64 << 10,  /* then records are full: slow start has come so far */
	TX_DYNAMIC_IDLE_US = 1000000, /* behind such a pause it begins anew */
};

/*
 * Small records at first: each comes with one segment, so that a receiver need not wait for a second
 * one, or for a lost one's retransmission, before it can open anything. All 0 at first.
 */
struct tx_dynamic {
	uint64_t last_us;    /* when a record was begun last */
	uint64_t from_bytes; /* plaintext that went before the small ones */
	uint16_t segment;    /* bytes that one carries */
};

/* Nothing is set: full records, no padding. */
void tx_pad_init(struct tx_pad *p);

/* The longest data record that there may be. */
static inline uint32_t
tx_pad_full(const struct tx_pad *p)
{
	return p->max_payload < p->limit ? p->max_payload : p->limit;
}

/*
 * A data record is to be begun, none is open: how long it may be. So many bytes of plaintext went so
 * far; a record is longer than its content and padding by `over`.
 */
void tx_pad_dynamic(struct tx_pad *p, struct tx_dynamic *d, uint64_t now_us, uint64_t bytes,
		    uint32_t over);

/* Event: max_payload or limit has another value. No record is open. */
void tx_pad_changed(struct tx_pad *p);

/* Content and padding of a record of len bytes of content, which is at most what its type may have. */
uint32_t tx_padded(const struct tx_pad *p, uint32_t len);

/* How much content a data record in m may have, so that its padding fits as well. 0: m is too small. */
uint32_t tx_content_room(const struct tx_pad *p, const struct rte_mbuf *m);

#endif
