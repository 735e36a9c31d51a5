/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The records of what TCP has in order, and their classes, for the resync oracle: by resync_oracle.h. */
#ifndef RTLS_SIM_ORACLE_RECORDS_H
#define RTLS_SIM_ORACLE_RECORDS_H

#include "sim/oracle_asks.h"
#include "sim/oracle_piece.h"

/* The record at the edge of what is in order. */
struct oracle_edge {
	int64_t off;
	int64_t end; /* 0: its header is not complete */
	uint32_t have;
	uint8_t hdr[SUITE_HDR_LEN];
	bool whole;    /* all of it came */
	bool unmarked; /* some of its bytes are not marked */
	bool changed;  /* some behind header and explicit nonce are, or all of the header is */
	bool named;    /* the same, as this record's */
	bool wrong;    /* some are as another record's */
	uint32_t run;  /* of the newest bytes; 0: not marked */
	uint32_t stretches;
};

struct oracle_records {
	const struct suite *suite;
	struct oracle_asks *asks;
	struct resync_oracle_stats *stats;
	bool started; /* the NIC, at start_off */
	int64_t start_off;
	/* In order, and not looked at: before there were keys, or the ring is full. */
	struct oracle_piece *ready;
	size_t nb_ready, cap_ready;
	uint32_t ring;  /* records that were not read */
	uint64_t small; /* bit per one of them, the oldest first: it may be a KeyUpdate */
	bool keyed;
	uint64_t first_no;
	struct oracle_edge edge;
	uint8_t *classes;
	size_t nb_classes, cap_classes;
};

/* What comes next in order; its bytes are theirs from now on. */
void oracle_records_take(struct oracle_records *r, const struct oracle_piece *p);

/* From off on there are some; the program has read one. */
void oracle_records_keys(struct oracle_records *r, int64_t off, uint64_t rec_no);
void oracle_records_read(struct oracle_records *r);

/* The NIC's context is gone: what it did to records to come is undone. */
void oracle_records_forget_marks(struct oracle_records *r);

/* In front of that place all headers are known. */
int64_t oracle_records_parsed(const struct oracle_records *r);

/* The first record that can still come whole; false: nobody knows. */
bool oracle_records_whole(const struct oracle_records *r, int64_t *off, uint64_t *rec_no);

void oracle_records_fini(struct oracle_records *r);

#endif
