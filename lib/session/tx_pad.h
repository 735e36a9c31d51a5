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
	uint16_t cap; /* of a data record: the smaller one of the next two */
	uint16_t max_payload;
	uint16_t limit; /* of records of all types, the peer's */
	uint16_t to;    /* content and padding are a multiple; 0: no padding */
	bool pads;      /* the keys are of TLS 1.3 */
};

/* Nothing is set: full records, no padding. */
void tx_pad_init(struct tx_pad *p);

/* Event: max_payload or limit has another value. No record is open. */
void tx_pad_changed(struct tx_pad *p);

/* Content and padding of a record of len bytes of content, which is at most what its type may have. */
uint32_t tx_padded(const struct tx_pad *p, uint32_t len);

/* How much content a data record in m may have, so that its padding fits as well. 0: m is too small. */
uint32_t tx_content_room(const struct tx_pad *p, const struct rte_mbuf *m);

#endif
