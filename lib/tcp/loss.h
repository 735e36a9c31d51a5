/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What is taken to be lost, and what follows from that: the state of conn's `loss`, of a connection
 * that has a flight.
 *
 *	NONE -> RECOVERY	RACK, or three duplicate ACKs: cwnd comes down by PRR
 *	RECOVERY -> NONE	all that was out then is acknowledged, or nothing was lost
 *	any -> TIMEOUT		nothing was heard: one segment, and slow start
 *	TIMEOUT -> NONE		as RECOVERY
 */
#ifndef RTLS_TCP_LOSS_H
#define RTLS_TCP_LOSS_H

#include "tcp/flight.h"

/* What an ACK told, beside its number: that is snd_una already. */
struct tcp_heard {
	struct tcp_delivered d;
	uint64_t acked;   /* bytes by which snd_una moved */
	uint32_t arrived; /* filled in: bytes that are known to be there since this ACK */
	uint32_t twice;   /* bytes that the peer says to have twice (DSACK) */
	bool duplicate;   /* RFC 5681 2 */
	bool has_echo;    /* of a timestamp of ours */
	uint32_t ts_ecr;
};

/* Event. Returns when what is not there may be lost: in so many us; UINT32_MAX: nothing is waited for. */
uint32_t tcp_loss_heard(struct tcp_conn *c, struct tcp_heard *h, uint64_t now_us);

/* The timestamp for what is sent again now, of a connection that has a flight. */
uint32_t tcp_loss_ts_again(const struct tcp_conn *c, uint64_t now_us);

/* Event: that time is over. Returns the same. */
uint32_t tcp_loss_waited(struct tcp_conn *c, uint64_t now_us);

/* Event: the retransmission timer expired. Also without a flight. */
void tcp_loss_timeout(struct tcp_conn *c);

/* Event: all that is out is lost, and no sign of congestion. Also without a flight. */
void tcp_loss_all(struct tcp_conn *c);

#endif
