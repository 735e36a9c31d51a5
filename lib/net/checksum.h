/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The internet checksum (RFC 1071) of headers and pseudo headers. All values
 * are in host order: the sum of the 16-bit words as they are read from the
 * wire. A sum made by adding words in memory order (as DPDK's raw checksum
 * does) joins after a byte swap: the sum of swapped words is the swapped sum
 * (RFC 1071 2 (B)).
 */
#ifndef RTLS_NET_CHECKSUM_H
#define RTLS_NET_CHECKSUM_H

#include <stdint.h>

#include "core/bytes.h"
#include "net/addr.h"

/*
 * Adds len header bytes to a running sum, which starts at 0. Only the last
 * piece may be of odd length. The sum of up to 64 KiB cannot overflow.
 */
static inline uint32_t
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

/*
 * The running sum of the pseudo header, for IPv4 (RFC 9293 3.1) where both
 * addresses are v4-mapped, else for IPv6 (RFC 8200 8.1). l4_len is 0 for what
 * a NIC segments itself, as it adds the length of each piece.
 */
uint32_t checksum_pseudo(const struct net_addr *src, const struct net_addr *dst, uint8_t proto,
			 uint32_t l4_len);

/* 16 bits, not complemented: what a NIC wants in the field that it completes. */
static inline uint16_t
checksum_fold(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)(sum + (sum >> 16));
}

/*
 * The field's value. Over data that contains a checksum it is 0 where that
 * checksum is right.
 */
static inline uint16_t
checksum_finish(uint32_t sum)
{
	return (uint16_t)~checksum_fold(sum);
}

/* The checksum after one word changed from old_word to new_word (RFC 1624, equation 3). */
uint16_t checksum_update16(uint16_t old_checksum, uint16_t old_word, uint16_t new_word);

#endif
