/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A port made from an ethdev. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "offload/steer.h"
#include "stack/conf.h"
#include "stack/port.h"

enum {
	DEFAULT_DESC = 1024,
	DEFAULT_RX_MBUFS = 8192,
	MTU_MIN = 576, /* RFC 791: what every host must take */
};

struct port_ethdev {
	struct rtls_port port;
	uint16_t port_id;
	bool configured_here; /* its queue refers to rx_pool, which goes after it */
	struct rte_mempool *rx_pool;
};

static inline const struct port_ethdev *
ethdev_of(const struct rtls_port *p)
{
	return (const struct port_ethdev *)p;
}

static uint16_t
ethdev_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return rte_eth_rx_burst(ethdev_of(p)->port_id, queue, pkts, n);
}

static uint16_t
ethdev_tx_prepare(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return rte_eth_tx_prepare(ethdev_of(p)->port_id, queue, pkts, n);
}

static uint16_t
ethdev_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return rte_eth_tx_burst(ethdev_of(p)->port_id, queue, pkts, n);
}

static void
ethdev_tx_cleanup(struct rtls_port *p, uint16_t queue)
{
	/* -ENOTSUP is an answer too: such a driver frees as it sends. */
	(void)rte_eth_tx_done_cleanup(ethdev_of(p)->port_id, queue, 0);
}

static void
ethdev_close(struct rtls_port *p)
{
	struct port_ethdev *e = (struct port_ethdev *)p;

	if (e->configured_here) {
		rte_eth_dev_stop(e->port_id);
		/* A stopped port has given its buffers back; a closed one its queues too. */
		rte_eth_dev_close(e->port_id);
	}
	rte_mempool_free(e->rx_pool);
	offload_device_close(&e->port.tls);
	rte_free(e);
}

/* Before the ethdev is touched: what is asked for in vain changes nothing. */
static int
find_tls(struct port_ethdev *e, const struct rtls_port_conf *conf)
{
	struct offload_device *d = &e->port.tls;

	if (conf->tls_ops == NULL)
		return 0;
	d->sec_ctx = rte_eth_dev_get_sec_ctx(e->port_id);
	if (d->sec_ctx == NULL)
		return -ENOTSUP;
	d->ops = conf->tls_ops;
	d->dev = conf->tls_dev;
	offload_steer_ethdev(d, e->port_id);
	return 0;
}

static int
open_tls(struct port_ethdev *e)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "rtls_tls_%u", e->port_id);
	return offload_device_open(&e->port.tls, name, rte_eth_dev_socket_id(e->port_id));
}

static int
make_rx_pool(struct port_ethdev *e, uint32_t nb_mbufs)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "rtls_rx_%u", e->port_id);
	e->rx_pool = rte_pktmbuf_pool_create(name, nb_mbufs, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					     rte_eth_dev_socket_id(e->port_id));
	return e->rx_pool == NULL ? -rte_errno : 0;
}

static int
make_queue(struct port_ethdev *e, const struct rtls_port_conf *conf)
{
	uint16_t nb_rx = conf->nb_rx_desc != 0 ? conf->nb_rx_desc : DEFAULT_DESC;
	uint16_t nb_tx = conf->nb_tx_desc != 0 ? conf->nb_tx_desc : DEFAULT_DESC;
	int socket = rte_eth_dev_socket_id(e->port_id), rc;

	rc = rte_eth_dev_adjust_nb_rx_tx_desc(e->port_id, &nb_rx, &nb_tx);
	/* The ring is filled from the pool: only the rest can be held. */
	if (rc == 0 && e->rx_pool->size < 2u * nb_rx)
		rc = -EINVAL;
	e->port.rx_room = (uint64_t)(e->rx_pool->size - nb_rx) * RTE_MBUF_DEFAULT_BUF_SIZE;
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(e->port_id, 0, nb_rx, socket, NULL, e->rx_pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(e->port_id, 0, nb_tx, socket, NULL);
	return rc;
}

static uint32_t
caps_of(const struct rte_eth_conf *conf)
{
	uint32_t caps = 0;

	if (conf->txmode.offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM)
		caps |= PORT_CAP_TX_IPV4_CKSUM;
	if (conf->txmode.offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
		caps |= PORT_CAP_TX_TCP_CKSUM;
	return caps;
}

/* What is asked of the port is what it has. */
static void
choose_offloads(const struct rte_eth_dev_info *info, bool tls, struct rte_eth_conf *eth)
{
	eth->rxmode.offloads = info->rx_offload_capa &
			       (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM);
	/* Segments are header mbuf and indirect pieces of records: no fast free, ever. */
	eth->txmode.offloads = info->tx_offload_capa &
			       (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
				RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
	if (tls) {
		eth->rxmode.offloads |= info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SECURITY;
		eth->txmode.offloads |= info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_SECURITY;
	}
	/* net_tap sums the pieces of a packet one by one: wrong behind one of odd length. */
	if (strcmp(info->driver_name, "net_tap") == 0)
		eth->txmode.offloads &= ~(uint64_t)RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
}

static int
configure_and_start(struct port_ethdev *e, const struct rte_eth_dev_info *info,
		    const struct rtls_port_conf *conf)
{
	uint32_t nb_mbufs = conf->nb_rx_mbufs != 0 ? conf->nb_rx_mbufs : DEFAULT_RX_MBUFS;
	struct rte_eth_conf eth = { 0 };
	int rc;

	choose_offloads(info, offload_device_present(&e->port.tls), &eth);
	rc = rte_eth_dev_configure(e->port_id, 1, 1, &eth);
	if (rc != 0)
		return rc;
	e->configured_here = true;
	e->port.caps = caps_of(&eth);
	rc = make_rx_pool(e, nb_mbufs);
	if (rc == 0)
		rc = make_queue(e, conf);
	if (rc == 0)
		rc = rte_eth_dev_start(e->port_id);
	return rc;
}

/*
 * What a started port is like, ours or adopted. Which offloads an adopted one was
 * configured with cannot be asked, so that none is used there.
 */
static int
read_facts(struct port_ethdev *e)
{
	struct rte_eth_dev_info info;
	struct rte_ether_addr mac;
	int rc;

	rc = rte_eth_dev_info_get(e->port_id, &info);
	if (rc == 0)
		rc = rte_eth_macaddr_get(e->port_id, &mac);
	if (rc == 0)
		rc = rte_eth_dev_get_mtu(e->port_id, &e->port.mtu);
	if (rc != 0)
		return rc;
	if (e->port.mtu < MTU_MIN)
		return -EINVAL;
	memcpy(e->port.mac, mac.addr_bytes, sizeof(e->port.mac));
	/* Neighbours are learned on one queue only; so there is one. */
	e->port.nb_queues = 1;
	return 0;
}

int
rtls_port_ethdev(uint16_t port_id, const struct rtls_port_conf *user_conf, struct rtls_port **out)
{
	struct rtls_port_conf conf;
	struct rte_eth_dev_info info;
	struct port_ethdev *e;
	int rc;

	if (out == NULL)
		return -EINVAL;
	if (conf_copy(&conf, sizeof(conf), user_conf) != 0)
		return -EINVAL;
	if (!rte_eth_dev_is_valid_port(port_id))
		return -ENODEV;
	if (conf.nb_queues > 1)
		return -EINVAL;
	rc = rte_eth_dev_info_get(port_id, &info);
	if (rc != 0)
		return rc;
	e = rte_zmalloc("rtls_port", sizeof(*e), 0);
	if (e == NULL)
		return -ENOMEM;
	e->port_id = port_id;
	e->port.rx_burst = ethdev_rx_burst;
	e->port.tx_prepare = ethdev_tx_prepare;
	e->port.tx_burst = ethdev_tx_burst;
	e->port.tx_cleanup = ethdev_tx_cleanup;
	e->port.close = ethdev_close;
	rc = find_tls(e, &conf);
	if (rc == 0)
		rc = configure_and_start(e, &info, &conf);
	/* It runs already, started by the program: adopted as it is. */
	if (rc == -EBUSY && info.nb_rx_queues > 0 && !e->configured_here)
		rc = 0;
	if (rc == 0)
		rc = read_facts(e);
	if (rc == 0)
		rc = open_tls(e);
	if (rc != 0) {
		ethdev_close(&e->port);
		return rc;
	}
	*out = &e->port;
	return 0;
}
