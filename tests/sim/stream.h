/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What one end sent, by stream offset, as the wire showed it first: plain bytes
 * up to the keys, then the records of a suite, each opened and sealed again by OpenSSL
 * and compared with what the program's send calls accepted.
 */
#ifndef RTLS_SIM_STREAM_H
#define RTLS_SIM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "sim/journal.h"
#include "sim/keys.h"
#include "sim/suite.h"

struct stream_conf {
	unsigned int suite;            /* its number in suites[] */
	struct sim_key key;            /* the first */
	uint64_t keys_seed;            /* of those behind a KeyUpdate */
	int from;                      /* the end that sends */
	uint32_t max_payload;          /* plaintext bytes of a data record */
	const struct journal *journal; /* borrowed for the stream's life */
};

struct stream_record {
	uint64_t end_off; /* in the journal */
	uint64_t rec_no;
	uint32_t epoch; /* so many key updates came before */
	uint32_t wire_len;
};

struct stream {
	struct stream_conf conf;
	uint8_t *wire;
	uint64_t len;
	uint64_t cap;
	uint64_t opened; /* what is in front of this offset was compared */
	struct journal_cursor at;
	struct stream_record *records;
	uint64_t nb_records;
	uint64_t cap_records;
	struct sim_key key;   /* in force */
	uint64_t key_records; /* that were opened before it was */
	uint64_t *updates;    /* offsets behind each KeyUpdate: the next key's first byte */
	uint64_t nb_updates;
	uint64_t cap_updates;
	EVP_CIPHER_CTX *open;
	EVP_CIPHER_CTX *seal;
};

/* Aborts the program when memory or OpenSSL fails. */
void stream_init(struct stream *s, const struct stream_conf *conf);

/* Bytes were sent for the first time. NULL, or what is wrong with them. */
const char *stream_append(struct stream *s, const uint8_t *bytes, uint64_t len);

/* Are these the bytes at off? All must have been sent. */
bool stream_holds(const struct stream *s, uint64_t off, const uint8_t *bytes, uint64_t len);

/* Are there bytes of two keys from one offset up to another one? */
bool stream_spans_keys(const struct stream *s, uint64_t from_off, uint64_t to_off);

/* Nothing more will be sent. NULL, or what is missing. */
const char *stream_finish(const struct stream *s);

/*
 * The wire length of the record that holds the byte in front of journal offset
 * off, and whether it ends there. 0: no such record was sent.
 */
uint32_t stream_record_before(const struct stream *s, uint64_t off, bool *ends);

void stream_fini(struct stream *s);

#endif
