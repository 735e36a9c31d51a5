/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* rte_eth_dev_conf_get(): nothing else says with which offloads a port was configured. */
#define ALLOW_EXPERIMENTAL_API

#include "stack/port_proof.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include <rte_ethdev.h>

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
	tx->offloads = any = conf.txmode.offloads;
	tx->nb_desc = RTE_MIN(info.tx_desc_lim.nb_max, (uint16_t)NB_DESC_MAX);
	if (rte_eth_tx_queue_info_get(port_id, 0, &queue) == 0) {
		any |= queue.conf.offloads;
		if (queue.nb_desc != 0)
			tx->nb_desc = queue.nb_desc;
	} else {
		/* What may have been set for the queue alone is not known. */
		any |= info.tx_queue_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	}
	tx->chains = (any & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
	tx->fast_free = (any & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0;
	return 0;
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
