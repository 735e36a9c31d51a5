/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Congestion control: an algorithm is told what happened and moves cwnd and
 * ssthresh. When a loss is taken as such, and what is sent again, is decided by
 * tcp/input and tcp/timer for all algorithms alike.
 *
 * cwnd is at least one MSS at all times, else a connection could stall.
 */
#ifndef RTLS_TCP_CC_H
#define RTLS_TCP_CC_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_cc_ops;

enum {
	TCP_DUP_ACKS = 3, /* so many say that a segment is lost (RFC 5681 3.2) */
};

struct tcp_cc {
	uint32_t cwnd;      /* bytes */
	uint32_t ssthresh;  /* bytes; UINT32_MAX until the first loss */
	uint32_t acked;     /* NewReno: bytes towards the next step of congestion avoidance */
	uint16_t mss;       /* SMSS of RFC 5681: payload bytes per segment */
	bool after_timeout; /* NewReno: slow start behind a timeout, RFC 3465 2.3 */
};

struct tcp_cc_ops {
	const char *name;

	/* The connection opens. syn_lost: RFC 5681 3.1 allows one segment only. */
	void (*init)(struct tcp_cc *cc, uint16_t mss, bool syn_lost);

	/* Segments have another length from now on: cwnd holds no more of them, and no more bytes. */
	void (*resized)(struct tcp_cc *cc, uint16_t mss);

	/* New data was acknowledged outside of recovery, and cwnd was what limited the sender. */
	void (*acked)(struct tcp_cc *cc, uint32_t acked_len);

	/* Three duplicate ACKs: recovery begins. flight: bytes sent and not acknowledged. */
	void (*lost)(struct tcp_cc *cc, uint64_t flight);

	/* Another duplicate ACK in recovery: a segment has left the network. */
	void (*dup_acked)(struct tcp_cc *cc);

	/* Recovery goes on behind acked_len newly acknowledged bytes (RFC 6582 3.2, step 3). */
	void (*partial)(struct tcp_cc *cc, uint64_t acked_len);

	/* Recovery ends: all that was outstanding when it began is acknowledged. */
	void (*recovered)(struct tcp_cc *cc, uint64_t flight);

	/* The retransmission timer expired; first: not a repetition for the same flight. */
	void (*timeout)(struct tcp_cc *cc, uint64_t flight, bool first);

	/* Sending starts again after nothing was sent for an RTO (RFC 5681 4.1). */
	void (*idle)(struct tcp_cc *cc);
};

/* RFC 5681, 6582, 3465 with L = 2, 6928. */
extern const struct tcp_cc_ops tcp_cc_newreno;

#endif
