/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A text that the wire shows as headers: what its records are sealed with, put upon legal headers one behind
 * the other, of records of all lengths. Whoever scans for a header finds one in every fifth byte. Each leads
 * to another one, through many records where their length lets it.
 */
#ifndef RTLS_SIM_FALSE_HEADERS_H
#define RTLS_SIM_FALSE_HEADERS_H

#include "sim/keys.h"
#include "sim/suite.h"

struct false_headers {
	const struct suite *suite;
	struct sim_key key;
	uint64_t seed;
	uint32_t per_record; /* bytes of text in each record */
};

/* As a journal's text: arg is one of these, off counts from the first record's first byte. */
void false_headers_text(const void *arg, uint64_t off, uint8_t *out, size_t len);

/* So many headers one behind the other there are in these bytes, right ones included. */
uint64_t false_headers_count(const uint8_t *wire, uint64_t len);

/* The length near to one that leads from a record's text into the next one's at the same place. */
uint32_t false_headers_fit(const struct suite *suite, uint32_t per_record);

#endif
