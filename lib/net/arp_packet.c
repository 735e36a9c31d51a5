/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/arp_packet.h"

#include <errno.h>

#include "core/bytes.h"

enum {
	HTYPE_ETHERNET = 1,
	PTYPE_IPV4 = 0x0800,
	ETHER_TYPE = 0x0806,
	OFF_OP = 6,
	OFF_SENDER_MAC = 8,
	OFF_SENDER_IP = 14,
	OFF_TARGET_MAC = 18,
	OFF_TARGET_IP = 24,
};

int
arp_packet_parse(const uint8_t *pkt, uint32_t len, struct arp_packet *out)
{
	static const uint8_t no_mac[NET_MAC_LEN];

	if (len < ARP_PACKET_LEN || get_be16(pkt) != HTYPE_ETHERNET ||
	    get_be16(pkt + 2) != PTYPE_IPV4 || pkt[4] != NET_MAC_LEN || pkt[5] != 4)
		return -EINVAL;
	out->op = get_be16(pkt + OFF_OP);
	out->sender_ip = get_be32(pkt + OFF_SENDER_IP);
	out->target_ip = get_be32(pkt + OFF_TARGET_IP);
	memcpy(out->sender_mac, pkt + OFF_SENDER_MAC, NET_MAC_LEN);
	memcpy(out->target_mac, pkt + OFF_TARGET_MAC, NET_MAC_LEN);

	if (out->op != ARP_OP_REQUEST && out->op != ARP_OP_REPLY)
		return -EINVAL;
	if (net_mac_is_group(out->sender_mac) || memcmp(out->sender_mac, no_mac, NET_MAC_LEN) == 0)
		return -EINVAL;
	if (!net_v4_is_unicast(out->sender_ip) &&
	    (out->sender_ip != 0 || out->op != ARP_OP_REQUEST))
		return -EINVAL;
	return 0;
}

uint32_t
arp_packet_write(const struct arp_packet *p, const uint8_t dst_mac[NET_MAC_LEN], uint8_t *frame)
{
	uint8_t *pkt = frame + ARP_FRAME_LEN - ARP_PACKET_LEN;

	memcpy(frame, dst_mac, NET_MAC_LEN);
	memcpy(frame + 6, p->sender_mac, NET_MAC_LEN);
	put_be16(frame + 12, ETHER_TYPE);
	put_be16(pkt, HTYPE_ETHERNET);
	put_be16(pkt + 2, PTYPE_IPV4);
	pkt[4] = NET_MAC_LEN;
	pkt[5] = 4;
	put_be16(pkt + OFF_OP, p->op);
	memcpy(pkt + OFF_SENDER_MAC, p->sender_mac, NET_MAC_LEN);
	put_be32(pkt + OFF_SENDER_IP, p->sender_ip);
	memcpy(pkt + OFF_TARGET_MAC, p->target_mac, NET_MAC_LEN);
	put_be32(pkt + OFF_TARGET_IP, p->target_ip);
	return ARP_FRAME_LEN;
}
