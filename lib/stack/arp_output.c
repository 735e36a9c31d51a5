/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/arp_output.h"

#include "stack/reply.h"

void
arp_output_request(struct rtls_stack *s, struct netif *nif, uint32_t own_ip, uint32_t ip,
		   const uint8_t *dst_mac)
{
	struct rte_mbuf *m = reply_buffer(s, nif);

	if (m == NULL)
		return;
	m->data_len = (uint16_t)arp_write_request(rte_pktmbuf_mtod(m, uint8_t *), nif->port->mac,
						  own_ip, ip, dst_mac);
	m->pkt_len = m->data_len;
	stack_count(s, CNT_ARP_REQUESTS);
	reply_packet(s, nif, m);
}

void
arp_output_reply(struct rtls_stack *s, struct netif *nif, const struct arp_action *a)
{
	struct rte_mbuf *m = reply_buffer(s, nif);

	if (m == NULL)
		return;
	m->data_len = (uint16_t)arp_write_reply(rte_pktmbuf_mtod(m, uint8_t *), nif->port->mac, a);
	m->pkt_len = m->data_len;
	reply_packet(s, nif, m);
}
