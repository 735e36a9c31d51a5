/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The receiver's half of tcp_input: segment text and FIN in sequence order, and
 * which ACK they call for. All return TCP_EV_*.
 */
#ifndef RTLS_TCP_RCV_H
#define RTLS_TCP_RCV_H

#include "tcp/conn.h"
#include "tcp/ranges.h"
#include "tcp/verdict.h"

/* An ACK is owed now. */
uint32_t tcp_rcv_ack_now(struct tcp_conn *c);

/*
 * The peer repeats what came before, or asks: the ACK that it waits for may be lost. It is answered
 * at once, but only once in TCP_AGAIN_US; for what comes in between one ACK goes at the end. So a
 * flood draws two in that time, and a peer that missed an ACK always gets one.
 */
uint32_t tcp_rcv_again(struct tcp_conn *c, uint64_t now_us);

/* As tcp_rcv_again(), of len bytes at seq that came before. */
uint32_t tcp_rcv_repeated(struct tcp_conn *c, int64_t seq, uint32_t len, uint64_t now_us);

/*
 * The payload of seg, which begins at seq, wherever that is. Fills skip, took, keep and
 * stream_off: what is taken lies inside the payload and inside the window.
 */
uint32_t tcp_rcv_payload(struct tcp_conn *c, const struct tcp_ranges *held,
			 const struct tcp_seg *seg, int64_t seq, uint64_t now_us,
			 struct tcp_verdict *v);

/*
 * A FIN at seq. The first one fixes the end of the stream. One that contradicts
 * what was received before, or lies behind the window, is answered and else
 * ignored. It is in order once rcv_nxt == peer_fin_off.
 */
uint32_t tcp_rcv_fin(struct tcp_conn *c, const struct tcp_ranges *held, int64_t seq,
		     uint64_t now_us);

#endif
