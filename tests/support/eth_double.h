/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * An ethdev whose bursts are the test's. It sends as net_af_xdp does: pkt_len bytes from the start
 * of the first mbuf on, whatever lies there. Where asked it insists on what
 * RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE asks for.
 */
#ifndef RTLS_SUPPORT_ETH_DOUBLE_H
#define RTLS_SUPPORT_ETH_DOUBLE_H

#include <stdbool.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

enum { ETH_DOUBLE_QUEUE = 4096, ETH_DOUBLE_FRAME_MAX = 9014 };

struct rtls_port;

struct eth_double {
	uint16_t port_id;
	struct eth_double *peer; /* receives what is sent here; NULL: nobody */
	uint32_t takes;          /* so many more packets; at first no end of them */
	uint32_t refused_len;    /* tx_prepare refuses frames of this length */
	uint32_t holds;          /* so many sent mbufs, the newest */
	bool fast_free;
	/* The port over it. Not NULL: it sends chains, makes checksums and cuts packets, as the
	 * port believes that it does, and wrong where it was not told right. */
	const struct rtls_port *nic;
	void (*on_frame)(void *arg, const uint8_t *bytes, uint32_t len);
	void *arg;
	uint64_t nb_sent;
	uint64_t nb_prepared;
	uint64_t misused; /* against fast free, or what it cuts and sums */
	uint64_t nb_cut;  /* packets that it has cut */
	/* Its own. */
	void *queue[1];
	struct rte_mempool *rx_pool;
	const struct rte_mempool *tx_pool;
	struct rte_mbuf *in[ETH_DOUBLE_QUEUE], *held[ETH_DOUBLE_QUEUE];
	uint32_t nb_in, nb_held;
};

/* A zeroed d becomes an ethdev that is not configured. */
void eth_double_make(struct eth_double *d);

/* As a program does that has its own: queues, a pool, an MTU, started. */
void eth_double_start(const struct eth_double *d, uint16_t nb_rx, uint16_t nb_tx,
		      uint64_t tx_offloads, uint16_t mtu);

/* It runs: from now on its bursts are those of above. */
void eth_double_take_over(struct eth_double *d);

/* Frees sent mbufs until so many are held. */
void eth_double_release(struct eth_double *d, uint32_t left);

/* Stops it, if it is still there, and frees what is left of it. */
void eth_double_end(struct eth_double *d);

#endif
