/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What an ethdev says of itself, and whether that makes a port. */
#ifndef RTLS_PORT_PROOF_H
#define RTLS_PORT_PROOF_H

#include <stdbool.h>
#include <stdint.h>

/* An ethdev is one port at a time. 0, and it is claimed; -EBUSY: it is one already. */
int port_claim(uint16_t port_id);
void port_release(uint16_t port_id);

/* How an ethdev sends. */
struct port_tx {
	uint64_t offloads; /* RTE_ETH_TX_OFFLOAD_* in force for its first queue */
	bool chains;       /* it sends as many mbufs as one packet as a stack's has */
	bool fast_free;    /* or may do so: it wants all packets out of one pool */
	uint32_t nb_desc;  /* packets that it may hold */
};

struct rte_eth_dev_info;

/* Does it send chains as long as a stack's, with these offloads? */
bool port_sends_chains(const struct rte_eth_dev_info *info, uint64_t offloads);

/*
 * Of a port that the program has started, after rte_eth_dev_configure() gave -EBUSY. 0; -EBUSY: it
 * does not run, its driver is busy; -EINVAL: no queue to send with, or not exactly one to receive
 * with, as nobody polls another one.
 */
int port_adopted(uint16_t port_id, struct port_tx *tx);

/*
 * Does a port that was configured for TSO take packets that are to be cut? Its tx_prepare is shown
 * one of the greatest length, with frames as long as its MTU; nothing is sent. 1, 0, or -errno.
 */
int port_tso_probe(uint16_t port_id, uint16_t mtu);

/*
 * Its MAC address. Where it has none: a random one, locally administered, which the device is told
 * if it can be. 0; -EADDRNOTAVAIL: a multicast address; or what the device answered.
 */
int port_mac(uint16_t port_id, uint8_t mac[6]);

#endif
