/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Which copy of each byte TCP takes, and when, for the resync oracle: by resync_oracle.h. */
#ifndef RTLS_SIM_ORACLE_TCP_H
#define RTLS_SIM_ORACLE_TCP_H

#include "sim/oracle_records.h"

struct oracle_tcp {
	struct oracle_records *records;
	struct resync_oracle_stats *stats;
	int64_t nxt;
	int64_t acked;
	bool has_ts;
	uint32_t ts_recent;
	struct oracle_piece *held; /* behind a gap, by offset */
	size_t nb_held, cap_held;
};

/* RFC 7323 5.3: is it too old? Else its timestamp may be the newest. */
bool oracle_tcp_paws(struct oracle_tcp *t, const struct oracle_piece *p, bool has_ts, uint32_t ts);

/* A packet's payload. */
void oracle_tcp_input(struct oracle_tcp *t, const struct oracle_piece *p);

/* The NIC's context is gone: what it did to bytes that wait is undone. */
void oracle_tcp_forget_marks(struct oracle_tcp *t);

void oracle_tcp_fini(struct oracle_tcp *t);

#endif
