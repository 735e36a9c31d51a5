/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Ethernet II and IPv4, read and written. No VLAN tag, no reassembly: what is
 * not understood is refused with a code of its own, for the caller to count.
 */
#ifndef RTLS_NET_ETHER_IP_H
#define RTLS_NET_ETHER_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/checksum.h"

enum {
	ETHER_HDR_LEN = 14,
	ETHER_TYPE_IPV4 = 0x0800,
	ETHER_TYPE_ARP = 0x0806,
	IPV4_HDR_MIN = 20,
	IPV4_HDR_MAX = 60,
	IPV4_LEN_MAX = 65535,
	IPV4_DONT_FRAGMENT = 0x4000,
	IPV4_TTL_DEFAULT = 64,
	IPV4_PROTO_ICMP = 1,
	IPV4_PROTO_TCP = 6,
	ETHER_IP_HDR_LEN = ETHER_HDR_LEN + IPV4_HDR_MIN, /* as written: no options */
	ETHER_IP_HDR_MAX = ETHER_HDR_LEN + IPV4_HDR_MAX, /* as accepted */
};

/* Where the IP header's checksum has been verified already. */
enum ether_ip_csum {
	ETHER_IP_CSUM_VERIFY, /* nowhere: verify it here */
	ETHER_IP_CSUM_GOOD,   /* by the NIC */
};

/* A received frame. With ether_type ETHER_TYPE_ARP only the MACs, l3_off and ether_type are set. */
struct ether_ip_rx {
	struct net_addr src;
	struct net_addr dst;
	uint16_t ether_type;
	uint16_t l3_off; /* from the frame's start */
	uint16_t l4_off; /* from the frame's start */
	uint16_t l4_len; /* by the IP total length: Ethernet padding does not count */
	uint8_t dst_mac[NET_MAC_LEN];
	uint8_t src_mac[NET_MAC_LEN];
	uint8_t ip_proto;
	uint8_t ttl;
	uint8_t tos;
};

/*
 * Reads the headers of a frame of frame_len bytes, the first contiguous_len of
 * which are at frame. Other IP options are skipped (RFC 9293 MUST-50). Every destination MAC but a group
 * address is accepted for IPv4: whose frame it is, and whether dst is ours, is
 * the caller's question.
 *
 * 0;
 * -EINVAL: a length does not fit, not version 4, or the header checksum is wrong;
 * -ENODATA: the headers are longer than contiguous_len: call again with
 *	ETHER_IP_HDR_MAX contiguous bytes, or all of a shorter frame;
 * -EPROTONOSUPPORT: neither IPv4 nor ARP, a VLAN tag included;
 * -EOPNOTSUPP: a fragment;
 * -EACCES: its options are a source route, loose or strict;
 * -EADDRNOTAVAIL: the source, IP or MAC, is none that one host can have, or an
 *	IPv4 packet's destination is a group (RFC 9293 MUST-57, MUST-63).
 */
int ether_ip_parse(const uint8_t *frame, uint32_t contiguous_len, uint32_t frame_len,
		   enum ether_ip_csum csum, struct ether_ip_rx *out);

/*
 * What ether_ip_parse cannot know: a source that is our own address or, on our
 * subnet, the subnet's number or broadcast address. False: drop (RFC 1122
 * 3.2.1.3). Addresses in host order.
 */
bool ether_ip_src_acceptable(const struct ether_ip_rx *rx, uint32_t own_ip, uint32_t netmask);

struct ether_ip_tx {
	struct net_addr src;
	struct net_addr dst;
	uint32_t l4_len;
	uint8_t dst_mac[NET_MAC_LEN];
	uint8_t src_mac[NET_MAC_LEN];
	uint8_t ip_proto;
	uint8_t tos;
	uint8_t ttl;      /* 0: IPV4_TTL_DEFAULT */
	bool ip_checksum; /* false: the field stays 0, the NIC fills it */
};

/*
 * Writes ETHER_IP_HDR_LEN bytes: Ethernet and IPv4 without options, DF set, ID
 * 0 (RFC 6864 4.1: no meaning in a packet that is never fragmented). Returns
 * that length, or 0 with nothing written where an address is not IPv4 or l4_len
 * does not fit.
 */
static inline uint32_t
ether_ip_write(const struct ether_ip_tx *tx, uint8_t *out)
{
	uint8_t *ip = out + ETHER_HDR_LEN;

	if (!net_addr_is_v4(&tx->src) || !net_addr_is_v4(&tx->dst) ||
	    tx->l4_len > IPV4_LEN_MAX - IPV4_HDR_MIN)
		return 0;

	memcpy(out, tx->dst_mac, NET_MAC_LEN);
	memcpy(out + 6, tx->src_mac, NET_MAC_LEN);
	put_be16(out + 12, ETHER_TYPE_IPV4);
	ip[0] = 4 << 4 | IPV4_HDR_MIN / 4;
	ip[1] = tx->tos;
	put_be16(ip + 2, (uint16_t)(IPV4_HDR_MIN + tx->l4_len));
	put_be16(ip + 4, 0);
	put_be16(ip + 6, IPV4_DONT_FRAGMENT);
	ip[8] = tx->ttl != 0 ? tx->ttl : IPV4_TTL_DEFAULT;
	ip[9] = tx->ip_proto;
	put_be16(ip + 10, 0);
	memcpy(ip + 12, tx->src.b + 12, 4);
	memcpy(ip + 16, tx->dst.b + 12, 4);
	if (tx->ip_checksum)
		put_be16(ip + 10, checksum_finish(checksum_add(0, ip, IPV4_HDR_MIN)));
	return ETHER_IP_HDR_LEN;
}

#endif
