/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Handshake messages in TLS 1.3 records, framed by their own headers across
 * records, to find the one that concerns the record layer: KeyUpdate.
 */
#ifndef RTLS_SESSION_MESSAGES_H
#define RTLS_SESSION_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

enum { MESSAGES_HDR_LEN = 4 }; /* RFC 8446 4: type, 24-bit length */

/* Zeroed: between messages. */
struct messages {
	uint32_t need;   /* body bytes of the current message still to come */
	uint8_t hdr_len; /* header bytes that are there */
	uint8_t hdr[MESSAGES_HDR_LEN];
};

enum messages_found {
	MESSAGES_NOTHING,
	MESSAGES_KEY_UPDATE, /* it ends with the record */
	MESSAGES_MISALIGNED, /* bytes follow it in its record, RFC 8446 5.1 */
};

/* Event: a handshake record's content. */
enum messages_found messages_input(struct messages *h, const uint8_t *content, uint32_t len);

/* Is a message only partly there? */
static inline bool
messages_partial(const struct messages *h)
{
	return h->hdr_len != 0;
}

#endif
