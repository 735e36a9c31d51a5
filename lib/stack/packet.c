/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <rte_ip.h>
#include <rte_tcp.h>

#include "buf/chain.h"
#include "net/checksum.h"
#include "net/ether_ip.h"
#include "stack/packet.h"
#include "stack/state.h"

struct rte_mbuf *
packet_headers(struct rtls_stack *s, const struct netif *nif, const uint8_t dst_mac[NET_MAC_LEN],
	       const struct net_tuple *tuple, const struct tcp_seg *seg)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(s->pools.header);
	struct ether_ip_tx ip = {
		.src = tuple->local,
		.dst = tuple->remote,
		.ip_proto = IPV4_PROTO_TCP,
		.ip_checksum = (nif->port->caps & PORT_CAP_TX_IPV4_CKSUM) == 0,
	};
	uint32_t tcp_len, ip_len;
	uint8_t *p;

	if (m == NULL)
		return NULL;
	p = rte_pktmbuf_mtod(m, uint8_t *);
	tcp_len = tcp_seg_write(seg, p + ETHER_IP_HDR_LEN);
	memcpy(ip.dst_mac, dst_mac, sizeof(ip.dst_mac));
	memcpy(ip.src_mac, nif->port->mac, sizeof(ip.src_mac));
	ip.l4_len = tcp_len + seg->payload_len;
	ip_len = ether_ip_write(&ip, p);
	m->data_len = (uint16_t)(ip_len + tcp_len);
	m->pkt_len = m->data_len;
	m->l2_len = ETHER_HDR_LEN;
	m->l3_len = IPV4_HDR_MIN;
	m->l4_len = tcp_len;
	return m;
}

void
packet_checksums(const struct netif *nif, struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, ETHER_HDR_LEN);
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *,
							  ETHER_IP_HDR_LEN);

	if (nif->port->caps & PORT_CAP_TX_IPV4_CKSUM)
		m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	if (nif->port->caps & PORT_CAP_TX_TCP_CKSUM) {
		m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM;
		tcp->cksum = rte_ipv4_phdr_cksum(ip, m->ol_flags);
	} else {
		tcp->cksum = checksum_finish(
			(uint32_t)rte_ipv4_phdr_cksum(ip, 0) +
			chain_sum(m, ETHER_IP_HDR_LEN, m->pkt_len - ETHER_IP_HDR_LEN));
	}
}
