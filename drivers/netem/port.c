/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The bad network as a port. What is sent is copied, and lies in no pool of the stack's while it is late. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_ether.h>
#include <rte_malloc.h>

#include <recordtls/netem.h>

#include "buf/lifo.h"
#include "core/conf.h"
#include "core/luck.h"
#include "netem/lane.h"
#include "port/capture.h"

enum {
	PPM = 1000000,
	DELAY_MAX_US = 1000000,
	NB_MBUFS = LANE_MAX + 2048, /* and what the port below still sends */
	MBUF_CACHE = 256,
	FRAME_ETHER_LEN = RTE_ETHER_HDR_LEN + 4,
};

struct netem {
	struct rtls_port port; /* first: a port is all that others know */
	struct rtls_port *under;
	struct rte_mempool *pool; /* of what is sent */
	struct lane rx, tx;
};

static struct netem *
netem_of(struct rtls_port *p)
{
	return (struct netem *)p;
}

/* Not the TSC, which may jump where a virtual machine moves: what is held would never get through. */
static uint64_t
clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000) + (uint64_t)now.tv_nsec / 1000;
}

/* What has got through leaves, as far as the port below takes it. */
static void
send_on(struct netem *e, uint64_t now_us)
{
	struct rte_mbuf *m;

	while ((m = lane_first(&e->tx, now_us)) != NULL &&
	       e->under->tx_burst(e->under, 0, &m, 1) == 1)
		lane_pop(&e->tx);
}

static void
receive(struct netem *e, struct rte_mbuf *m, uint64_t now_us)
{
	struct port_capture *capture;

	if (lane_put(&e->rx, m, now_us))
		return;
	capture = port_capture_of(e->under);
	if (capture != NULL)
		port_capture_dropped(capture, m, "lost on the way");
	rte_pktmbuf_free(m);
}

static uint16_t
netem_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct netem *e = netem_of(p);
	uint64_t now_us = clock_us();
	uint16_t got = e->under->rx_burst(e->under, queue, pkts, n);
	uint16_t i;

	for (i = 0; i < got; i++)
		receive(e, pkts[i], now_us);
	for (i = 0; i < n && (pkts[i] = lane_first(&e->rx, now_us)) != NULL; i++)
		lane_pop(&e->rx);
	send_on(e, now_us);
	return i;
}

static uint16_t
netem_tx_prepare(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct netem *e = netem_of(p);

	return e->under->tx_prepare(e->under, queue, pkts, n);
}

/* False: there is no buffer for it. */
static bool
send_one(struct netem *e, struct rte_mbuf *m, uint64_t now_us)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, e->pool, 0, UINT32_MAX);
	struct port_capture *capture;

	if (copy == NULL)
		return false;
	if (!lane_put(&e->tx, copy, now_us)) {
		capture = port_capture_of(e->under);
		if (capture != NULL)
			port_capture_unsent(capture, copy, "lost on the way");
		rte_pktmbuf_free(copy);
	}
	rte_pktmbuf_free(m);
	return true;
}

static uint16_t
netem_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct netem *e = netem_of(p);
	uint64_t now_us = clock_us();
	uint16_t taken = 0;

	(void)queue;
	while (taken < n && send_one(e, pkts[taken], now_us))
		taken++;
	send_on(e, now_us);
	return taken;
}

static void
netem_tx_cleanup(struct rtls_port *p, uint16_t queue)
{
	struct netem *e = netem_of(p);

	send_on(e, clock_us());
	if (e->under->tx_cleanup != NULL)
		e->under->tx_cleanup(e->under, queue);
}

/* Copies of ours, in a device that goes on. */
static bool
netem_holds(struct rtls_port *p)
{
	struct netem *e = netem_of(p);

	netem_tx_cleanup(p, 0);
	if (e->under->holds != NULL && e->under->holds(e->under))
		return true;
	return e->under->stays && rte_mempool_in_use_count(e->pool) > lane_count(&e->tx);
}

static void
netem_free(struct netem *e)
{
	lane_drop(&e->rx);
	lane_drop(&e->tx);
	rte_mempool_free(e->pool);
	rte_free(e);
}

static void
netem_close(struct rtls_port *p)
{
	struct netem *e = netem_of(p);
	struct rtls_port *under = e->under;

	/* What was received lies in the pool below, and that one may hold what was sent. */
	lane_drop(&e->rx);
	under->close(under);
	netem_free(e);
}

static int
read_conf(const struct rtls_netem_conf *user, struct rtls_netem_conf *conf)
{
	if (conf_copy(conf, sizeof(*conf), user) != 0 || conf->loss_ppm > PPM ||
	    conf->reorder_ppm > PPM || conf->duplicate_ppm > PPM || conf->delay_us > DELAY_MAX_US)
		return -EINVAL;
	return 0;
}

static void
make_lanes(struct netem *e, const struct rtls_netem_conf *conf)
{
	struct lane_conf lane = { .loss_ppm = conf->loss_ppm,
				  .reorder_ppm = conf->reorder_ppm,
				  .duplicate_ppm = conf->duplicate_ppm,
				  .delay_us = conf->delay_us };
	uint64_t luck = conf->seed;

	lane.seed = luck_next(&luck);
	lane_init(&e->rx, &lane);
	lane.seed = luck_next(&luck);
	lane_init(&e->tx, &lane);
}

static void
make_port(struct netem *e)
{
	struct rtls_port *under = e->under;

	e->port = (struct rtls_port){
		.rx_burst = netem_rx_burst,
		.tx_prepare = under->tx_prepare != NULL ? netem_tx_prepare : NULL,
		.tx_burst = netem_tx_burst,
		.tx_cleanup = netem_tx_cleanup,
		.holds = netem_holds,
		.close = netem_close,
		.caps = under->caps,
		.nb_queues = 1,
		.mtu = under->mtu,
		.rx_room = under->rx_room,
		.stays = under->stays,
		.under = under,
	};
	snprintf(e->port.name, sizeof(e->port.name), "netem(%.70s)", under->name);
	memcpy(e->port.mac, under->mac, sizeof(e->port.mac));
}

static struct rte_mempool *
make_pool(uint32_t mtu)
{
	static _Atomic unsigned int opened;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "netem%u", atomic_fetch_add(&opened, 1));
	return lifo_pool_create(name, NB_MBUFS, MBUF_CACHE, 0,
				(uint16_t)(RTE_PKTMBUF_HEADROOM + FRAME_ETHER_LEN + mtu),
				SOCKET_ID_ANY);
}

int
rtls_netem_open(struct rtls_port *under, const struct rtls_netem_conf *user, struct rtls_port **out)
{
	struct rtls_netem_conf conf;
	struct netem *e;

	if (under == NULL || out == NULL || read_conf(user, &conf) != 0 || under->nb_queues != 1 ||
	    offload_device_present(&under->tls) ||
	    RTE_PKTMBUF_HEADROOM + FRAME_ETHER_LEN + (uint32_t)under->mtu > UINT16_MAX)
		return -EINVAL;
	if (under->queues_bound != 0)
		return -EBUSY;
	e = rte_zmalloc("netem", sizeof(*e), 0);
	if (e == NULL)
		return -ENOMEM;
	e->under = under;
	make_lanes(e, &conf);
	make_port(e);
	e->pool = make_pool(under->mtu);
	if (e->pool == NULL) {
		netem_free(e);
		return -ENOMEM;
	}
	/* Nobody sends and receives beside it; nor is it closed apart. */
	under->queues_bound = 1;
	*out = &e->port;
	return 0;
}

int
rtls_netem_stats(const struct rtls_port *p, struct rtls_netem_stats *out)
{
	const struct netem *e;
	struct rtls_netem_stats stats;

	if (p == NULL || out == NULL)
		return -EINVAL;
	while (p != NULL && p->close != netem_close)
		p = p->under;
	if (p == NULL)
		return -ENOENT;
	e = (const struct netem *)p;
	stats = (struct rtls_netem_stats){ .rx = e->rx.counts, .tx = e->tx.counts };
	return conf_fill(out, &stats, sizeof(stats));
}
