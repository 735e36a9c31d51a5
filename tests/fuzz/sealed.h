/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One stream of TLS 1.3 records (RFC 8446 5.2), sealed by OpenSSL once per process: data of many
 * lengths, empty and padded records, an alert, key updates, close_notify. What a receiver may
 * deliver of it is known byte by byte.
 */
#ifndef RTLS_FUZZ_SEALED_H
#define RTLS_FUZZ_SEALED_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/tls.h>

enum {
	SEALED_HDR = 5,
	SEALED_TAG = 16,
	SEALED_DATA = 23,
	SEALED_HANDSHAKE = 22,
	SEALED_ALERT = 21,
	SEALED_KEYS = 3,
};

struct sealed_rec {
	uint32_t off; /* in the stream */
	uint32_t len; /* header to tag */
	uint32_t plain_off;
	uint32_t plain_len;
	uint64_t rec_no;
	uint8_t type;
	uint8_t key;     /* which of the keys */
	bool key_update; /* the next key's records follow */
	bool last;       /* close_notify */
};

struct sealed {
	const uint8_t *wire;
	const uint8_t *opened; /* the same with inner bytes in clear, as a NIC shows it */
	const uint8_t *plain;
	uint32_t len;
	uint32_t nb_recs;
	const struct sealed_rec *recs;
};

/* Once per process. */
const struct sealed *sealed_make(void);

/* Behind sealed_make(): so many more records of the last key, and what it makes. Once, too. */
void sealed_more(uint32_t records, uint32_t plain_len);

/* Key n of the stream, for the library. */
struct rtls_keys sealed_keys(unsigned int n);

/* Opens a record of a key; false: its tag is wrong. inner has room for len bytes. */
bool sealed_open(unsigned int key, uint64_t rec_no, const uint8_t *rec, uint32_t len,
		 uint8_t *inner);

#endif
