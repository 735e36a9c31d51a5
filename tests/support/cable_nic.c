/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/cable_nic.h"

#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include "port/port.h"

bool
nic_tx_cksum(uint32_t caps, const struct rte_mbuf *m, uint8_t *frame, uint32_t len)
{
	uint32_t l3 = m->l2_len, l4 = l3 + m->l3_len, end;
	uint16_t sum;
	bool ip = (m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0;
	bool tcp = (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM;

	if ((m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0)
		return false;
	if (!ip && (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == 0)
		return true;
	if ((ip && (caps & PORT_CAP_TX_IPV4_CKSUM) == 0) || (!ip && !tcp) ||
	    (tcp && (caps & PORT_CAP_TX_TCP_CKSUM) == 0))
		return false;
	if ((m->ol_flags & RTE_MBUF_F_TX_IPV4) == 0 || l3 < RTE_ETHER_HDR_LEN ||
	    m->l3_len < sizeof(struct rte_ipv4_hdr) || l4 > len)
		return false;
	if (ip) {
		sum = (uint16_t)~rte_raw_cksum(frame + l3, m->l3_len);
		memcpy(frame + l3 + offsetof(struct rte_ipv4_hdr, hdr_checksum), &sum, 2);
	}
	if (tcp) {
		end = l3 + (uint32_t)(frame[l3 + 2] << 8 | frame[l3 + 3]);
		if (end > len || end < l4 + sizeof(struct rte_tcp_hdr))
			return false;
		sum = (uint16_t)~rte_raw_cksum(frame + l4, end - l4);
		memcpy(frame + l4 + offsetof(struct rte_tcp_hdr, cksum), &sum, 2);
	}
	return true;
}

/* The marks of a NIC that checks IPv4 and TCP checksums on receive. */
static uint64_t
nic_rx_marks(const uint8_t *frame, uint32_t len)
{
	const struct rte_ipv4_hdr
		*ip = (const struct rte_ipv4_hdr *)(const void *)(frame + RTE_ETHER_HDR_LEN);
	uint32_t room = len - RTE_ETHER_HDR_LEN, hdr_len, total;
	uint64_t marks;

	if (frame[12] != 0x08 || frame[13] != 0x00 || room < sizeof(*ip))
		return 0;
	hdr_len = rte_ipv4_hdr_len(ip);
	total = rte_be_to_cpu_16(ip->total_length);
	if (hdr_len < sizeof(*ip) || hdr_len > total || total > room)
		return 0;
	marks = rte_raw_cksum(ip, hdr_len) == 0xffff ? RTE_MBUF_F_RX_IP_CKSUM_GOOD :
						       RTE_MBUF_F_RX_IP_CKSUM_BAD;
	if (ip->next_proto_id != IPPROTO_TCP || total - hdr_len < sizeof(struct rte_tcp_hdr) ||
	    (rte_be_to_cpu_16(ip->fragment_offset) & ~RTE_IPV4_HDR_DF_FLAG) != 0)
		return marks;
	if (rte_ipv4_udptcp_cksum_verify(ip, (const uint8_t *)ip + hdr_len) == 0)
		return marks | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	return marks | RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

struct rte_mbuf *
nic_rx_copy(struct rte_mempool *pool, uint32_t caps, uint32_t seg_len, const uint8_t *frame,
	    uint32_t len)
{
	uint32_t piece = seg_len != 0 ? seg_len : len;
	struct rte_mbuf *head = NULL, **link = &head, *m;

	for (uint32_t off = 0; off < len; off += piece) {
		m = rte_pktmbuf_alloc(pool);
		if (m == NULL) {
			rte_pktmbuf_free(head);
			return NULL;
		}
		*link = m;
		link = &m->next;
		m->data_len = (uint16_t)RTE_MIN(piece, len - off);
		memcpy(rte_pktmbuf_mtod(m, void *), frame + off, m->data_len);
		if (m != head)
			head->nb_segs++;
	}
	head->pkt_len = len;
	if ((caps & PORT_CAP_RX_CKSUM) != 0)
		head->ol_flags |= nic_rx_marks(frame, len);
	return head;
}
