/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Round-trip time and retransmission timeout: RFC 6298. Which measurements are
 * valid (Karn's algorithm, timestamps) is decided by tcp/input; here they count.
 */
#ifndef RTLS_TCP_RTT_H
#define RTLS_TCP_RTT_H

#include <stdint.h>

#include "tcp/params.h"

enum {
	TCP_RTT_BACKOFF_MAX = 20, /* 1 us << 20 is beyond rto_max with any rto_min in use */
};

struct tcp_rtt {
	uint32_t srtt_us; /* 0: no sample yet */
	uint32_t rttvar_us;
	uint32_t rto_us;       /* without backoff: srtt + max(rto_min, 4 rttvar), at most rto_max */
	uint8_t backoff;       /* timeouts since the last valid sample */
	uint8_t probe_backoff; /* probes since the peer's window closed */
};

void tcp_rtt_init(struct tcp_rtt *r, const struct tcp_params *p);

/* Event: a valid measurement. Ends the backoff (RFC 6298 5.7). */
void tcp_rtt_sample(struct tcp_rtt *r, const struct tcp_params *p, uint64_t rtt_us);

/* Event: the timer expired (RFC 6298 5.5). */
void tcp_rtt_backoff(struct tcp_rtt *r);

/* Event: data transmission begins after a lost SYN, and nothing was measured (RFC 6298 5.7). */
void tcp_rtt_syn_lost(struct tcp_rtt *r, const struct tcp_params *p);

/* The timeout to arm, us, with a backoff of the caller's: the zero-window probe has its own. At most rto_max. */
static inline uint32_t
tcp_rtt_backed_off(const struct tcp_rtt *r, const struct tcp_params *p, uint8_t backoff)
{
	uint64_t rto_us = (uint64_t)r->rto_us
			  << (backoff < TCP_RTT_BACKOFF_MAX ? backoff : TCP_RTT_BACKOFF_MAX);

	return rto_us > p->rto_max_us ? p->rto_max_us : (uint32_t)rto_us;
}

/* The same, of what was sent and not acknowledged. */
static inline uint32_t
tcp_rtt_rto(const struct tcp_rtt *r, const struct tcp_params *p)
{
	return tcp_rtt_backed_off(r, p, r->backoff);
}

#endif
