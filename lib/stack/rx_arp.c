/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/rx_arp.h"

#include "stack/arp_output.h"
#include "stack/neighbour_wait.h"
#include "stack/nexthop.h"
#include "stack/reply.h"
#include "stack/tell.h"

/*
 * Who asked, to count its questions: its address together with the MAC that the answer goes to.
 * Who forges the one does not use up what the other's owner is due.
 */
static struct net_addr
arp_asker(const struct arp_action *a)
{
	struct net_addr asker = { .b = { 0xfe, 0x80 } }; /* no IPv4 address, and no IPv6 host */

	memcpy(asker.b + 4, a->mac, NET_MAC_LEN);
	put_be32(asker.b + 12, a->ip);
	return asker;
}

static void
count_arp(struct rtls_stack *s, const struct netif *nif, const struct rx_packet *p,
	  const struct arp_action *a)
{
	struct net_addr sender = net_addr_v4(a->ip);
	const uint8_t *mac = a->mac;
	enum note n;

	switch (a->act) {
	case ARP_IGNORED:
	case ARP_LEARNED:
		break;
	case ARP_BAD:
		rx_packet_refused(s, p, CNT_RX_MALFORMED);
		tell_port(s, nif, NOTE_MALFORMED, "ARP");
		break;
	case ARP_REFUSED:
	case ARP_DOUBTED:
	case ARP_CONFLICT:
		rx_packet_refused(s, p, CNT_ARP_REFUSED);
		n = a->act == ARP_CONFLICT ? NOTE_ADDRESS_TAKEN : NOTE_NEIGHBOUR_CLAIMED;
		tell_remote(s, &sender, 0, n, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
			    mac[2], mac[3], mac[4], mac[5]);
		break;
	}
}

void
rx_arp(struct rtls_stack *s, struct netif *nif, struct rx_packet *p)
{
	struct net_addr asker;
	struct arp_action a;

	if (p->contiguous_len < p->ip.l3_off) {
		rx_packet_unparsed(s, nif, p, CNT_RX_MALFORMED);
		return;
	}
	a = arp_input(&nif->arp, nif->own, nif->nb_own, p->bytes + p->ip.l3_off,
		      p->contiguous_len - p->ip.l3_off, s->now_us);
	count_arp(s, nif, p, &a);
	if (a.act == ARP_DOUBTED)
		nexthop_doubted(s, nif, a.ip);
	if (a.act == ARP_LEARNED)
		neighbour_learned(s);
	asker = arp_asker(&a);
	if (a.reply && reply_allowed(s, ANSWER_ARP, &asker))
		arp_output_reply(s, nif, &a);
	rte_pktmbuf_free(p->m);
}
