/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What an ethdev says of itself, and whether that makes a port. */
#ifndef RTLS_STACK_PORT_PROOF_H
#define RTLS_STACK_PORT_PROOF_H

#include <stdbool.h>
#include <stdint.h>

/* An ethdev is one port at a time. 0, and it is claimed; -EBUSY: it is one already. */
int port_claim(uint16_t port_id);
void port_release(uint16_t port_id);

/* How an ethdev sends. */
struct port_tx {
	uint64_t offloads; /* RTE_ETH_TX_OFFLOAD_* in force for all its queues */
	bool chains;       /* it sends several mbufs as one packet */
	bool fast_free;    /* or may do so: it wants all packets out of one pool */
	uint32_t nb_desc;  /* packets that it may hold */
};

/*
 * Of a port that the program has started, after rte_eth_dev_configure() gave -EBUSY. 0; -EBUSY: it
 * does not run, its driver is busy; -EINVAL: no queue to send with, or not exactly one to receive
 * with, as nobody polls another one.
 */
int port_adopted(uint16_t port_id, struct port_tx *tx);

/*
 * Its MAC address. Where it has none: a random one, locally administered, which the device is told
 * if it can be. 0; -EADDRNOTAVAIL: a multicast address; or what the device answered.
 */
int port_mac(uint16_t port_id, uint8_t mac[6]);

#endif
