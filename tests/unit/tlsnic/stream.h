/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A received byte stream: some bytes in clear, then TLS records that OpenSSL sealed in one
 * go each, beside what a device makes of them. One per program.
 */
#ifndef RTLS_TLSNIC_STREAM_H
#define RTLS_TLSNIC_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"
#include "rx_oracle.h"

enum { STREAM_MAX = 1 << 18, STREAM_RECORDS_MAX = 64 };

struct stream {
	const struct record_suite *suite;
	uint8_t wire[STREAM_MAX];
	uint8_t opened[STREAM_MAX]; /* bodies in clear, headers and tags as on the wire */
	uint32_t len;
	uint32_t bounds[STREAM_RECORDS_MAX + 1]; /* starts of the records, and the last one's end */
	unsigned int records;
	uint64_t first_no;
	uint8_t key[RECORD_KEY_MAX];
	uint8_t iv[12];
	uint64_t rng;
};

/* AES-128-GCM of TLS 1.3. */
const struct record_suite *stream_suite(void);

/*
 * prefix bytes in clear, which look like headers; key, IV, explicit nonces and all other bytes come
 * from rng.
 */
void stream_begin_of(struct stream *st, const struct record_suite *suite, uint64_t rng,
		     uint32_t prefix, uint64_t first_no);

/* The same with AES-128-GCM, of TLS 1.3 and TLS 1.2. */
void stream_begin(struct stream *st, uint64_t rng, uint32_t prefix, uint64_t first_no);
void stream_begin_12(struct stream *st, uint64_t rng, uint32_t prefix, uint64_t first_no);

/* What its records are like: on the wire, and to the oracle of what a device opens. */
struct rx_oracle_form stream_form(const struct stream *st);

/* A record of plain_len bytes of plaintext and pad_len of padding, of which TLS 1.2 has none. */
void stream_add(struct stream *st, uint32_t plain_len, uint32_t pad_len);

/* Records of random lengths, a third of them short, until there are about len bytes. */
void stream_fill(struct stream *st, uint32_t len);

#endif
