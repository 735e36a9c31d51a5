/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where a NIC stands in the stream, for the resync oracle: which packets it opens as long as it is in step, and
 * over which gaps it comes.
 */
#ifndef RTLS_SIM_ORACLE_PLACE_H
#define RTLS_SIM_ORACLE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/suite.h"

/* Does a record begin at off? And which one? */
enum oracle_begins { ORACLE_BEGINS_NONE, ORACLE_BEGINS, ORACLE_BEGINS_UNKNOWN };
typedef enum oracle_begins oracle_truth(void *arg, int64_t off, uint64_t *rec_no);

struct oracle_known {
	const struct suite *suite;
	oracle_truth *truth; /* NULL: whatever it takes for one is a record */
	void *arg;
};

enum { ORACLE_FRONT_MAX = SUITE_HDR_LEN + 8 };

/* Where it stands in the stream. */
struct oracle_place {
	bool known;
	int64_t off;      /* the next byte */
	int64_t rec_off;  /* its record's first byte */
	int64_t rec_end;  /* behind its record; 0: its front is not complete */
	uint64_t rec_no;  /* its record's number */
	bool misled;      /* by a wrong number, or by headers that are none */
	int64_t verified; /* behind the last record of which it had all, or where it began */
	uint32_t have;    /* of the front */
	uint8_t front[ORACLE_FRONT_MAX]; /* header and explicit nonce */
	uint32_t run;
};

/* In front of the record rec_no, at off. */
void oracle_place_at(struct oracle_place *p, int64_t off, uint64_t rec_no);

/* The bytes at its place. False: a header is none, or a record fails. */
bool oracle_place_step(const struct oracle_known *k, struct oracle_place *p, const uint8_t *bytes,
		       int64_t len, bool refused);

/* What it makes of a packet. Runs: so many there were. Genuine: of PART and WHOLE, is the record at hand what it takes it for? */
enum oracle_taken { ORACLE_TAKEN_NOT, ORACLE_TAKEN_PART, ORACLE_TAKEN_WHOLE };
enum oracle_taken oracle_place_take(const struct oracle_known *k, struct oracle_place *p,
				    uint32_t *runs, int64_t off, const uint8_t *bytes, uint32_t len,
				    bool refused, bool *genuine);

uint32_t oracle_longest_record(const struct suite *s);
uint32_t oracle_body_len(const uint8_t *hdr);
/* As a stack would take it: type, 03 03, and a length that a record can have. */
bool oracle_is_header(const struct suite *s, const uint8_t *h);

#endif
