/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Building packets: Ethernet, IPv4 and TCP headers, in three steps around the payload. They are made once for
 * all packets of a run, in the first one's buffer; what follows begins with a copy of them; and when a
 * packet's payload is behind them, what it has of its own is put in. Checksums by the port where it can.
 */
#ifndef RTLS_STACK_PACKET_H
#define RTLS_STACK_PACKET_H

#include <rte_mbuf.h>

#include "buf/pools.h"
#include "net/addr.h"
#include "net/ether_ip.h"
#include "tcp/seg.h"

struct netif;

enum {
	PACKET_HEADERS_MAX = ETHER_IP_HDR_LEN + TCP_HDR_MAX,
	/* So much payload fits behind them into their buffer, whatever they are. */
	PACKET_PAYLOAD_ROOM = BUF_HEADER_ROOM - PACKET_HEADERS_MAX,
};

/* What the headers of a run's packets have in common. The first six are set by who builds it, the rest is 0. */
struct packet_headers {
	const struct netif *nif;
	const uint8_t *dst_mac;
	const struct net_tuple *tuple; /* addresses, as our host sees them */
	const struct tcp_seg *seg;     /* ports and all else */
	uint8_t tos;
	uint8_t ttl; /* 0: IPV4_TTL_DEFAULT */
	/* The first packet's, of which those of the others are a copy; NULL: they are not written. */
	const uint8_t *bytes;
	uint8_t len; /* of all three */
	bool port_sums_ip;
	bool port_sums_tcp;
	uint32_t ip_sum;     /* running sums (net/checksum.h) without lengths: of the IPv4 header */
	uint32_t pseudo_sum; /* of TCP's pseudo header */
	uint64_t ol_flags;
	uint64_t tx_offload; /* of struct rte_mbuf */
};

void packet_headers_write(struct packet_headers *h, uint8_t *bytes);

/* m, a header buffer with nothing in it, begins with them; its payload goes behind. */
static inline void
packet_headers_begin(struct packet_headers *h, struct rte_mbuf *m)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	/* With a length that the compiler knows: that many bytes are there. */
	if (h->bytes != NULL)
		memcpy(p, h->bytes, PACKET_HEADERS_MAX);
	else
		packet_headers_write(h, p);
	m->data_len = h->len;
	m->pkt_len = h->len;
}

/*
 * m has its payload, off bytes behind the first packet's. flags: TCP_*. segment_len: payload of the
 * segments that the port cuts it into; 0: it is one.
 */
void packet_headers_end(const struct packet_headers *h, struct rte_mbuf *m, uint32_t off,
			uint8_t flags, uint16_t segment_len);

#endif
