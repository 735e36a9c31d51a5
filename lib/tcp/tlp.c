/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/tlp.h"

enum {
	ACK_DELAY_US = 200000,   /* a peer may wait so long for a second segment */
	FIRST_WAIT_US = 1000000, /* nothing was measured */
	SLACK_US = 2000,         /* of clocks that count in ms */
};

uint32_t
tcp_tlp_wait_us(uint32_t srtt_us, bool alone)
{
	uint64_t us = srtt_us != 0 ? 2 * (uint64_t)srtt_us + SLACK_US : FIRST_WAIT_US;

	if (alone)
		us += ACK_DELAY_US;
	return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

void
tcp_tlp_sent(struct tcp_tlp *t, uint64_t nxt, uint32_t bytes, bool again)
{
	*t = (struct tcp_tlp){ .end = nxt, .bytes = again ? bytes : 0, .out = true };
}

/* RFC 8985 7.4.2. */
bool
tcp_tlp_acked(struct tcp_tlp *t, uint64_t una, bool duplicate)
{
	if (!t->out || una < t->end)
		return false;
	/* Of the last segment and the probe one may be on its way still: the next ACK tells. */
	if (t->bytes > 0 && una == t->end && !duplicate)
		return false;
	t->out = false;
	/* What was new shows a gap by what is behind it. */
	return t->bytes > 0 && !duplicate;
}
