/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/net/icmp.c lib/net/checksum.c */
/* flags: --unwind 3 */
#include "net/icmp.h"
#include "proof.h"

/* Any message: read inside what is there, and answered only where a whole header asks for it. */
void
prove_input(void)
{
	uint8_t bytes[ICMP_HDR_LEN];
	uint32_t contiguous = nondet_u32(), len = nondet_u32();
	const uint8_t *hdr = bytes + ICMP_HDR_LEN -
			     (contiguous < ICMP_HDR_LEN ? contiguous : ICMP_HDR_LEN);

	if (icmp_input(hdr, contiguous, len) != ICMP_REPLY)
		return;
	PROVE(contiguous >= ICMP_HDR_LEN && len >= ICMP_HDR_LEN);
	PROVE(hdr[0] == ICMP_TYPE_ECHO && hdr[1] == 0);
}
