/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/cable_tso.h"

#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include "port/port.h"

bool
tso_fits(const struct rtls_port *port, const struct rte_mbuf *m)
{
	const uint32_t caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM;
	const uint64_t flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	uint32_t hdr_len = m->l2_len + m->l3_len + m->l4_len;

	return (port->caps & caps) == caps && (m->ol_flags & flags) == flags &&
	       m->l2_len == RTE_ETHER_HDR_LEN && m->l3_len >= sizeof(struct rte_ipv4_hdr) &&
	       m->l4_len >= sizeof(struct rte_tcp_hdr) && hdr_len < m->pkt_len &&
	       m->pkt_len - hdr_len <= port->tso_max && m->tso_segsz > 0 &&
	       hdr_len + m->tso_segsz <= RTE_ETHER_HDR_LEN + (uint32_t)port->mtu;
}

bool
tso_start(struct tso_cut *cut, const struct rtls_port *port, const struct rte_mbuf *m,
	  const uint8_t *packet)
{
	uint32_t l3_off = m->l2_len, l4_off = l3_off + m->l3_len;
	uint32_t hdr_len = l4_off + m->l4_len, ip_len;

	if (!tso_fits(port, m))
		return false;
	ip_len = (uint32_t)packet[l3_off + 2] << 8 | packet[l3_off + 3];
	if (ip_len != m->pkt_len - l3_off || (packet[l3_off] & 0xfu) * 4 != m->l3_len ||
	    (packet[l4_off + 12] >> 4) * 4u != m->l4_len)
		return false;
	*cut = (struct tso_cut){
		.packet = packet,
		.l3_off = l3_off,
		.l4_off = l4_off,
		.hdr_len = hdr_len,
		.seg_len = m->tso_segsz,
		.len = m->pkt_len - hdr_len,
	};
	return true;
}

static void
write_ip(const struct tso_cut *cut, struct rte_ipv4_hdr *ip, uint32_t len)
{
	ip->total_length = rte_cpu_to_be_16((uint16_t)len);
	ip->packet_id = rte_cpu_to_be_16((uint16_t)(rte_be_to_cpu_16(ip->packet_id) + cut->nb));
	ip->hdr_checksum = 0;
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, cut->l4_off - cut->l3_off);
}

static void
write_tcp(const struct tso_cut *cut, struct rte_tcp_hdr *tcp, uint32_t len)
{
	uint32_t sum = (uint32_t)tcp->cksum + rte_cpu_to_be_16((uint16_t)len);

	tcp->sent_seq = rte_cpu_to_be_32(rte_be_to_cpu_32(tcp->sent_seq) + cut->off);
	if (cut->off + cut->seg_len < cut->len)
		tcp->tcp_flags &= (uint8_t)~(RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG);
	tcp->cksum = 0;
	sum += rte_raw_cksum(tcp, len);
	sum = (sum >> 16) + (sum & 0xffff);
	tcp->cksum = (uint16_t)~((sum >> 16) + sum);
}

uint32_t
tso_next(struct tso_cut *cut, uint8_t *frame)
{
	uint32_t len = RTE_MIN(cut->seg_len, cut->len - cut->off);
	void *ip = frame + cut->l3_off, *tcp = frame + cut->l4_off;

	if (len == 0)
		return 0;
	memcpy(frame, cut->packet, cut->hdr_len);
	memcpy(frame + cut->hdr_len, cut->packet + cut->hdr_len + cut->off, len);
	write_ip(cut, ip, cut->hdr_len + len - cut->l3_off);
	write_tcp(cut, tcp, cut->hdr_len + len - cut->l4_off);
	cut->off += len;
	cut->nb++;
	return cut->hdr_len + len;
}
