/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/packet.h"

#include "buf/chain.h"
#include "buf/pools.h"
#include "core/bytes.h"
#include "net/checksum.h"
#include "stack/netif.h"

/* Where the fields that differ are. */
enum {
	IP_TOTAL_LEN = ETHER_HDR_LEN + 2,
	IP_CHECKSUM = ETHER_HDR_LEN + 10,
	TCP_SEQ = ETHER_IP_HDR_LEN + 4,
	TCP_FLAGS = ETHER_IP_HDR_LEN + 13,
	TCP_CHECKSUM = ETHER_IP_HDR_LEN + 16,
};

/* Headers are copied with a length that the compiler knows: that many bytes are there. */
static_assert(sizeof(((struct packet_headers *)0)->bytes) <= BUF_HEADER_ROOM, "a header buffer");

/* What each packet's mbuf says: for the port, or for who looks at it on the way. */
static void
make_offload(struct packet_headers *h, const struct netif *nif)
{
	h->port_sums_ip = (nif->port->caps & PORT_CAP_TX_IPV4_CKSUM) != 0;
	h->port_sums_tcp = (nif->port->caps & PORT_CAP_TX_TCP_CKSUM) != 0;
	h->ol_flags = 0;
	if (h->port_sums_ip)
		h->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	if (h->port_sums_tcp)
		h->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM;
	h->tx_offload = rte_mbuf_tx_offload(ETHER_HDR_LEN, IPV4_HDR_MIN, h->tcp_len, 0, 0, 0, 0);
}

void
packet_headers_make(struct packet_headers *h, const struct netif *nif,
		    const uint8_t dst_mac[NET_MAC_LEN], const struct net_tuple *tuple,
		    const struct tcp_seg *seg)
{
	struct ether_ip_tx ip = {
		.src = tuple->local,
		.dst = tuple->remote,
		.ip_proto = IPV4_PROTO_TCP,
	};

	h->tcp_len = (uint8_t)tcp_seg_write(seg, h->bytes + ETHER_IP_HDR_LEN);
	h->len = (uint8_t)(ETHER_IP_HDR_LEN + h->tcp_len);
	h->seq = seg->seq;
	memcpy(ip.dst_mac, dst_mac, sizeof(ip.dst_mac));
	memcpy(ip.src_mac, nif->port->mac, sizeof(ip.src_mac));
	ether_ip_write(&ip, h->bytes);
	make_offload(h, nif);
	put_be16(h->bytes + IP_TOTAL_LEN, 0);
	if (!h->port_sums_ip)
		h->ip_sum = checksum_add(0, h->bytes + ETHER_HDR_LEN, IPV4_HDR_MIN);
	h->pseudo_sum = checksum_pseudo(&ip.src, &ip.dst, IPV4_PROTO_TCP, 0);
}

/* The field's value, of a packet that is whole but for it. */
static uint16_t
tcp_checksum(const struct packet_headers *h, const struct rte_mbuf *m, uint32_t l4_len)
{
	uint32_t sum = h->pseudo_sum + l4_len;

	if (h->port_sums_tcp)
		return checksum_fold(sum);
	/* chain_sum adds words as they lie in memory. */
	return checksum_finish(sum + rte_be_to_cpu_16(chain_sum(m, ETHER_IP_HDR_LEN, l4_len)));
}

void
packet_headers_put(const struct packet_headers *h, struct rte_mbuf *m, uint32_t off, uint8_t flags,
		   uint16_t segment_len)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	uint32_t l4_len = h->tcp_len + m->pkt_len;

	memcpy(p, h->bytes, sizeof(h->bytes));
	m->data_len = h->len;
	m->pkt_len += h->len;
	m->ol_flags |= h->ol_flags;
	m->tx_offload = h->tx_offload;
	put_be16(p + IP_TOTAL_LEN, (uint16_t)(IPV4_HDR_MIN + l4_len));
	if (!h->port_sums_ip)
		put_be16(p + IP_CHECKSUM, checksum_finish(h->ip_sum + IPV4_HDR_MIN + l4_len));
	put_be32(p + TCP_SEQ, h->seq + off);
	p[TCP_FLAGS] = flags;
	if (segment_len != 0) {
		m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
		m->tso_segsz = segment_len;
		l4_len = 0; /* the port adds each segment's */
	}
	put_be16(p + TCP_CHECKSUM, tcp_checksum(h, m, l4_len));
}
