/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include <rte_ip.h>
#include <rte_tcp.h>

#include "buf/chain.h"
#include "net/checksum.h"
#include "net/ether_ip.h"
#include "stack/inline_tx.h"
#include "stack/packet.h"
#include "stack/state.h"

/* Everything but payload and checksums; NULL: no buffer. */
static struct rte_mbuf *
write_headers(struct rtls_stack *s, const struct netif *nif, const uint8_t dst_mac[NET_MAC_LEN],
	      const struct net_tuple *tuple, const struct tcp_seg *seg)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(s->pools.header);
	struct ether_ip_tx ip = {
		.src = tuple->local,
		.dst = tuple->remote,
		.ip_proto = IPV4_PROTO_TCP,
		.ip_checksum = (nif->port->caps & PORT_CAP_TX_IPV4_CKSUM) == 0,
	};
	struct tcp_seg wire = *seg;
	uint32_t tcp_len, ip_len;
	uint8_t *p;

	if (m == NULL)
		return NULL;
	p = rte_pktmbuf_mtod(m, uint8_t *);
	wire.src_port = tuple->local_port;
	wire.dst_port = tuple->remote_port;
	tcp_len = tcp_seg_write(&wire, p + ETHER_IP_HDR_LEN);
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

/* Payload is attached, and marked where the port cuts it: the sum is another one then. */
static void
write_checksums(const struct netif *nif, struct rte_mbuf *m)
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

/* Links the payload, and hands what is in clear to the device. -EAGAIN: it does not take it. */
static int
attach_payload(struct rtls_sock *sock, struct tx_segment *g, struct rte_mbuf *m)
{
	const struct epoch *seals = NULL;
	int rc = g->rec->epoch != NULL ? inline_tx_decide(sock, g) : 0;

	if (rc != 0)
		return rc;
	if (g->epoch != NULL)
		seals = &g->epoch->core;
	rc = sendq_attach(sock->stack->pools.indirect, g->rec, g->out.off, g->out.len, seals, m);
	if (rc != 0 || g->epoch == NULL)
		return rc;
	return inline_tx_mark(sock, g, m) != 0 ? -EAGAIN : 0;
}

static int
build(struct rtls_stack *s, struct rtls_sock *sock, struct tx_segment *g, struct rte_mbuf **out)
{
	struct netif *nif = &s->netifs[sock->path.netif];
	struct rte_mbuf *m = write_headers(s, nif, sock->path.mac, &sock->tuple, &g->out.seg);
	int rc;

	g->epoch = NULL;
	if (m == NULL)
		return -ENOMEM;
	rc = g->out.len > 0 ? attach_payload(sock, g, m) : 0;
	if (rc != 0) {
		rte_pktmbuf_free(m);
		return rc;
	}
	if (g->out.len > sock->tcp.mss) {
		m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
		m->tso_segsz = (uint16_t)sock->tcp.mss;
	}
	write_checksums(nif, m);
	*out = m;
	return 0;
}

int
packet_segment(struct rtls_stack *s, struct rtls_sock *sock, struct tx_segment *g,
	       struct rte_mbuf **out)
{
	int rc = build(s, sock, g, out);

	/* What the device does not take is sealed here, and then it is not asked. */
	return rc == -EAGAIN ? build(s, sock, g, out) : rc;
}

struct rte_mbuf *
packet_reply(struct rtls_stack *s, struct netif *nif, const uint8_t dst_mac[NET_MAC_LEN],
	     const struct net_tuple *tuple, const struct tcp_seg *seg)
{
	struct rte_mbuf *m = write_headers(s, nif, dst_mac, tuple, seg);

	if (m != NULL)
		write_checksums(nif, m);
	return m;
}
