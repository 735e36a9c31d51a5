/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Segments in flight, and what a peer with SACK tells of them. */
#ifndef RTLS_UNIT_TCP_FIXTURE_SACK_H
#define RTLS_UNIT_TCP_FIXTURE_SACK_H

#include "fixture.h"

struct fx_block {
	uint64_t start, end;
};

#define NO_BLOCK        ((struct fx_block){ 0, 0 })
#define BLOCK(from, to) ((struct fx_block){ (from), (to) })

/* ESTABLISHED with SACK; n segments, which cwnd is for, are sent at FX_T0. */
void fx_in_flight(struct tcp_conn *c, uint32_t n, bool ts);

/* An ACK with up to two blocks; it echoes the time ts_us when timestamps are on. */
void fx_sacked(struct tcp_conn *c, uint64_t ack, struct fx_block a, struct fx_block b,
	       uint64_t ts_us, uint64_t now_us);

#endif
