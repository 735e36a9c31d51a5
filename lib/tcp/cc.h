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

struct tcp_hystart;

enum {
	/* No window of RFC 7323 is larger: 65535 << 14. Keeps sums of two in 32 bits. */
	TCP_CWND_MAX = 1 << 30,
	TCP_DUP_ACKS = 3, /* so many say that a segment is lost (RFC 5681 3.2) */
};

struct tcp_cc {
	uint32_t cwnd;      /* bytes */
	uint32_t ssthresh;  /* bytes; UINT32_MAX until the first loss */
	uint32_t acked;     /* what the next step of congestion avoidance is made of */
	uint16_t mss;       /* SMSS of RFC 5681: payload bytes per segment */
	bool after_timeout; /* slow start behind a timeout, RFC 3465 2.3 */
	/* CUBIC, RFC 9438 4.1.2; bytes, and ms that wrap. */
	uint8_t epoch; /* enum cubic_epoch: what epoch_ms says */
	uint32_t epoch_ms;
	uint32_t k_ms;
	uint32_t w_max;
	uint32_t prior; /* cwnd at the last congestion; 0: there was none */
	uint32_t w_est;
	uint32_t est_acked; /* towards its next byte */
};

/* What an ACK tells outside of recovery. */
struct tcp_cc_ack {
	uint64_t now_us;
	uint64_t una;     /* all is acknowledged up to this offset, */
	uint64_t nxt;     /* and sent up to this one */
	uint32_t acked;   /* bytes newly acknowledged, by SACK or in order; more than 0 */
	uint32_t rtt_us;  /* what this ACK measured; 0: nothing */
	uint32_t srtt_us; /* 0: nothing was measured so far */
	bool paced;       /* what is sent is spread over a round trip */
	bool limited; /* cwnd kept the sender from sending more: without that it must not grow */
	struct tcp_hystart *hystart; /* of what is in flight; NULL: nothing looks at delays */
};

struct tcp_cc_ops {
	const char *name;

	/*
	 * The connection opens. syn_lost: the SYN was sent again more than once, so a segment is all
	 * (RFC 5681 3.1). Once may have been too early (RFC 6928 2).
	 */
	void (*init)(struct tcp_cc *cc, uint16_t mss, bool syn_lost);

	/* Segments have another length from now on: cwnd holds no more of them, and no more bytes. */
	void (*resized)(struct tcp_cc *cc, uint16_t mss);

	/* New data was acknowledged outside of recovery. */
	void (*acked)(struct tcp_cc *cc, const struct tcp_cc_ack *ack);

	/*
	 * A loss: recovery begins. flight: bytes in flight when it was seen. cwnd is the caller's until
	 * recovery ends, and then ssthresh.
	 */
	void (*lost)(struct tcp_cc *cc, uint64_t flight);

	/* The retransmission timer expired; first: not a repetition for the same flight. */
	void (*timeout)(struct tcp_cc *cc, uint64_t flight, bool first);

	/* Nothing was lost after all: it is as before lost or timeout, which the caller kept. */
	void (*undo)(struct tcp_cc *cc, const struct tcp_cc *before);

	/*
	 * Sending starts again; since_us: nothing was in flight from then on, nor was anything sent for an
	 * RTO (RFC 5681 4.1).
	 */
	void (*idle)(struct tcp_cc *cc, uint64_t now_us, uint64_t since_us);
};

/* RFC 5681, 6582, 3465, 6928, 9406. */
extern const struct tcp_cc_ops tcp_cc_newreno;

/* RFC 9438, 9406. */
extern const struct tcp_cc_ops tcp_cc_cubic;

/* What algorithms have in common. */

/* RFC 6928 (1), bytes. */
uint32_t tcp_cc_initial_window(uint32_t mss);

/* Within what is a window: a segment at least, TCP_CWND_MAX at most; ssthresh has two segments. */
void tcp_cc_set_cwnd(struct tcp_cc *cc, uint64_t cwnd);
void tcp_cc_set_ssthresh(struct tcp_cc *cc, uint64_t ssthresh);

/* The op: cwnd and mss, nothing else. */
void tcp_cc_resized(struct tcp_cc *cc, uint16_t mss);

/* cwnd is below ssthresh: grows at most to it. RFC 5681 3.1, 3465, 9406. */
void tcp_cc_slow_start(struct tcp_cc *cc, const struct tcp_cc_ack *ack);

/* Idle for an RTO: back to the initial window, RFC 5681 4.1. Had cwnd been larger? */
bool tcp_cc_restart(struct tcp_cc *cc);

#endif
