/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/eth_double.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_dev.h>
#include <rte_net.h>

#include "buf/chain.h"
#include "port/port.h"
#include "support/cable_nic.h"
#include "support/cable_tso.h"

enum { NB_MBUFS = 2048, NB_DESC = 256, QUEUES_MAX = 4 };

static void
check_fast_free(struct eth_double *d, const struct rte_mbuf *m)
{
	if (!d->fast_free)
		return;
	if (d->tx_pool == NULL)
		d->tx_pool = m->pool;
	d->misused += m->pool != d->tx_pool || !RTE_MBUF_DIRECT(m) ||
		      rte_mbuf_refcnt_read(m) != 1 || m->nb_segs != 1 || m->next != NULL;
}

static void
deliver(struct eth_double *d, const uint8_t *bytes, uint32_t len)
{
	struct eth_double *to = d->peer;
	struct rte_mbuf *m;

	if (to == NULL || to->nb_in == ETH_DOUBLE_QUEUE)
		return;
	m = rte_pktmbuf_alloc(to->rx_pool);
	CU_ASSERT_FATAL(m != NULL);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), bytes, len);
	to->in[to->nb_in++] = m;
}

static void
emit(struct eth_double *d, const uint8_t *bytes, uint32_t len)
{
	if (d->on_frame != NULL)
		d->on_frame(d->arg, bytes, len);
	deliver(d, bytes, len);
}

static void
emit_as_nic(struct eth_double *d, const struct rte_mbuf *m)
{
	static uint8_t packet[65536], frame[65536];
	struct tso_cut cut;
	uint32_t len;

	CU_ASSERT_FATAL(m->pkt_len <= sizeof(packet));
	chain_copy_out(m, 0, packet, m->pkt_len);
	if ((m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) == 0) {
		if (nic_tx_cksum(d->nic->caps, m, packet, m->pkt_len))
			emit(d, packet, m->pkt_len);
		else
			d->misused++;
	} else if (tso_start(&cut, d->nic, m, packet)) {
		d->nb_cut++;
		while ((len = tso_next(&cut, frame)) > 0)
			emit(d, frame, len);
	} else {
		d->misused++;
	}
}

static uint16_t
tx_burst(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct eth_double *d = queue;
	uint16_t i;

	for (i = 0; i < n && d->takes > 0; i++, d->takes--) {
		check_fast_free(d, pkts[i]);
		CU_ASSERT_FATAL(d->nic != NULL || pkts[i]->pkt_len <= ETH_DOUBLE_FRAME_MAX);
		if (d->nic != NULL)
			emit_as_nic(d, pkts[i]);
		else
			emit(d, rte_pktmbuf_mtod(pkts[i], const uint8_t *), pkts[i]->pkt_len);
		d->nb_sent++;
		CU_ASSERT_FATAL(d->nb_held < ETH_DOUBLE_QUEUE);
		d->held[d->nb_held++] = pkts[i];
	}
	eth_double_release(d, d->holds);
	return i;
}

static uint16_t
tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct eth_double *d = queue;
	uint16_t i;

	for (i = 0; i < n && pkts[i]->pkt_len != d->refused_len; i++) {
		check_fast_free(d, pkts[i]);
		if (d->nic != NULL && rte_net_intel_cksum_prepare(pkts[i]) != 0)
			break;
		d->nb_prepared++;
	}
	return i;
}

static uint16_t
rx_burst(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct eth_double *d = queue;
	uint16_t got = (uint16_t)RTE_MIN(d->nb_in, (uint32_t)n);

	memcpy(pkts, d->in, got * sizeof(pkts[0]));
	d->nb_in -= got;
	memmove(d->in, d->in + got, d->nb_in * sizeof(d->in[0]));
	return got;
}

void
eth_double_make(struct eth_double *d)
{
	static unsigned int nb;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "net_null%u", nb++);
	CU_ASSERT_EQUAL_FATAL(rte_eal_hotplug_add("vdev", name, "no-rx=1"), 0);
	CU_ASSERT_EQUAL_FATAL(rte_eth_dev_get_port_by_name(name, &d->port_id), 0);
	snprintf(name, sizeof(name), "double%u", nb);
	d->rx_pool = rte_pktmbuf_pool_create(name, NB_MBUFS, 0, 0,
					     RTE_PKTMBUF_HEADROOM + ETH_DOUBLE_FRAME_MAX, 0);
	CU_ASSERT_FATAL(d->rx_pool != NULL);
	d->takes = UINT32_MAX;
	d->queue[0] = d;
}

void
eth_double_start(const struct eth_double *d, uint16_t nb_rx, uint16_t nb_tx, uint64_t tx_offloads,
		 uint16_t mtu)
{
	struct rte_eth_conf conf = { .txmode.offloads = tx_offloads };
	uint16_t id = d->port_id;

	CU_ASSERT_EQUAL_FATAL(rte_eth_dev_configure(id, nb_rx, nb_tx, &conf), 0);
	for (uint16_t i = 0; i < nb_rx; i++)
		CU_ASSERT_EQUAL(rte_eth_rx_queue_setup(id, i, NB_DESC, 0, NULL, d->rx_pool), 0);
	for (uint16_t i = 0; i < nb_tx; i++)
		CU_ASSERT_EQUAL(rte_eth_tx_queue_setup(id, i, NB_DESC, 0, NULL), 0);
	if (mtu != 0)
		CU_ASSERT_EQUAL_FATAL(rte_eth_dev_set_mtu(id, mtu), 0);
	CU_ASSERT_EQUAL_FATAL(rte_eth_dev_start(id), 0);
}

void
eth_double_take_over(struct eth_double *d)
{
	struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[d->port_id];

	ops->tx_pkt_burst = tx_burst;
	ops->tx_pkt_prepare = tx_prepare;
	ops->rx_pkt_burst = rx_burst;
	ops->txq.data = d->queue;
	ops->rxq.data = d->queue;
}

void
eth_double_release(struct eth_double *d, uint32_t left)
{
	uint32_t n = d->nb_held > left ? d->nb_held - left : 0;

	rte_pktmbuf_free_bulk(d->held, n);
	d->nb_held -= n;
	memmove(d->held, d->held + n, d->nb_held * sizeof(d->held[0]));
}

void
eth_double_end(struct eth_double *d)
{
	if (rte_eth_dev_is_valid_port(d->port_id)) {
		CU_ASSERT_EQUAL(rte_eth_dev_stop(d->port_id), 0);
		CU_ASSERT_EQUAL(rte_eth_dev_close(d->port_id), 0);
	}
	eth_double_release(d, 0);
	rte_pktmbuf_free_bulk(d->in, d->nb_in);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(d->rx_pool), 0);
	rte_mempool_free(d->rx_pool);
}
