/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include "buf/chain.h"
#include "buf/prefetch.h"
#include "net/ether_ip.h"
#include "stack/device_events.h"
#include "stack/rx_arp.h"
#include "stack/rx_icmp.h"
#include "stack/rx_looked.h"
#include "stack/rx_packet.h"
#include "stack/rx_path.h"
#include "stack/rx_tcp.h"
#include "stack/state.h"

enum {
	MBUFS_AHEAD = 4,
	HEADERS_AHEAD = 2,
};

static void rx_packet(struct rtls_stack *s, struct netif *nif, struct rx_burst *b,
		      struct rte_mbuf *m);

/*
 * While the i-th packet is looked at, mbufs and headers of later ones are on their way: a few, or they wait
 * for each other. Where headers lie is said by the mbuf; with timestamps they take two lines.
 */
static void
prefetch(struct rte_mbuf *const *pkts, int i, int n)
{
	int mbuf = i + MBUFS_AHEAD, headers = i + HEADERS_AHEAD;

	if (mbuf < n)
		prefetch_mbuf(pkts[mbuf]);
	if (headers >= 0 && headers < n)
		prefetch_headers(rte_pktmbuf_mtod(pkts[headers], const uint8_t *));
}

static uint16_t
poll_burst(struct rtls_stack *s, struct netif *nif, struct rx_burst *burst)
{
	struct rte_mbuf *pkts[NETIF_RX_BURST];
	uint16_t n = nif->port->rx_burst(nif->port, nif->queue, pkts, NETIF_RX_BURST);

	nif->rx_quiet = false;
	nif->rx_bursts++;
	nif->rx_taken += n;
	device_events_poll(s, nif);
	for (int i = -MBUFS_AHEAD; i < n; i++) {
		prefetch(pkts, i, n);
		if (i >= 0)
			rx_packet(s, nif, burst, pkts[i]);
	}
	rx_burst_flush(burst);
	nif->rx_quiet = n < NETIF_RX_BURST;
	if (!TAILQ_EMPTY(&nif->quiet_list))
		rx_looked(nif);
	s->counters[CNT_RX_PACKETS] += n;
	return n;
}

unsigned int
rx_path_poll(struct rtls_stack *s)
{
	unsigned int total = 0, bursts;
	struct rx_burst burst;
	struct netif *nif;
	uint16_t n;

	rx_burst_init(&burst);
	for (nif = s->netifs; nif < s->netifs + s->nb_netifs; nif++) {
		bursts = 0;
		do {
			n = poll_burst(s, nif, &burst);
			total += n;
		} while (n == NETIF_RX_BURST && ++bursts < NETIF_POLL_BURSTS);
	}
	return total;
}

static enum counter
parse_counter(int rc)
{
	switch (rc) {
	case -EPROTONOSUPPORT:
		return CNT_RX_NOT_FOR_US;
	case -EOPNOTSUPP:
		return CNT_RX_FRAGMENTS;
	case -EACCES:
		return CNT_RX_SOURCE_ROUTED;
	default:
		return CNT_RX_MALFORMED;
	}
}

/*
 * Does the port vouch for what a checksum covers? With NONE the bytes are right and only the field is
 * not, as a sender on the same machine has left it to a device (rte_mbuf_core.h).
 */
static bool
ip_verified(const struct rte_mbuf *m)
{
	uint64_t mark = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;

	return mark == RTE_MBUF_F_RX_IP_CKSUM_GOOD || mark == RTE_MBUF_F_RX_IP_CKSUM_NONE;
}

/* An error may end a connection. */
static void
rx_no_tcp(struct rtls_stack *s, struct netif *nif, struct rx_burst *b, struct rx_packet *p)
{
	rx_burst_flush(b);
	if (p->ip.ip_proto == IPV4_PROTO_ICMP)
		rx_icmp(s, nif, p);
	else
		rx_packet_drop(s, p, CNT_RX_NOT_FOR_US);
}

static void
rx_packet(struct rtls_stack *s, struct netif *nif, struct rx_burst *b, struct rte_mbuf *m)
{
	struct rx_packet p; /* set as far as it is parsed: zeroing it costs more than most steps */
	const struct route_addr *own;
	int rc;

	p.m = m;
	p.nif = nif;
	if (!chain_sound(m)) {
		rx_packet_unparsed(s, nif, &p, CNT_RX_MALFORMED);
		return;
	}
	p.contiguous_len = m->data_len;
	p.bytes = rte_pktmbuf_mtod(m, const uint8_t *);
	if (p.contiguous_len < RX_HEADERS_MAX && m->nb_segs > 1) {
		p.contiguous_len = RTE_MIN(m->pkt_len, (uint32_t)RX_HEADERS_MAX);
		p.bytes = rte_pktmbuf_read(m, 0, p.contiguous_len, p.copy);
	}
	rc = ether_ip_parse(p.bytes, p.contiguous_len, m->pkt_len,
			    ip_verified(m) ? ETHER_IP_CSUM_GOOD : ETHER_IP_CSUM_VERIFY, &p.ip);
	if (rc != 0) {
		rx_packet_unparsed(s, nif, &p, parse_counter(rc));
		return;
	}
	if (p.ip.ether_type == ETHER_TYPE_ARP) {
		rx_arp(s, nif, &p);
		return;
	}
	own = route_own(&s->routes, net_addr_to_v4(&p.ip.dst));
	if (own == NULL)
		rx_packet_drop(s, &p, CNT_RX_NOT_FOR_US);
	else if (!ether_ip_src_acceptable(&p.ip, own->ip, own->netmask))
		rx_packet_drop_from(s, &p, CNT_RX_MALFORMED, NOTE_MALFORMED);
	else if (p.ip.ip_proto == IPV4_PROTO_TCP)
		rx_tcp(s, nif, b, &p);
	else
		rx_no_tcp(s, nif, b, &p);
}
