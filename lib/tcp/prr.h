/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Proportional Rate Reduction, RFC 9937: how much may be sent in recovery. For each byte that arrives
 * so many go out that in a round trip the flight comes down to ssthresh, in even steps; once it is
 * below, no more than arrived, and a segment for what shows that nothing else was lost.
 */
#ifndef RTLS_TCP_PRR_H
#define RTLS_TCP_PRR_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_prr {
	uint64_t delivered; /* bytes since recovery began */
	uint64_t out;       /* bytes sent since then */
	uint32_t flight;    /* what was in flight when it began: RecoverFS; at least 1 */
	uint32_t ssthresh;  /* where it is to come to */
};

/* Event: recovery begins, and nothing was sent in it. */
void tcp_prr_begin(struct tcp_prr *p, uint64_t flight, uint32_t ssthresh);

/* Event: so many bytes were sent in recovery. */
static inline void
tcp_prr_sent(struct tcp_prr *p, uint32_t len)
{
	p->out += len;
}

/*
 * Event: delivered bytes arrived, or time showed a loss (delivered is 0). pipe: what is in flight
 * then. safe: the ACK moved SND.UNA, and showed no further loss. Returns cwnd, at least a segment.
 */
uint32_t tcp_prr_delivered(struct tcp_prr *p, uint32_t delivered, uint32_t pipe, uint16_t mss,
			   bool safe);

#endif
