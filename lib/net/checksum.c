/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/checksum.h"

#include "core/bytes.h"

uint32_t
checksum_add(uint32_t sum, const uint8_t *hdr, uint32_t len)
{
	uint32_t i = 0, two;

	/* Two words at a time. */
	for (; len - i >= 4; i += 4) {
		two = get_be32(hdr + i);
		sum += (two >> 16) + (two & 0xffff);
	}
	if (len - i >= 2) {
		sum += get_be16(hdr + i);
		i += 2;
	}
	/* RFC 1071 1: an odd last byte is padded with zero. */
	if (i != len)
		sum += (uint32_t)hdr[i] << 8;
	return sum;
}

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
