/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/checksum.h"

#include "core/bytes.h"

uint32_t
checksum_pseudo(const struct net_addr *src, const struct net_addr *dst, uint8_t proto,
		uint32_t l4_len)
{
	/* IPv4 sums four bytes of each address, without the prefix of the mapping. */
	uint32_t off = net_addr_is_v4(src) && net_addr_is_v4(dst) ? 12 : 0;
	uint32_t sum = (l4_len >> 16) + (l4_len & 0xffff) + proto;

	sum = checksum_add(sum, src->b + off, 16 - off);
	return checksum_add(sum, dst->b + off, 16 - off);
}

uint16_t
checksum_update16(uint16_t old_checksum, uint16_t old_word, uint16_t new_word)
{
	/* HC' = ~(~HC + ~m + m') */
	return checksum_finish((uint32_t)(uint16_t)~old_checksum + (uint16_t)~old_word + new_word);
}
