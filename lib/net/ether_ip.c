/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/ether_ip.h"

#include <errno.h>

#include "core/bytes.h"
#include "net/checksum.h"
#include "net/ip_options.h"

enum {
	IPV4_FRAGMENT = 0x3fff, /* more fragments, or an offset: RFC 791 3.1 */
};

/* The IPv4 packet behind the Ethernet header; lengths as in ether_ip_parse. */
static int
ipv4_parse(const uint8_t *frame, uint32_t contiguous_len, uint32_t frame_len,
	   enum ether_ip_csum csum, struct ether_ip_rx *out)
{
	const uint8_t *ip = frame + ETHER_HDR_LEN;
	uint32_t hdr_len, total_len;

	if (frame_len < ETHER_IP_HDR_LEN)
		return -EINVAL;
	if (contiguous_len < ETHER_IP_HDR_LEN)
		return -ENODATA;
	hdr_len = (ip[0] & 0x0fu) * 4;
	total_len = get_be16(ip + 2);
	if (ip[0] >> 4 != 4 || hdr_len < IPV4_HDR_MIN || total_len < hdr_len ||
	    total_len > frame_len - ETHER_HDR_LEN)
		return -EINVAL;
	if (contiguous_len < ETHER_HDR_LEN + hdr_len)
		return -ENODATA;
	if (csum == ETHER_IP_CSUM_VERIFY && checksum_finish(checksum_add(0, ip, hdr_len)) != 0)
		return -EINVAL;
	if ((get_be16(ip + 6) & IPV4_FRAGMENT) != 0)
		return -EOPNOTSUPP;
	if (!net_v4_is_unicast(get_be32(ip + 12)) || !net_v4_is_unicast(get_be32(ip + 16)) ||
	    net_mac_is_group(out->dst_mac))
		return -EADDRNOTAVAIL;
	if (hdr_len > IPV4_HDR_MIN &&
	    ip_options_have_route(ip + IPV4_HDR_MIN, hdr_len - IPV4_HDR_MIN))
		return -EACCES;

	out->src = net_addr_v4(get_be32(ip + 12));
	out->dst = net_addr_v4(get_be32(ip + 16));
	out->l4_off = (uint16_t)(ETHER_HDR_LEN + hdr_len);
	out->l4_len = (uint16_t)(total_len - hdr_len);
	out->ip_proto = ip[9];
	out->ttl = ip[8];
	out->tos = ip[1];
	return 0;
}

int
ether_ip_parse(const uint8_t *frame, uint32_t contiguous_len, uint32_t frame_len,
	       enum ether_ip_csum csum, struct ether_ip_rx *out)
{
	if (frame_len < ETHER_HDR_LEN)
		return -EINVAL;
	if (contiguous_len < ETHER_HDR_LEN)
		return -ENODATA;

	*out = (struct ether_ip_rx){ 0 };
	memcpy(out->dst_mac, frame, NET_MAC_LEN);
	memcpy(out->src_mac, frame + 6, NET_MAC_LEN);
	out->ether_type = get_be16(frame + 12);
	out->l3_off = ETHER_HDR_LEN;
	if (out->ether_type != ETHER_TYPE_IPV4 && out->ether_type != ETHER_TYPE_ARP)
		return -EPROTONOSUPPORT;
	if (net_mac_is_group(out->src_mac))
		return -EADDRNOTAVAIL;
	if (out->ether_type == ETHER_TYPE_ARP)
		return 0;
	return ipv4_parse(frame, contiguous_len, frame_len, csum, out);
}

bool
ether_ip_src_acceptable(const struct ether_ip_rx *rx, uint32_t own_ip, uint32_t netmask)
{
	uint32_t src = net_addr_to_v4(&rx->src);

	return src != own_ip &&
	       (!net_v4_same_subnet(src, own_ip, netmask) || net_v4_is_host(src, netmask));
}
