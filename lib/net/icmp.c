/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/icmp.h"

#include "net/checksum.h"

enum icmp_action
icmp_input(const uint8_t *hdr, uint32_t contiguous_len, uint32_t l4_len)
{
	if (l4_len < ICMP_HDR_LEN || contiguous_len < ICMP_HDR_LEN)
		return ICMP_BAD;
	if (hdr[0] != ICMP_TYPE_ECHO || hdr[1] != 0)
		return ICMP_IGNORE;
	return ICMP_REPLY;
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
