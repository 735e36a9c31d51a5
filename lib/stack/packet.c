/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/packet.h"

#include "buf/chain.h"
#include "core/bytes.h"
#include "net/checksum.h"
#include "stack/netif.h"

/* Where the fields that differ are, and the addresses. */
enum {
	IP_TOTAL_LEN = ETHER_HDR_LEN + 2,
	IP_CHECKSUM = ETHER_HDR_LEN + 10,
	IP_ADDRS = ETHER_HDR_LEN + 12,
	IP_ADDRS_LEN = 8,
	TCP_SEQ = ETHER_IP_HDR_LEN + 4,
	TCP_FLAGS = ETHER_IP_HDR_LEN + 13,
	TCP_CHECKSUM = ETHER_IP_HDR_LEN + 16,
};

static_assert((int)PACKET_HEADERS_MAX <= (int)BUF_HEADER_ROOM, "a header buffer");

/* What each packet's mbuf says: for the port, or for who looks at it on the way. */
static void
set_offload(struct packet_headers *h)
{
	uint32_t caps = h->nif->port->caps;

	h->port_sums_ip = (caps & PORT_CAP_TX_IPV4_CKSUM) != 0;
	h->port_sums_tcp = (caps & PORT_CAP_TX_TCP_CKSUM) != 0;
	h->ol_flags = 0;
	if (h->port_sums_ip)
		h->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	if (h->port_sums_tcp)
		h->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM;
	h->tx_offload = rte_mbuf_tx_offload(ETHER_HDR_LEN, IPV4_HDR_MIN, h->len - ETHER_IP_HDR_LEN,
					    0, 0, 0, 0);
}

void
packet_headers_write(struct packet_headers *h, uint8_t *bytes)
{
	struct ether_ip_tx ip = {
		.src = h->tuple->local,
		.dst = h->tuple->remote,
		.ip_proto = IPV4_PROTO_TCP,
		.tos = h->tos,
		.ttl = h->ttl,
	};

	memcpy(ip.dst_mac, h->dst_mac, sizeof(ip.dst_mac));
	memcpy(ip.src_mac, h->nif->port->mac, sizeof(ip.src_mac));
	ether_ip_write(&ip, bytes);
	put_be16(bytes + IP_TOTAL_LEN, 0);
	h->len = (uint8_t)(ETHER_IP_HDR_LEN + tcp_seg_write(h->seg, bytes + ETHER_IP_HDR_LEN));
	h->bytes = bytes;
	set_offload(h);
	if (!h->port_sums_ip)
		h->ip_sum = checksum_add(0, bytes + ETHER_HDR_LEN, IPV4_HDR_MIN);
	h->pseudo_sum = checksum_add(IPV4_PROTO_TCP, bytes + IP_ADDRS, IP_ADDRS_LEN);
}

void
packet_headers_end(const struct packet_headers *h, struct rte_mbuf *m, uint32_t off, uint8_t flags,
		   uint16_t segment_len)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	uint32_t l4_len = m->pkt_len - ETHER_IP_HDR_LEN;
	/* The port adds each segment's length. */
	uint32_t sum = h->pseudo_sum + (segment_len != 0 ? 0 : l4_len);

	m->ol_flags |= h->ol_flags;
	m->tx_offload = h->tx_offload;
	if (segment_len != 0) {
		m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
		m->tso_segsz = segment_len;
	}
	put_be16(p + IP_TOTAL_LEN, (uint16_t)(IPV4_HDR_MIN + l4_len));
	if (!h->port_sums_ip)
		put_be16(p + IP_CHECKSUM, checksum_finish(h->ip_sum + IPV4_HDR_MIN + l4_len));
	put_be32(p + TCP_SEQ, h->seg->seq + off);
	p[TCP_FLAGS] = flags;
	if (h->port_sums_tcp) {
		put_be16(p + TCP_CHECKSUM, checksum_fold(sum));
		return;
	}
	/* What the field had as the headers were copied does not count. chain_sum adds words as they lie in
	 * memory. */
	put_be16(p + TCP_CHECKSUM, 0);
	sum += rte_be_to_cpu_16(chain_sum(m, ETHER_IP_HDR_LEN, l4_len));
	put_be16(p + TCP_CHECKSUM, checksum_finish(sum));
}
