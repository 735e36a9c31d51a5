/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Sending through an ethdev that does not take a chain of mbufs as one packet, or that wants all
 * packets out of one pool: each goes as a copy in one piece. A driver without
 * RTE_ETH_TX_OFFLOAD_MULTI_SEGS reads pkt_len bytes from the first mbuf on: memory of others.
 */
#ifndef RTLS_PORT_LINEAR_H
#define RTLS_PORT_LINEAR_H

#include <stdbool.h>

#include <rte_mbuf.h>

#include <recordtls/stats.h>

enum port_linear_stat {
	PORT_LINEAR_COPIES,
	PORT_LINEAR_NO_MBUF,
	PORT_LINEAR_REFUSED,
	PORT_LINEAR_STATS,
};

struct port_linear {
	struct rte_mempool *pool; /* NULL: packets go as they are */
	uint16_t port_id;
	/*
	 * Those of one piece, too: RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE wants all "from the same
	 * mempool" and with a reference count of 1.
	 */
	bool all;
	uint32_t frame_max;
	/* Written by the lcore that sends. */
	uint64_t counters[PORT_LINEAR_STATS];
};

/*
 * nb_desc: packets that the device may hold. l is zeroed, with port_id and all set. 0; -EINVAL:
 * frames of this MTU fit into no mbuf; -ENOMEM, -EEXIST.
 */
int port_linear_init(struct port_linear *l, uint32_t nb_desc, uint16_t mtu);

/* Safe on a zeroed struct. */
void port_linear_fini(struct port_linear *l);

/*
 * As rte_eth_tx_prepare() and rte_eth_tx_burst() in one, both for what really goes: of those it
 * takes the originals are freed, the others stay the caller's. A head packet that can never go is
 * dropped and counted as taken.
 */
uint16_t port_linear_burst(struct port_linear *l, uint16_t queue, struct rte_mbuf **pkts,
			   uint16_t n);

/* What it counts: struct rtls_port has these in this order. */
extern const struct rtls_stat_desc port_linear_stats[PORT_LINEAR_STATS];

uint64_t port_linear_stat(const struct port_linear *l, unsigned int which);

#endif
