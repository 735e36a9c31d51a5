/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/rtt.h"

enum {
	SYN_LOST_RTO_US = 3000000,
	/* A longer measurement is an error; it bounds the sums below to 32 bits. */
	RTT_MAX_US = 300000000,
};

/*
 * RFC 6298 2.3, with rto_min as G. It is a margin, not the least RTO: on a steady path RTTVAR goes
 * to 0, and a timeout of one SRTT takes each small delay for a loss.
 */
static uint32_t
rto_of(const struct tcp_rtt *r, const struct tcp_params *p)
{
	uint64_t var = 4 * (uint64_t)r->rttvar_us;
	uint64_t rto_us = r->srtt_us + (var > p->rto_min_us ? var : p->rto_min_us);

	return rto_us > p->rto_max_us ? p->rto_max_us : (uint32_t)rto_us;
}

void
tcp_rtt_init(struct tcp_rtt *r, const struct tcp_params *p)
{
	*r = (struct tcp_rtt){ .rto_us = p->rto_init_us };
}

void
tcp_rtt_sample(struct tcp_rtt *r, const struct tcp_params *p, uint64_t rtt_us)
{
	uint32_t rtt = rtt_us > RTT_MAX_US ? RTT_MAX_US : (uint32_t)rtt_us;

	if (rtt == 0)
		rtt = 1; /* 0 stands for: no sample */
	if (r->srtt_us == 0) {
		/* RFC 6298 2.2 */
		r->srtt_us = rtt;
		r->rttvar_us = rtt / 2;
	} else {
		/* RFC 6298 2.3: RTTVAR first, from the old SRTT */
		uint32_t diff = rtt > r->srtt_us ? rtt - r->srtt_us : r->srtt_us - rtt;

		r->rttvar_us = (3 * r->rttvar_us + diff) / 4;
		r->srtt_us = (uint32_t)((7 * (uint64_t)r->srtt_us + rtt) / 8);
		if (r->srtt_us == 0)
			r->srtt_us = 1;
	}
	r->rto_us = rto_of(r, p);
	r->backoff = 0;
}

void
tcp_rtt_backoff(struct tcp_rtt *r)
{
	if (r->backoff < TCP_RTT_BACKOFF_MAX)
		r->backoff++;
}

void
tcp_rtt_syn_lost(struct tcp_rtt *r, const struct tcp_params *p)
{
	if (r->rto_us < SYN_LOST_RTO_US)
		r->rto_us = SYN_LOST_RTO_US;
	if (r->rto_us > p->rto_max_us)
		r->rto_us = p->rto_max_us;
	r->backoff = 0;
}
