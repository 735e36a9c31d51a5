/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where open_port's device stands in the records of a stream, and what it makes of the bytes there: they are
 * opened with OpenSSL, all of the record anew with each packet.
 */
#ifndef RTLS_SUPPORT_OPEN_PLACE_H
#define RTLS_SUPPORT_OPEN_PLACE_H

#include "support/seal_port.h"

/* What a context knows of the stream: a run that began at a record's first byte. */
struct open_place {
	uint32_t at;     /* TCP sequence of the next byte */
	uint64_t rec_no; /* of the record that it is part of */
	uint32_t got;    /* bytes of that record, all of them of this run */
	uint32_t runs;   /* how many there were */
	uint8_t record[PEER_WIRE_MAX];
};

/* At the first byte of a record. */
void open_place_begin(struct open_place *p, uint64_t rec_no);

/* Bytes of the record that it stands in; 0: it has not got all of the prefix. */
uint32_t open_place_len(const struct double_context *c, const struct open_place *p);

/* Is it one that the context's suite can have? */
bool open_place_is_header(const struct double_context *c, const uint8_t *hdr);

/*
 * All of the bytes, which become what is opened; said is what is to be said of them. False: something in them
 * cannot be.
 */
bool open_place_takes(const struct double_context *c, struct open_place *p, uint8_t *bytes,
		      uint32_t len, bool verifies, struct rtls_tls_rx_mark *said);

#endif
