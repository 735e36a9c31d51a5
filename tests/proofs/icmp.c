/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/net/icmp.c lib/net/checksum.c */
/* flags: --unwind 9 */
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

/* Any error: read inside what is there, and no path of less than every host takes. */
void
prove_error(void)
{
	uint8_t bytes[ICMP_HDR_LEN + ICMP_QUOTE_LEN];
	uint32_t contiguous = nondet_u32(), len = nondet_u32();
	const uint8_t *msg = bytes + sizeof(bytes) -
			     (contiguous < sizeof(bytes) ? contiguous : sizeof(bytes));
	struct icmp_error e;

	if (icmp_error_parse(msg, contiguous, len, &e) != 0)
		return;
	PROVE(contiguous >= sizeof(bytes) && len >= sizeof(bytes));
	PROVE(e.type == ICMP_TYPE_UNREACHABLE && e.code == ICMP_CODE_TOO_BIG ?
		      e.mtu >= ICMP_MTU_MIN :
		      e.mtu == 0);
}
