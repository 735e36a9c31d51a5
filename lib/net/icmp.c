/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/icmp.h"

#include <errno.h>

#include "core/bytes.h"
#include "net/checksum.h"
#include "net/ether_ip.h"

enum {
	IPV4_FRAGMENT = 0x3fff,
	OFF_NEXT_HOP_MTU = 6,
};

/* One that tells of a packet, with a code that there is (RFC 792, RFC 1122 3.2.2.5, RFC 1812 5.2.7.1). */
static bool
is_error(uint8_t type, uint8_t code)
{
	switch (type) {
	case ICMP_TYPE_UNREACHABLE:
		return code <= ICMP_CODE_CUTOFF;
	case ICMP_TYPE_TIME_EXCEEDED:
		return code <= 1;
	case ICMP_TYPE_PARAMETER:
		return code <= 2;
	default:
		return false;
	}
}

enum icmp_action
icmp_input(const uint8_t *hdr, uint32_t contiguous_len, uint32_t l4_len)
{
	if (l4_len < ICMP_HDR_LEN || contiguous_len < ICMP_HDR_LEN)
		return ICMP_BAD;
	if (is_error(hdr[0], hdr[1]))
		return ICMP_ERROR;
	if (hdr[0] != ICMP_TYPE_ECHO || hdr[1] != 0)
		return ICMP_IGNORE;
	return ICMP_REPLY;
}

/* RFC 1191 7.1: what a link may have that does not take packets of so many bytes. */
static uint16_t
plateau_below(uint16_t len)
{
	static const uint16_t plateaus[] = { 32000, 17914, 8166, 4352, 2002, 1492, 1006 };

	for (uint32_t i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++)
		if (plateaus[i] < len)
			return plateaus[i];
	return ICMP_MTU_MIN;
}

static uint16_t
next_hop_mtu(const uint8_t *msg)
{
	uint16_t mtu = get_be16(msg + OFF_NEXT_HOP_MTU);

	if (mtu == 0)
		mtu = plateau_below(get_be16(msg + ICMP_HDR_LEN + 2));
	return mtu < ICMP_MTU_MIN ? ICMP_MTU_MIN : mtu;
}

int
icmp_error_parse(const uint8_t *msg, uint32_t contiguous_len, uint32_t l4_len,
		 struct icmp_error *out)
{
	bool too_big;
	const uint8_t *ip, *tcp;

	if (l4_len < ICMP_HDR_LEN + ICMP_QUOTE_LEN ||
	    contiguous_len < ICMP_HDR_LEN + ICMP_QUOTE_LEN)
		return -EINVAL;
	ip = msg + ICMP_HDR_LEN;
	tcp = ip + IPV4_HDR_MIN;
	if (ip[0] != (4 << 4 | IPV4_HDR_MIN / 4) || (get_be16(ip + 6) & IPV4_FRAGMENT) != 0 ||
	    ip[9] != IPV4_PROTO_TCP)
		return -EINVAL;
	too_big = msg[0] == ICMP_TYPE_UNREACHABLE && msg[1] == ICMP_CODE_TOO_BIG;
	*out = (struct icmp_error){
		.type = msg[0],
		.code = msg[1],
		.mtu = too_big ? next_hop_mtu(msg) : 0,
		.seq = get_be32(tcp + 4),
		.tuple = { .local = net_addr_v4(get_be32(ip + 12)),
			   .remote = net_addr_v4(get_be32(ip + 16)),
			   .local_port = get_be16(tcp),
			   .remote_port = get_be16(tcp + 2) },
	};
	return 0;
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
