/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/net/icmp.c lib/net/checksum.c */
/* flags: --unwind 3 */
#include "net/icmp.h"
#include "proof.h"

/* Any message at any time: read inside what is there; the bucket never overflows. */
void
prove_input(void)
{
	uint8_t bytes[ICMP_HDR_LEN];
	uint32_t contiguous = nondet_u32();
	const uint8_t *hdr = bytes + ICMP_HDR_LEN -
			     (contiguous < ICMP_HDR_LEN ? contiguous : ICMP_HDR_LEN);
	struct icmp_limit l;
	uint32_t before;

	ASSUME(l.interval_us == 1000 && l.burst >= 1 && l.burst < UINT32_MAX &&
	       l.tokens <= l.burst);
	before = l.tokens;
	if (icmp_input(hdr, contiguous, nondet_u32(), &l, nondet_u64()) == ICMP_REPLY)
		PROVE(contiguous >= ICMP_HDR_LEN && l.tokens < l.burst);
	PROVE(l.tokens <= l.burst);
	PROVE(before == 0 || l.tokens + 1 >= before);
}
