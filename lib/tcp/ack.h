/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The sender's half of tcp_input: what an acceptable ACK field means for RTT,
 * congestion control, loss recovery (RFC 6582) and the send window.
 */
#ifndef RTLS_TCP_ACK_H
#define RTLS_TCP_ACK_H

#include "tcp/conn.h"

/*
 * seg acknowledges ack_off <= snd_max; its sequence number is seq_off. Returns
 * TCP_EV_ACKED and TCP_EV_SEND. The state is left to tcp_input.
 */
uint32_t tcp_ack_input(struct tcp_conn *c, const struct tcp_seg *seg, int64_t seq_off,
		       int64_t ack_off, uint64_t now_us);

/*
 * Event: an acceptable segment. A peer that keeps its window closed lives as long as it answers
 * (RFC 9293 3.8.6.1), and so does an idle one.
 */
static inline void
tcp_ack_heard(struct tcp_conn *c, uint64_t now_us)
{
	c->heard_us = now_us;
	if (!c->orphan && (c->snd_wnd == 0 || c->snd_una == c->sent.nxt))
		c->quiet_since_us = now_us;
}

/*
 * Time since we sent the timestamp that seg echoes, in us to the millisecond.
 * False: there is none, or it is not one that we sent on this connection.
 */
bool tcp_ack_echo(const struct tcp_conn *c, const struct tcp_seg *seg, uint64_t now_us,
		  uint64_t *rtt_us);

#endif
