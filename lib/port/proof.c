/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* rte_eth_dev_conf_get(): nothing else says with which offloads a port was configured. */
#define ALLOW_EXPERIMENTAL_API

#include "port/proof.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ip.h>

#include "buf/sendq.h"

enum { NB_DESC_MAX = 4096 }; /* where the device does not say how many it has */

static atomic_bool claimed[RTE_MAX_ETHPORTS];

int
port_claim(uint16_t port_id)
{
	return atomic_exchange(&claimed[port_id], true) ? -EBUSY : 0;
}

void
port_release(uint16_t port_id)
{
	atomic_store(&claimed[port_id], false);
}

bool
port_sends_chains(const struct rte_eth_dev_info *info, uint64_t offloads)
{
	const struct rte_eth_desc_lim *lim = &info->tx_desc_lim;

	/* 0: it does not say. */
	return (offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0 &&
	       (lim->nb_seg_max == 0 || lim->nb_seg_max > SENDQ_PIECES_MAX) &&
	       (lim->nb_mtu_seg_max == 0 || lim->nb_mtu_seg_max > SENDQ_PIECES_MAX);
}

/* A driver's configure may be busy, too; behind a failure of that there are no queues left. */
static int
check_queues(const struct rte_eth_dev_info *info)
{
	if (info->nb_rx_queues == 0 && info->nb_tx_queues == 0)
		return -EBUSY;
	return info->nb_rx_queues == 1 && info->nb_tx_queues > 0 ? 0 : -EINVAL;
}

int
port_adopted(uint16_t port_id, struct port_tx *tx)
{
	struct rte_eth_dev_info info;
	struct rte_eth_txq_info queue;
	struct rte_eth_conf conf;
	uint64_t any;
	int rc;

	rc = rte_eth_dev_info_get(port_id, &info);
	if (rc == 0)
		rc = check_queues(&info);
	if (rc == 0)
		rc = rte_eth_dev_conf_get(port_id, &conf);
	if (rc != 0)
		return rc;
	any = conf.txmode.offloads;
	tx->nb_desc = RTE_MIN(info.tx_desc_lim.nb_max, (uint16_t)NB_DESC_MAX);
	if (rte_eth_tx_queue_info_get(port_id, 0, &queue) == 0) {
		any |= queue.conf.offloads;
		if (queue.nb_desc != 0)
			tx->nb_desc = queue.nb_desc;
	} else {
		/* What may have been set for the queue alone is not known. */
		any |= info.tx_queue_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	}
	tx->offloads = any;
	tx->chains = port_sends_chains(&info, any);
	tx->fast_free = (any & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0;
	return 0;
}

enum {
	PROBE_PIECES = SENDQ_PIECES_MAX,
	PROBE_HDRS = RTE_ETHER_HDR_LEN + 20 + 32,
	PROBE_LEN = 65535 - 20 - 60,
};

/* Headers, and payload in pieces, as a stack's longest packet. NULL: no buffer. */
static struct rte_mbuf *
probe_packet(struct rte_mempool *pool, uint16_t mtu)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *m;
	uint8_t *p = head != NULL ? (uint8_t *)rte_pktmbuf_append(head, PROBE_HDRS) : NULL;
	struct rte_ipv4_hdr *ip;

	if (p == NULL)
		return NULL;
	memset(p, 0, PROBE_HDRS);
	p[12] = RTE_ETHER_TYPE_IPV4 >> 8;
	ip = (struct rte_ipv4_hdr *)(void *)(p + RTE_ETHER_HDR_LEN);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(PROBE_HDRS - RTE_ETHER_HDR_LEN + PROBE_LEN);
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_TCP;
	p[RTE_ETHER_HDR_LEN + 20 + 12] = 32 / 4 << 4; /* of TCP's header, with timestamps */
	head->l2_len = RTE_ETHER_HDR_LEN;
	head->l3_len = 20;
	head->l4_len = 32;
	head->tso_segsz = (uint16_t)(mtu - 20 - 32);
	head->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM |
			 RTE_MBUF_F_TX_TCP_SEG;
	for (uint32_t i = 0; i < PROBE_PIECES; i++) {
		m = rte_pktmbuf_alloc(pool);
		if (m == NULL || rte_pktmbuf_append(m, PROBE_LEN / PROBE_PIECES) == NULL ||
		    rte_pktmbuf_chain(head, m) != 0)
			break;
	}
	return head;
}

int
port_tso_probe(uint16_t port_id, uint16_t mtu)
{
	struct rte_mempool *pool;
	struct rte_mbuf *m;
	char name[32];
	int rc;

	snprintf(name, sizeof(name), "rtls_probe_%u", port_id);
	pool = rte_pktmbuf_pool_create(name, 1 + PROBE_PIECES, 0, 0,
				       RTE_PKTMBUF_HEADROOM + PROBE_LEN / PROBE_PIECES,
				       rte_eth_dev_socket_id(port_id));
	if (pool == NULL)
		return -rte_errno;
	m = probe_packet(pool, mtu);
	rc = m == NULL ? -ENOMEM : rte_eth_tx_prepare(port_id, 0, &m, 1);
	rte_pktmbuf_free(m);
	rte_mempool_free(pool);
	return rc;
}

int
port_mac(uint16_t port_id, uint8_t mac[6])
{
	struct rte_ether_addr addr;
	int rc;

	rc = rte_eth_macaddr_get(port_id, &addr);
	if (rc != 0)
		return rc;
	if (rte_is_zero_ether_addr(&addr)) {
		rte_eth_random_addr(addr.addr_bytes);
		/* One that cannot be told takes all that comes, or has no filter, as net_ring. */
		if (rte_eth_dev_default_mac_addr_set(port_id, &addr) != 0)
			(void)rte_eth_promiscuous_enable(port_id);
	}
	memcpy(mac, addr.addr_bytes, sizeof(addr.addr_bytes));
	return rte_is_multicast_ether_addr(&addr) ? -EADDRNOTAVAIL : 0;
}
