/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <string.h>

#include <rte_ip.h>
#include <rte_tcp.h>

#include "core/bytes.h"
#include "port/port.h"
#include "tlsnic/frame.h"

enum { IPV4_FRAGMENT = 0x3fff }; /* more fragments, or an offset */

struct cursor
cursor_at(const struct rte_mbuf *m, uint32_t off)
{
	while (m != NULL && off >= m->data_len) {
		off -= m->data_len;
		m = m->next;
	}
	return (struct cursor){ m, off };
}

const uint8_t *
cursor_read(struct cursor *c, uint32_t *len)
{
	const uint8_t *p;

	while (c->m != NULL && c->off == c->m->data_len)
		*c = (struct cursor){ c->m->next, 0 };
	if (c->m == NULL) {
		*len = 0;
		return NULL;
	}
	p = rte_pktmbuf_mtod_offset(c->m, const uint8_t *, c->off);
	*len = RTE_MIN(*len, c->m->data_len - c->off);
	c->off += *len;
	return p;
}

static uint32_t
copy_out(const struct rte_mbuf *m, uint8_t *out, uint32_t len)
{
	struct cursor c = cursor_at(m, 0);
	uint32_t done = 0, n = len;
	const uint8_t *p;

	while (done < len && (p = cursor_read(&c, &n)) != NULL) {
		memcpy(out + done, p, n);
		done += n;
		n = len - done;
	}
	return done;
}

/* The segment in a whole IPv4 packet; stays FRAME_IPV4 where there is none. */
static void
parse_tcp(struct frame *f, uint32_t have)
{
	const uint8_t *ip = f->hdr + FRAME_ETHER_LEN, *tcp = f->hdr + f->l4_off;
	uint32_t tcp_len;

	if (ip[9] != IPPROTO_TCP || (get_be16(ip + 6) & IPV4_FRAGMENT) != 0 ||
	    RTE_MIN(f->len, have) < f->l4_off + sizeof(struct rte_tcp_hdr))
		return;
	tcp_len = (tcp[12] >> 4) * 4u;
	if (tcp_len < sizeof(struct rte_tcp_hdr) || f->l4_off + tcp_len > RTE_MIN(f->len, have))
		return;
	f->kind = FRAME_TCP;
	f->pay_off = (uint16_t)(f->l4_off + tcp_len);
	f->seq = get_be32(tcp + 4);
}

/* The packet behind the Ethernet header; stays FRAME_OTHER where it is not IPv4. */
static void
parse_ipv4(const struct rte_mbuf *m, struct frame *f, uint32_t have)
{
	const uint8_t *ip = f->hdr + FRAME_ETHER_LEN;
	uint32_t ip_len, total;

	if (have < FRAME_ETHER_LEN + sizeof(struct rte_ipv4_hdr) ||
	    get_be16(f->hdr + 12) != RTE_ETHER_TYPE_IPV4 || ip[0] >> 4 != 4)
		return;
	ip_len = (ip[0] & 0xfu) * 4;
	/* A packet that is to be cut may be longer than its length field can say. */
	total = (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0 ? m->pkt_len - FRAME_ETHER_LEN :
							     get_be16(ip + 2);
	if (ip_len < sizeof(struct rte_ipv4_hdr) || total < ip_len ||
	    total > m->pkt_len - FRAME_ETHER_LEN || FRAME_ETHER_LEN + ip_len > have)
		return;
	f->kind = FRAME_IPV4;
	f->len = FRAME_ETHER_LEN + total;
	f->l4_off = (uint16_t)(FRAME_ETHER_LEN + ip_len);
	f->pay_off = f->l4_off;
	parse_tcp(f, have);
}

/* Does the chain hold the bytes that its head promises, and no others? */
static bool
is_whole(const struct rte_mbuf *m)
{
	uint32_t left = m->pkt_len;

	for (; m != NULL && m->data_len <= left; m = m->next)
		left -= m->data_len;
	return m == NULL && left == 0;
}

void
frame_read(const struct rte_mbuf *m, struct frame *f)
{
	uint32_t have = copy_out(m, f->hdr, RTE_MIN(m->pkt_len, (uint32_t)FRAME_HDRS_MAX));

	f->kind = FRAME_OTHER;
	f->l4_off = 0;
	f->pay_off = 0;
	f->len = m->pkt_len;
	if (is_whole(m))
		parse_ipv4(m, f, have);
	f->pay_len = f->len - f->pay_off;
}

struct frame_flow
frame_flow(const struct frame *f)
{
	const uint8_t *ip = f->hdr + FRAME_ETHER_LEN, *tcp = f->hdr + f->l4_off;
	struct frame_flow flow;

	memcpy(&flow.src, ip + 12, 4);
	memcpy(&flow.dst, ip + 16, 4);
	memcpy(&flow.src_port, tcp, 2);
	memcpy(&flow.dst_port, tcp + 2, 2);
	return flow;
}

bool
frame_brings_text(const struct frame *f)
{
	uint8_t flags = f->hdr[f->l4_off + offsetof(struct rte_tcp_hdr, tcp_flags)];

	return f->pay_len > 0 && (flags & (RTE_TCP_ACK_FLAG | RTE_TCP_SYN_FLAG |
					   RTE_TCP_RST_FLAG)) == RTE_TCP_ACK_FLAG;
}

/*
 * The sum of len bytes from off on. DPDK's own for chains drops carries behind pieces of odd
 * length (rte_raw_cksum_mbuf() of 24.11).
 */
static uint16_t
chain_sum(const struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	struct cursor c = cursor_at(m, off);
	uint32_t done = 0, sum = 0;

	while (done < len) {
		uint32_t n = len - done;
		const uint8_t *p = cursor_read(&c, &n);
		uint16_t piece;

		if (p == NULL)
			break;
		piece = rte_raw_cksum(p, n);
		sum += done % 2 == 0 ? piece : rte_bswap16(piece);
		sum = (sum & 0xffff) + (sum >> 16);
		done += n;
	}
	return (uint16_t)sum;
}

void
frame_verify(struct rte_mbuf *m, const struct frame *f)
{
	uint32_t l4_sum;

	if (f->kind == FRAME_OTHER)
		return;
	if ((m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN)
		m->ol_flags |= rte_raw_cksum(f->hdr + FRAME_ETHER_LEN,
					     f->l4_off - FRAME_ETHER_LEN) == 0xffff ?
				       RTE_MBUF_F_RX_IP_CKSUM_GOOD :
				       RTE_MBUF_F_RX_IP_CKSUM_BAD;
	if (f->kind != FRAME_TCP ||
	    (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) != RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN)
		return;
	l4_sum = (uint32_t)chain_sum(m, f->l4_off, f->len - f->l4_off) +
		 rte_ipv4_phdr_cksum((const void *)(f->hdr + FRAME_ETHER_LEN), 0);
	l4_sum = (l4_sum & 0xffff) + (l4_sum >> 16);
	m->ol_flags |= l4_sum == 0xffff ? RTE_MBUF_F_RX_L4_CKSUM_GOOD : RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

static void
tcp_checksum(struct rte_mbuf *m, const struct frame *f, struct rte_ipv4_hdr *ip, bool by_port)
{
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, f->l4_off);

	tcp->cksum = 0;
	if (by_port) {
		m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM;
		tcp->cksum = rte_ipv4_phdr_cksum(ip, m->ol_flags);
	} else {
		tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	}
}

void
frame_checksums(struct rte_mbuf *m, const struct frame *f, bool ipv4, bool tcp, uint32_t port_caps)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *,
							  FRAME_ETHER_LEN);

	if (!ipv4 && !tcp)
		return;
	m->l2_len = FRAME_ETHER_LEN;
	m->l3_len = (uint16_t)(f->l4_off - FRAME_ETHER_LEN) & 0x1ff;
	if (ipv4) {
		ip->hdr_checksum = 0;
		if ((port_caps & PORT_CAP_TX_IPV4_CKSUM) != 0)
			m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
		else
			ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, m->l3_len);
	}
	if (tcp) {
		m->l4_len = (uint16_t)(f->pay_off - f->l4_off) & 0xff;
		tcp_checksum(m, f, ip, (port_caps & PORT_CAP_TX_TCP_CKSUM) != 0);
	}
}
