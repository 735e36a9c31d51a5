/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/net/arp_packet.c */
/* flags: --unwind 8 */
#include "net/arp_packet.h"
#include "proof.h"

/* Any packet: nothing is read behind its end, and who passes is a host. */
void
prove_parse(void)
{
	uint8_t bytes[ARP_PACKET_LEN];
	uint32_t len = nondet_u32();
	const uint8_t *pkt = bytes + ARP_PACKET_LEN - (len < ARP_PACKET_LEN ? len : ARP_PACKET_LEN);
	struct arp_packet p;

	if (arp_packet_parse(pkt, len, &p) != 0)
		return;
	PROVE(len >= ARP_PACKET_LEN);
	PROVE(p.op == ARP_OP_REQUEST || p.op == ARP_OP_REPLY);
	PROVE(!net_mac_is_group(p.sender_mac));
	PROVE(net_v4_is_unicast(p.sender_ip) || (p.sender_ip == 0 && p.op == ARP_OP_REQUEST));
}
