/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/icmp.h"

#include "net/checksum.h"

void
icmp_limit_init(struct icmp_limit *l, uint32_t interval_us, uint32_t burst, uint64_t now_us)
{
	*l = (struct icmp_limit){
		.filled_us = now_us,
		.interval_us = interval_us,
		.burst = burst,
		.tokens = burst,
	};
}

static void
icmp_limit_fill(struct icmp_limit *l, uint64_t now_us)
{
	uint64_t earned;

	if (now_us < l->filled_us || now_us - l->filled_us < l->interval_us)
		return;
	earned = (now_us - l->filled_us) / l->interval_us;
	if (earned >= l->burst - l->tokens) {
		/* Full: what an idle time would earn beyond it is lost. */
		l->tokens = l->burst;
		l->filled_us = now_us;
		return;
	}
	l->tokens += (uint32_t)earned;
	l->filled_us += earned * l->interval_us;
}

bool
icmp_limit_take(struct icmp_limit *l, uint64_t now_us)
{
	icmp_limit_fill(l, now_us);
	if (l->tokens == 0)
		return false;
	l->tokens--;
	return true;
}

enum icmp_action
icmp_input(const uint8_t *hdr, uint32_t contiguous_len, uint32_t l4_len, struct icmp_limit *limit,
	   uint64_t now_us)
{
	if (l4_len < ICMP_HDR_LEN || contiguous_len < ICMP_HDR_LEN)
		return ICMP_BAD;
	if (hdr[0] != ICMP_TYPE_ECHO || hdr[1] != 0)
		return ICMP_IGNORE;
	return icmp_limit_take(limit, now_us) ? ICMP_REPLY : ICMP_LIMITED;
}

uint16_t
icmp_echo_reply_checksum(uint16_t old_checksum)
{
	uint16_t c = checksum_update16(old_checksum, ICMP_TYPE_ECHO << 8,
				       ICMP_TYPE_ECHO_REPLY << 8);

	/* RFC 1624 counts on a word that is not 0. A reply may be all 0: then
	 * ffff alone is right, and where 0 is right so is ffff. */
	return c != 0 ? c : 0xffff;
}
