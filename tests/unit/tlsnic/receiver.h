/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A receive context at one end of a stream, and packets of it. */
#ifndef RTLS_TLSNIC_RECEIVER_H
#define RTLS_TLSNIC_RECEIVER_H

#include "tlsnic/rx.h"

#include "stream.h"

struct receiver {
	struct nic_rx rx;
	const struct stream *stream;
	uint32_t origin;              /* TCP sequence of the stream's first byte */
	struct rtls_tls_rx_mark mark; /* of the last packet that had one */
};

enum { RECEIVER_FIRST_RUN = 40000 };

/* A context of the stream's key, started at its first record. */
void receiver_init(struct receiver *r, const struct stream *st, uint32_t origin);
void receiver_fini(struct receiver *r);

/*
 * The stream's bytes [from, to) arrive. Checks that the payload was not written to and that
 * of a packet with a mark each byte is right, and what the mark says of its place in the stream,
 * the run apart; a mistake fails the test.
 */
enum nic_rx_verdict receiver_packet(struct receiver *r, uint32_t from, uint32_t to);

/* The same with the byte at offset wrong xored by mask. */
enum nic_rx_verdict receiver_forged(struct receiver *r, uint32_t from, uint32_t to, uint32_t wrong,
				    uint8_t mask);

/* [from, to) arrives in packets of size bytes; how many of them are not opened? */
unsigned int receiver_refuses(struct receiver *r, uint32_t from, uint32_t to, uint32_t size);

#endif
