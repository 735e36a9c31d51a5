/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "port/linear.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>

#include "buf/chain.h"
#include "buf/lifo.h"

enum {
	BURST = 32,
	CACHE = 32,
	/* Beside what the device holds: a burst, and what per-lcore caches keep back. */
	SPARE = BURST + 3 * CACHE,
};

/* What a copy in one piece asks the device for as well. */
#define TX_CARRIED \
	(RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK)

int
port_linear_init(struct port_linear *l, uint32_t nb_desc, uint16_t mtu)
{
	char name[RTE_MEMPOOL_NAMESIZE];
	uint32_t room;

	l->frame_max = RTE_ETHER_HDR_LEN + (uint32_t)mtu;
	room = RTE_PKTMBUF_HEADROOM + l->frame_max;
	if (room > UINT16_MAX)
		return -EINVAL;
	snprintf(name, sizeof(name), "rtls_linear_%u", l->port_id);
	l->pool = lifo_pool_create(name, nb_desc + SPARE, CACHE, 0, (uint16_t)room,
				   rte_eth_dev_socket_id(l->port_id));
	return l->pool == NULL ? -rte_errno : 0;
}

void
port_linear_fini(struct port_linear *l)
{
	rte_mempool_free(l->pool);
	l->pool = NULL;
}

/* The reader may be on another lcore. */
static void
count(uint64_t *counter)
{
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

static struct rte_mbuf *
alloc(struct port_linear *l, uint16_t queue)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(l->pool);

	if (m != NULL)
		return m;
	/* Some may have been sent. -ENOTSUP is an answer, too. */
	(void)rte_eth_tx_done_cleanup(l->port_id, queue, 0);
	m = rte_pktmbuf_alloc(l->pool);
	if (m == NULL)
		count(&l->counters[PORT_LINEAR_NO_MBUF]);
	return m;
}

static bool
goes_as_it_is(const struct port_linear *l, const struct rte_mbuf *m)
{
	return !l->all && m->nb_segs == 1;
}

/* Neither cut nor sealed here, and never in clear because of it. */
static bool
can_go(const struct port_linear *l, const struct rte_mbuf *m)
{
	return (m->ol_flags & (RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_SEC_OFFLOAD)) == 0 &&
	       (goes_as_it_is(l, m) || m->pkt_len <= l->frame_max);
}

/* What goes in place of m; NULL: no buffer. */
static struct rte_mbuf *
linear(struct port_linear *l, uint16_t queue, struct rte_mbuf *m)
{
	struct rte_mbuf *c;

	if (goes_as_it_is(l, m))
		return m;
	c = alloc(l, queue);
	if (c == NULL)
		return NULL;
	chain_copy_out(m, 0, rte_pktmbuf_mtod(c, void *), m->pkt_len);
	c->data_len = (uint16_t)m->pkt_len;
	c->pkt_len = m->pkt_len;
	c->ol_flags |= m->ol_flags & TX_CARRIED;
	c->tx_offload = m->tx_offload;
	count(&l->counters[PORT_LINEAR_COPIES]);
	return c;
}

static uint16_t
send_some(struct port_linear *l, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct rte_mbuf *out[BURST];
	uint16_t made, ready = 0, sent = 0, i;

	for (made = 0; made < n && can_go(l, pkts[made]); made++) {
		out[made] = linear(l, queue, pkts[made]);
		if (out[made] == NULL)
			break;
	}
	if (made > 0)
		ready = rte_eth_tx_prepare(l->port_id, queue, out, made);
	if (ready > 0)
		sent = rte_eth_tx_burst(l->port_id, queue, out, ready);
	for (i = 0; i < made; i++) {
		if (out[i] != pkts[i])
			rte_pktmbuf_free(i < sent ? pkts[i] : out[i]);
	}
	if (ready == 0 && (made > 0 || !can_go(l, pkts[0]))) {
		count(&l->counters[PORT_LINEAR_REFUSED]);
		rte_pktmbuf_free(pkts[0]);
		return 1;
	}
	return sent;
}

uint16_t
port_linear_burst(struct port_linear *l, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t done = 0, asked, got;

	do {
		asked = (uint16_t)RTE_MIN(n - done, (int)BURST);
		got = asked == 0 ? 0 : send_some(l, queue, pkts + done, asked);
		done = (uint16_t)(done + got);
	} while (got == asked && done < n);
	return done;
}

const struct rtls_stat_desc port_linear_stats[PORT_LINEAR_STATS] = {
	[PORT_LINEAR_COPIES] = { "tx_linear_copies", "packets sent as copies in one piece",
				 RTLS_STAT_COUNTER },
	[PORT_LINEAR_NO_MBUF] = { "tx_linear_no_mbuf",
				  "bursts that ended: no buffer for a copy was free",
				  RTLS_STAT_COUNTER },
	[PORT_LINEAR_REFUSED] = { "tx_linear_refused",
				  "packets dropped: the driver would never take them",
				  RTLS_STAT_COUNTER },
};

uint64_t
port_linear_stat(const struct port_linear *l, unsigned int which)
{
	return __atomic_load_n(&l->counters[which], __ATOMIC_RELAXED);
}
