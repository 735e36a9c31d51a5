/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the stack makes of a NIC's questions, and when it tells it unasked, for the resync oracle: by
 * resync_oracle.h.
 */
#ifndef RTLS_SIM_ORACLE_ASKS_H
#define RTLS_SIM_ORACLE_ASKS_H

#include <stddef.h>

#include "sim/oracle_nic.h"
#include "sim/oracle_stats.h"

/* What the NIC is told. */
struct oracle_call {
	int64_t off;
	uint64_t rec_no;
	bool hint; /* nobody asked */
	/*
	 * An answer, and another packet of the same burst asks, too: where the stack joins both, the newer question
	 * is there before the header that the older one is about.
	 */
	bool may_miss;
	uint64_t untouched; /* records in a row */
	uint64_t touched;   /* records before these */
};

enum { ORACLE_LOG_MAX = 13 }; /* headers between START and END */

struct oracle_asks {
	struct oracle_nic *nic;
	bool alone; /* there is no stack: what is to be said is said */
	struct resync_oracle_stats *stats;
	enum { ORACLE_ASKS_IDLE, ORACLE_ASKS_ASKED, ORACLE_ASKS_LOGS } state;
	int64_t asked;
	int64_t from, to; /* LOGS */
	struct {
		int64_t off;
		uint64_t rec_no;
	} log[ORACLE_LOG_MAX];
	uint32_t nb_log;
	bool overflown;
	bool newer; /* a packet behind the one that is looked at, in the same burst, asks */
	uint64_t untouched;
	uint64_t hint_at;
	uint64_t touched; /* records */
	struct oracle_call *calls;
	size_t nb_calls, cap_calls;
};

void oracle_asks_init(struct oracle_asks *a, struct oracle_nic *nic, bool alone,
		      struct resync_oracle_stats *stats);

/* Of the NIC. Parsed: there, and in front, all headers are; known: so are the numbers of what comes. */
void oracle_asks_request(struct oracle_asks *a, int64_t off);
void oracle_asks_start(struct oracle_asks *a, const struct oracle_question *q);
void oracle_asks_end(struct oracle_asks *a, int64_t off, int64_t parsed, bool known);
void oracle_asks_cancel(struct oracle_asks *a);

/* Of the stream: a header; a record, of which some was opened as that; counts: it begins behind the start. */
void oracle_asks_header(struct oracle_asks *a, int64_t off, uint64_t rec_no, bool known);
void oracle_asks_record(struct oracle_asks *a, bool named, bool counts);

/* It is told: what it asked about is that record; what was due, unasked. */
void oracle_asks_answer(struct oracle_asks *a, int64_t off, uint64_t rec_no);
void oracle_asks_hint(struct oracle_asks *a, int64_t off, uint64_t rec_no);

/* The stack has said that. */
enum oracle_told oracle_asks_said(struct oracle_asks *a, const struct oracle_call *c,
				  const struct oracle_hears *how);

#endif
