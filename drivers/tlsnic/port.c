/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The NIC as a port, its life, and the host's side of bursts. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <rte_malloc.h>

#include <recordtls/tls.h>

#include "buf/lifo.h"
#include "core/conf.h"
#include "core/record.h"
#include "tlsnic/host.h"
#include "tlsnic/ops.h"
#include "tlsnic/turn.h"

enum {
	DEFAULT_CONTEXTS = 16384,
	DEFAULT_MBUFS = 8192,
	MAX_CONTEXTS = UINT16_MAX, /* what rte_security counts sessions in */
	MBUF_CACHE = 256,
};

static uint16_t
nic_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	(void)queue;
	return host_receive(nic_of(p), pkts, n);
}

static uint16_t
nic_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	(void)queue;
	return host_transmit(nic_of(p), pkts, n);
}

static void
nic_tx_cleanup(struct rtls_port *p, uint16_t queue)
{
	struct tlsnic *nic = nic_of(p);

	(void)queue;
	if (nic->conf.rings != 0) {
		host_reclaim(nic);
		return;
	}
	turn_flush(nic);
	if (nic->under->tx_cleanup != NULL)
		nic->under->tx_cleanup(nic->under, 0);
}

/* With rings the NIC's own lcore turns, whatever the host does. */
static bool
nic_tx_waiting(const struct rtls_port *p)
{
	const struct tlsnic *nic = (const struct tlsnic *)p;

	return nic->conf.rings == 0 && (nic->outq.cnt != 0 || nic->backlog.nb != 0);
}

static uint64_t
nic_stat(const struct rtls_port *p, unsigned int which)
{
	const struct tlsnic *nic = (const struct tlsnic *)p;

	switch (which) {
	case NIC_LEVEL_CONTEXTS:
		return nic->contexts.max - nic->contexts.nb_free;
	case NIC_LEVEL_TX_MBUFS:
		return rte_mempool_in_use_count(nic->tx_pool);
	case NIC_LEVEL_RX_MBUFS:
		return rte_mempool_in_use_count(nic->rx_pool);
	default:
		return which >= NIC_FAULT ?
			       nic_faults_struck(&nic->faults, which - NIC_FAULT) :
			       nic_counter_get(&nic->counters, (enum nic_counter)which);
	}
}

static int
nic_read_clock(struct rtls_port *p, uint64_t *ticks)
{
	struct rtls_port *under = nic_of(p)->under;

	return under->read_clock(under, ticks);
}

/* Does the port below go on, with frames of ours in it? */
static bool
nic_holds(struct rtls_port *p)
{
	struct tlsnic *nic = nic_of(p);
	struct rtls_port *under = nic->under;

	nic_tx_cleanup(p, 0);
	if (under->tx_cleanup != NULL)
		under->tx_cleanup(under, 0);
	if (under->holds != NULL && under->holds(under))
		return true;
	return under->stays && rte_mempool_in_use_count(nic->tx_pool) > nic->outq.cnt;
}

/* What is under way goes, or is dropped. A NIC that was made in part is fine. */
static void
nic_stop(struct tlsnic *nic)
{
	offload_device_fini(&nic->port.tls);
	host_drain(nic);
	rings_fini(&nic->rings);
	backlog_fini(&nic->backlog);
	outq_free(&nic->outq);
	contexts_fini(&nic->contexts);
}

static void
nic_free(struct tlsnic *nic)
{
	rte_mempool_free(nic->tx_pool);
	rte_mempool_free(nic->rx_pool);
	rte_free(nic->scratch);
	rte_free(nic);
}

static void
nic_close(struct rtls_port *p)
{
	struct tlsnic *nic = nic_of(p);
	struct rtls_port *under = nic->under;

	nic_stop(nic);
	/* It may hold frames that it has sent: before their pool goes. */
	under->close(under);
	nic_free(nic);
}

static int
read_conf(struct tlsnic *nic, const struct rtls_tlsnic_conf *user)
{
	struct rtls_tlsnic_conf *c = &nic->conf;

	if (conf_copy(c, sizeof(*c), user) != 0)
		return -EINVAL;
	if (c->max_contexts == 0)
		c->max_contexts = DEFAULT_CONTEXTS;
	if (c->nb_mbufs == 0)
		c->nb_mbufs = DEFAULT_MBUFS;
	if (c->tx_method == RTLS_TLS_TX_NONE)
		c->tx_method = RTLS_TLS_TX_REBUILD;
	if (c->rx_method == RTLS_TLS_RX_NONE)
		c->rx_method = RTLS_TLS_RX_SCAN;
	if (c->rx_resync_polls == 0)
		c->rx_resync_polls = 1;
	if (c->max_contexts > MAX_CONTEXTS || c->tx_method > RTLS_TLS_TX_NEXT_RECORD ||
	    c->tx_after > RTLS_TLS_TX_RETURNS || c->rx_method > RTLS_TLS_RX_STACK ||
	    c->faults >> RTLS_TLSNIC_FAULTS != 0)
		return -EINVAL;
	nic_faults_init(&nic->faults, c->faults, c->fault_every, c->fault_seed);
	return 0;
}

/* Half of the buffers. */
static struct rte_mempool *
make_pool(const struct tlsnic *nic, const char *suffix)
{
	uint32_t n = (nic->conf.nb_mbufs + 1) / 2;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "%.15s_%.8s", nic->name, suffix);
	return lifo_pool_create(name, n, RTE_MIN((uint32_t)MBUF_CACHE, n / 4), 0,
				(uint16_t)(RTE_PKTMBUF_HEADROOM + nic->frame_max), SOCKET_ID_ANY);
}

static int
make_memory(struct tlsnic *nic)
{
	uint32_t scratch_len = RTE_MAX((uint32_t)RECORD_WIRE_MAX_RX, 3 * nic->frame_max);
	int rc;

	nic->scratch = rte_malloc("tlsnic", scratch_len, 0);
	nic->tx_pool = make_pool(nic, "txpool");
	nic->rx_pool = make_pool(nic, "rxpool");
	if (nic->scratch == NULL || nic->tx_pool == NULL || nic->rx_pool == NULL)
		return -ENOMEM;
	/* Half of them, so that some go while others are made; a cut packet wants all at once. */
	nic->port.tso_frames = RTE_MIN(RTE_MAX(nic->tx_pool->size / 2, 1u), (uint32_t)OUTQ_SIZE);
	nic->contexts.rx_first_run = nic->conf.rx_first_run;
	nic->contexts.rx_keeps = nic->conf.rx_keeps != 0;
	nic->contexts.rx_scans = nic->conf.rx_method == RTLS_TLS_RX_SCAN ||
				 nic->conf.rx_method == RTLS_TLS_RX_SCAN_DELAYED;
	rc = contexts_init(&nic->contexts, nic->conf.max_contexts, nic->name);
	if (rc != 0)
		return rc;
	nic->budget.per_turn = nic->conf.crypto_bytes;
	if (nic->conf.crypto_bytes != 0 && backlog_init(&nic->backlog, nic->conf.max_contexts) != 0)
		return -ENOMEM;
	return rings_init(&nic->rings, nic->name, nic->conf.max_contexts,
			  nic->conf.rx_method == RTLS_TLS_RX_SCAN_DELAYED, nic->conf.rings != 0);
}

static void
make_port(struct tlsnic *nic, struct rtls_port *under)
{
	nic->port = (struct rtls_port){
		.rx_burst = nic_rx_burst,
		.tx_burst = nic_tx_burst,
		.tx_cleanup = nic_tx_cleanup,
		.tx_waiting = nic_tx_waiting,
		.stats = nic_stats,
		.nb_stats = nic->conf.faults != 0 ? NIC_STATS : NIC_FAULT,
		.stat = nic_stat,
		.holds = nic_holds,
		.close = nic_close,
		.caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM | PORT_CAP_RX_CKSUM,
		.nb_queues = 1,
		.mtu = under->mtu,
		.stays = under->stays,
		.under = under,
		.elsewhere = nic->conf.rings != 0,
		/* IPv4's longest packet, less the longest headers. */
		.tso_max = nic->conf.no_tso != 0 ? 0 : 65535 - 20 - 60,
	};
	snprintf(nic->port.name, sizeof(nic->port.name), "tlsnic(%.70s)", under->name);
	memcpy(nic->port.mac, under->mac, sizeof(nic->port.mac));
	nic->port.rx_ahead = host_rx_ahead(nic);
	/* The port below keeps frames until their times; with rings that is another lcore's. */
	nic->port.tx_time_off = under->tx_time_off;
	nic->port.tx_time_flag = under->tx_time_flag;
	if (under->read_clock != NULL && nic->conf.rings == 0)
		nic->port.read_clock = nic_read_clock;
	/* A packet that is opened leaves its buffer to the port below. */
	if (under->rx_room != 0)
		nic->port.rx_room = under->rx_room +
				    (uint64_t)(nic->conf.nb_mbufs / 2) *
					    (RTE_PKTMBUF_HEADROOM + nic->frame_max);
	nic->port.tls.sec_ctx = &nic->security.ctx;
	nic->port.tls.dev = nic;
	ops_init(nic);
	nic->port.tls.ops = &nic->ops;
	TAILQ_INIT(&nic->asking);
	TAILQ_INIT(&nic->untold);
}

static int
find_fields(struct tlsnic *nic)
{
	int rc = nic_security_init(&nic->security, nic->conf.rx_method);
	bool said = false;

	if (rc == -ENOSPC)
		note_once(&said, NOTE_TLSNIC_NO_FIELD, nic->under->name, NULL);
	return rc;
}

int
rtls_tlsnic_open(struct rtls_port *under, const struct rtls_tlsnic_conf *conf,
		 struct rtls_port **out)
{
	static _Atomic unsigned int opened;
	struct tlsnic *nic;
	int rc;

	if (under == NULL || out == NULL || under->nb_queues != 1 ||
	    offload_device_present(&under->tls) ||
	    RTE_PKTMBUF_HEADROOM + FRAME_ETHER_LEN + (uint32_t)under->mtu > UINT16_MAX)
		return -EINVAL;
	if (under->queues_bound != 0)
		return -EBUSY;
	nic = rte_zmalloc("tlsnic", sizeof(*nic), 0);
	if (nic == NULL)
		return -ENOMEM;
	nic->under = under;
	nic->frame_max = FRAME_ETHER_LEN + (uint32_t)under->mtu;
	snprintf(nic->name, sizeof(nic->name), "tlsnic%u", atomic_fetch_add(&opened, 1));
	rc = read_conf(nic, conf);
	if (rc == 0)
		rc = find_fields(nic);
	if (rc == 0) {
		make_port(nic, under);
		rc = make_memory(nic);
	}
	if (rc == 0)
		rc = offload_device_init(&nic->port.tls, nic->name, SOCKET_ID_ANY);
	if (rc != 0) {
		nic_stop(nic);
		nic_free(nic);
		return rc;
	}
	/* No stack and no second NIC sends and receives beside this one; nor is it closed apart. */
	under->queues_bound = 1;
	*out = &nic->port;
	return 0;
}

unsigned int
rtls_tlsnic_poll(struct rtls_port *p)
{
	struct tlsnic *nic;

	/* Of another port it knows nothing. */
	if (p == NULL || p->close != nic_close)
		return 0;
	nic = nic_of(p);
	return nic->conf.rings != 0 ? turn_poll(nic) : 0;
}
