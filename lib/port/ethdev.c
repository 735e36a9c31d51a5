/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A port made from an ethdev. rte_eth_read_clock() is experimental, as old as it is. */
#define ALLOW_EXPERIMENTAL_API
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf_dyn.h>

#include "buf/lifo.h"
#include "offload/driver.h"
#include "offload/steer.h"
#include "core/conf.h"
#include "port/port.h"
#include "port/linear.h"
#include "port/rx_marks.h"
#include "port/proof.h"

enum {
	DEFAULT_DESC = 1024,
	DEFAULT_RX_MBUFS = 8192,
	MTU_MIN = 576, /* RFC 791: what every host must take */
	MTU_MAX = UINT16_MAX - RTE_PKTMBUF_HEADROOM - RTE_ETHER_HDR_LEN, /* in one mbuf */
};

struct port_ethdev {
	struct rtls_port port;
	uint16_t port_id;
	bool configured_here; /* its queues refer to the pools, which go after it */
	struct rte_mempool *rx_pool;
	struct port_tx tx;
	struct port_linear linear;
	struct port_marks marks;
	bool tls_asked; /* by the program: no port without. Else the driver has told of itself */
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
ethdev_rx_marking(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t got = ethdev_rx_burst(p, queue, pkts, n);

	port_marks_set(&((struct port_ethdev *)p)->marks, pkts, got);
	return got;
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

static uint16_t
ethdev_tx_linear(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return port_linear_burst(&((struct port_ethdev *)p)->linear, queue, pkts, n);
}

static uint64_t
ethdev_stat(const struct rtls_port *p, unsigned int which)
{
	return port_linear_stat(&ethdev_of(p)->linear, which);
}

static int
ethdev_read_clock(struct rtls_port *p, uint64_t *ticks)
{
	return rte_eth_read_clock(ethdev_of(p)->port_id, ticks);
}

static void
ethdev_tx_cleanup(struct rtls_port *p, uint16_t queue)
{
	/* -ENOTSUP is an answer too: such a driver frees as it sends. */
	(void)rte_eth_tx_done_cleanup(ethdev_of(p)->port_id, queue, 0);
}

/* A device that is stopped first gave all back; one that stays may come to use a freed pool. */
static bool
ethdev_holds(struct rtls_port *p)
{
	const struct port_ethdev *e = ethdev_of(p);

	if (!p->stays || e->linear.pool == NULL)
		return false;
	ethdev_tx_cleanup(p, 0);
	return rte_mempool_in_use_count(e->linear.pool) != 0;
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
	port_linear_fini(&e->linear);
	port_release(e->port_id);
	offload_device_fini(&e->port.tls);
	rte_free(e);
}

/* Before the ethdev is touched: what is asked for in vain changes nothing. */
static int
find_tls(struct port_ethdev *e, const struct rte_eth_dev_info *info,
	 const struct rtls_port_conf *conf)
{
	struct offload_device d = { .ops = conf->tls_ops, .dev = conf->tls_dev };

	e->tls_asked = d.ops != NULL;
	if (!e->tls_asked && !offload_driver_find(info->driver_name, e->port_id, &d.ops, &d.dev))
		return 0;
	/* Records in clear go to a device as they lie, in chains. */
	if (port_sends_chains(info, info->tx_offload_capa))
		d.sec_ctx = rte_eth_dev_get_sec_ctx(e->port_id);
	if (d.sec_ctx == NULL)
		return e->tls_asked ? -ENOTSUP : 0;
	offload_steer_ethdev(&d, e->port_id);
	e->port.tls = d;
	return 0;
}

/* It runs with offloads under which records in clear cannot go to it as they lie. */
static int
leave_tls(struct port_ethdev *e)
{
	if (e->tls_asked)
		return -ENOTSUP;
	memset(&e->port.tls, 0, sizeof(e->port.tls));
	return 0;
}

static int
open_tls(struct port_ethdev *e)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "rtls_tls_%u", e->port_id);
	return offload_device_init(&e->port.tls, name, rte_eth_dev_socket_id(e->port_id));
}

static int
make_rx_pool(struct port_ethdev *e, uint32_t nb_mbufs)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "rtls_rx_%u", e->port_id);
	e->rx_pool = lifo_pool_create(name, nb_mbufs, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				      rte_eth_dev_socket_id(e->port_id));
	return e->rx_pool == NULL ? -rte_errno : 0;
}

static int
make_queue(struct port_ethdev *e, const struct rte_eth_dev_info *info,
	   const struct rtls_port_conf *conf)
{
	struct rte_eth_txconf tx = info->default_txconf;
	uint16_t nb_rx = conf->nb_rx_desc != 0 ? conf->nb_rx_desc : DEFAULT_DESC;
	uint16_t nb_tx = conf->nb_tx_desc != 0 ? conf->nb_tx_desc : DEFAULT_DESC;
	int socket = rte_eth_dev_socket_id(e->port_id), rc;

	rc = rte_eth_dev_adjust_nb_rx_tx_desc(e->port_id, &nb_rx, &nb_tx);
	/* The ring is filled from the pool: only the rest can be held. */
	if (rc == 0 && e->rx_pool->size < 2u * nb_rx)
		rc = -EINVAL;
	e->port.rx_room = (uint64_t)(e->rx_pool->size - nb_rx) * RTE_MBUF_DEFAULT_BUF_SIZE;
	e->port.rx_ahead = nb_rx;
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(e->port_id, 0, nb_rx, socket, NULL, e->rx_pool);
	/* What the port was configured with, and nothing that a driver likes besides. */
	tx.offloads = 0;
	e->tx.nb_desc = nb_tx;
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(e->port_id, 0, nb_tx, socket, &tx);
	return rc;
}

#define TSO_NEEDS \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM | \
	 RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS)

static bool
is_any_tap(void)
{
	struct rte_eth_dev_info info;

	for (uint16_t id = 0; id < RTE_MAX_ETHPORTS; id++)
		if (rte_eth_dev_is_valid_port(id) && rte_eth_dev_info_get(id, &info) == 0 &&
		    strcmp(info.driver_name, "net_tap") == 0)
			return true;
	return false;
}

/* Or does it send through another ethdev that is one? Those of net_failsafe come and go. */
static bool
may_be_tap(const char *driver_name)
{
	return strcmp(driver_name, "net_tap") == 0 || strcmp(driver_name, "net_failsafe") == 0 ||
	       (strcmp(driver_name, "net_bonding") == 0 && is_any_tap());
}

/*
 * What a driver is never asked for, although it offers it. net_tap, asked for a checksum, copies the
 * headers and cuts them off the packet before it writes: when that fails, as on a link that is
 * down, the copy is lost and the packet spoilt. It sums the pieces of a packet one by one, too:
 * wrong behind one of odd length.
 * Long packets it refuses for ever where MSS and headers exceed its MTU.
 */
static uint64_t
unsound_offloads(const char *driver_name)
{
	if (may_be_tap(driver_name))
		return RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
		       RTE_ETH_TX_OFFLOAD_TCP_TSO;
	return 0;
}

static uint32_t
caps_of(uint64_t tx_offloads)
{
	uint32_t caps = 0;

	if (tx_offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM)
		caps |= PORT_CAP_TX_IPV4_CKSUM;
	if (tx_offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
		caps |= PORT_CAP_TX_TCP_CKSUM;
	return caps;
}

/* What is asked of the port is what it has. */
static void
choose_offloads(const struct rte_eth_dev_info *info, bool tls, bool keeps_times,
		struct rte_eth_conf *eth)
{
	eth->rxmode.offloads = info->rx_offload_capa &
			       (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM);
	/* Segments are header mbuf and indirect pieces of records: no fast free, ever. */
	eth->txmode.offloads = info->tx_offload_capa & TSO_NEEDS;
	if (tls) {
		eth->rxmode.offloads |= info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SECURITY;
		eth->txmode.offloads |= info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_SECURITY;
	}
	if (keeps_times)
		eth->txmode.offloads |= info->tx_offload_capa &
					RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP;
	eth->txmode.offloads &= ~unsound_offloads(info->driver_name);
}

static int
configure_and_start(struct port_ethdev *e, const struct rte_eth_dev_info *info,
		    const struct rtls_port_conf *conf)
{
	uint32_t nb_mbufs = conf->nb_rx_mbufs != 0 ? conf->nb_rx_mbufs : DEFAULT_RX_MBUFS;
	struct rte_eth_conf eth = { 0 };
	int rc;

	choose_offloads(info, offload_device_present(&e->port.tls), conf->keeps_times != 0, &eth);
	rc = rte_eth_dev_configure(e->port_id, 1, 1, &eth);
	if (rc != 0)
		return rc;
	e->configured_here = true;
	e->tx.offloads = eth.txmode.offloads;
	e->tx.chains = port_sends_chains(info, eth.txmode.offloads);
	rc = make_rx_pool(e, nb_mbufs);
	if (rc == 0)
		rc = make_queue(e, info, conf);
	if (rc == 0)
		rc = rte_eth_dev_start(e->port_id);
	return rc;
}

/* It runs already, started by the program: taken as it is, with the offloads that are in force. */
static int
adopt(struct port_ethdev *e, const struct rte_eth_dev_info *info)
{
	int rc = port_adopted(e->port_id, &e->tx);
	struct rte_eth_rxq_info rx;

	if (rc != 0)
		return rc;
	if (rte_eth_rx_queue_info_get(e->port_id, 0, &rx) == 0)
		e->port.rx_ahead = rx.nb_desc;
	e->tx.offloads &= ~unsound_offloads(info->driver_name);
	if (offload_device_present(&e->port.tls) && (!e->tx.chains || e->tx.fast_free))
		rc = leave_tls(e);
	e->port.stays = rc == 0;
	return rc;
}

/* Does it cut packets into segments? It says so, and its tx_prepare takes one. */
static int
find_tso(struct port_ethdev *e)
{
	int rc;

	if ((e->tx.offloads & TSO_NEEDS) != TSO_NEEDS || e->linear.pool != NULL)
		return 0;
	rc = port_tso_probe(e->port_id, e->port.mtu);
	if (rc < 0)
		return rc;
	/* IPv4's longest packet, less the longest headers. */
	e->port.tso_max = rc != 0 ? 65535 - 20 - 60 : 0;
	return 0;
}

/* Does it keep packets until their times? It was set up to, its clock can be read, and mbufs have the field. */
static void
find_times(struct port_ethdev *e, const struct rtls_port_conf *conf)
{
	uint64_t ticks;

	if (conf->keeps_times == 0 || e->linear.pool != NULL ||
	    (e->tx.offloads & RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP) == 0 ||
	    rte_eth_read_clock(e->port_id, &ticks) != 0 ||
	    rte_mbuf_dyn_tx_timestamp_register(&e->port.tx_time_off, &e->port.tx_time_flag) != 0)
		return;
	e->port.read_clock = ethdev_read_clock;
}

/* Packets are chains, of several pools: where the device takes no such things they are copied. */
static int
make_linear(struct port_ethdev *e)
{
	if (e->tx.chains && !e->tx.fast_free)
		return 0;
	e->linear.port_id = e->port_id;
	e->linear.all = e->tx.fast_free;
	e->port.tx_prepare = NULL;
	e->port.tx_burst = ethdev_tx_linear;
	e->port.stats = port_linear_stats;
	e->port.nb_stats = PORT_LINEAR_STATS;
	e->port.stat = ethdev_stat;
	return port_linear_init(&e->linear, e->tx.nb_desc, e->port.mtu);
}

/* What a started port is like, ours or adopted. */
static int
read_facts(struct port_ethdev *e, uint32_t mtu)
{
	int rc;

	rc = port_mac(e->port_id, e->port.mac);
	if (rc == 0)
		rc = rte_eth_dev_get_mtu(e->port_id, &e->port.mtu);
	if (rc != 0)
		return rc;
	if (e->port.mtu < MTU_MIN)
		return -EINVAL;
	e->port.mtu = (uint16_t)RTE_MIN(e->port.mtu, (int)MTU_MAX);
	if (mtu > e->port.mtu)
		return -EINVAL;
	if (mtu != 0)
		e->port.mtu = (uint16_t)mtu;
	e->port.caps = caps_of(e->tx.offloads);
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
	if (conf.nb_queues > 1 || (conf.mtu != 0 && conf.mtu < MTU_MIN))
		return -EINVAL;
	rc = rte_eth_dev_info_get(port_id, &info);
	if (rc != 0)
		return rc;
	rc = port_claim(port_id);
	if (rc != 0)
		return rc;
	e = rte_zmalloc("rtls_port", sizeof(*e), 0);
	if (e == NULL) {
		port_release(port_id);
		return -ENOMEM;
	}
	e->port_id = port_id;
	e->marks = (struct port_marks){
		.port_id = port_id,
		.trust = conf.trust_checksums != 0,
		.lost = strcmp(info.driver_name, "net_af_packet") == 0,
	};
	e->port.rx_burst = e->marks.trust || e->marks.lost ? ethdev_rx_marking : ethdev_rx_burst;
	e->port.tx_prepare = ethdev_tx_prepare;
	e->port.tx_burst = ethdev_tx_burst;
	e->port.tx_cleanup = ethdev_tx_cleanup;
	e->port.holds = ethdev_holds;
	e->port.close = ethdev_close;
	e->port.ethdev = port_id + 1u;
	rte_eth_dev_get_name_by_port(port_id, e->port.name);
	rc = find_tls(e, &info, &conf);
	if (rc == 0)
		rc = configure_and_start(e, &info, &conf);
	if (rc == -EBUSY && !e->configured_here)
		rc = adopt(e, &info);
	if (rc == 0)
		rc = read_facts(e, conf.mtu);
	if (rc == 0)
		rc = make_linear(e);
	if (rc == 0)
		find_times(e, &conf);
	if (rc == 0)
		rc = find_tso(e);
	if (rc == 0)
		rc = open_tls(e);
	if (rc != 0) {
		ethdev_close(&e->port);
		return rc;
	}
	*out = &e->port;
	return 0;
}
