/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/rcv_rtt.h"

enum {
	TICK_US = 1000,
	RTT_MAX_US = 300000000, /* longer is no round trip */
};

void
tcp_rcv_rtt_echoed(struct tcp_rcv_rtt *r, uint64_t age_us)
{
	uint32_t rtt_us;

	if (age_us <= TICK_US || age_us > RTT_MAX_US)
		return;
	rtt_us = (uint32_t)age_us - TICK_US;
	if (r->rtt_us == 0 || rtt_us < r->rtt_us)
		r->rtt_us = rtt_us;
	else
		r->rtt_us += (rtt_us - r->rtt_us) / 8;
}

void
tcp_rcv_rtt_window(struct tcp_rcv_rtt *r, uint64_t now_us)
{
	uint32_t rtt_us = (uint32_t)now_us - r->at_us;

	if (r->end == 0 || rtt_us == 0 || rtt_us > RTT_MAX_US)
		return; /* it never began, or the clock stood still */
	if (r->rtt_us == 0 || rtt_us < r->rtt_us)
		r->rtt_us = rtt_us;
}
