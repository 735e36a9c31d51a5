/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The ARP packet of RFC 826 for Ethernet and IPv4 as a value, addresses in host
 * order.
 */
#ifndef RTLS_NET_ARP_PACKET_H
#define RTLS_NET_ARP_PACKET_H

#include <stdint.h>

#include "net/addr.h"

enum {
	ARP_PACKET_LEN = 28,
	ARP_FRAME_LEN = 14 + ARP_PACKET_LEN, /* as written; a port pads to its minimum */
};

enum {
	ARP_OP_REQUEST = 1,
	ARP_OP_REPLY = 2,
};

struct arp_packet {
	uint32_t sender_ip;
	uint32_t target_ip;
	uint16_t op;
	uint8_t sender_mac[NET_MAC_LEN];
	uint8_t target_mac[NET_MAC_LEN];
};

/*
 * Reads a packet of len bytes, behind which padding may follow. 0, or -EINVAL
 * where it is not for Ethernet and IPv4, neither request nor reply, or from a
 * sender that no host can be: a MAC of zero or a group, an address that is not
 * unicast. Address 0 is good in a request: a probe (RFC 5227 2.1.1).
 */
int arp_packet_parse(const uint8_t *pkt, uint32_t len, struct arp_packet *out);

/* Writes a whole frame to dst_mac, ARP_FRAME_LEN bytes; returns that length. */
uint32_t arp_packet_write(const struct arp_packet *p, const uint8_t dst_mac[NET_MAC_LEN],
			  uint8_t *frame);

#endif
