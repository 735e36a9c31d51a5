/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Event: a segment arrived (RFC 9293 3.10.7, RFC 5961, RFC 7323 5). The order
 * of its checks is the order of the functions in input.c.
 */
#ifndef RTLS_TCP_INPUT_H
#define RTLS_TCP_INPUT_H

#include "tcp/conn.h"
#include "tcp/ranges.h"
#include "tcp/verdict.h"

/*
 * seg's ports and addresses are c's; its checksum was good. held is what the caller holds out of
 * order; NULL: nothing. Reread tcp_deadline afterwards.
 */
struct tcp_verdict tcp_input(struct tcp_conn *c, const struct tcp_ranges *held,
			     const struct tcp_seg *seg, uint64_t now_us);

/* TCP_EV_CHALLENGE was granted: the challenge ACK is owed. Returns TCP_EV_*. */
uint32_t tcp_challenge(struct tcp_conn *c, uint64_t now_us);

/* A segment for no connection (RFC 9293 3.10.7.1). False: it was a RST, nothing is sent. */
bool tcp_reset_reply(const struct tcp_seg *seg, struct tcp_seg *out);

#endif
