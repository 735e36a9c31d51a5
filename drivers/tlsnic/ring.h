/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Between the host's lcore and the NIC's. With conf.rings there are rings, of one producer
 * and one consumer each; without, the calls of one side are calls of the other.
 *
 *	tx      packets and commands of the host, in one order
 *	done    packets back to the lcore that made them, and contexts that are free again
 *	rx      packets for the host
 *	events  for the host; also without conf.rings
 */
#ifndef TLSNIC_RING_H
#define TLSNIC_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/offload.h>

struct nic_context;
struct rte_mbuf;
struct rte_ring;
struct tlsnic;

enum nic_msg_type {
	NIC_MSG_PACKET, /* m */
	NIC_MSG_START,  /* the others: of ctx */
	NIC_MSG_RESYNC,
	NIC_MSG_DEL,
};

struct nic_msg {
	uint32_t type; /* enum nic_msg_type */
	uint32_t seq;
	uint64_t rec_no;
	struct rtls_tls_handle ctx;
	struct rte_mbuf *m;
};

struct nic_rings {
	struct rte_ring *tx, *done, *rx, *events;
	struct nic_msg held; /* the NIC's lcore: out of tx, but to be handled yet */
	bool is_held;
};

/* conf and name are set. 0 or -ENOMEM. */
int rings_init(struct tlsnic *nic);

/* Packets at most that were judged and are not with the host. */
uint32_t rings_rx_ahead(const struct tlsnic *nic);

/* The host's lcore. */
uint16_t ring_transmit(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n);
uint16_t ring_receive(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n);
/* There is room for a start and a del of each context; false: not for another resync. */
bool ring_command(struct tlsnic *nic, const struct nic_msg *msg);
/* Frees packets that the NIC has consumed, releases contexts that it has ended. */
void ring_reclaim(struct tlsnic *nic);
/* The next event, of whatever context. */
bool ring_event(struct tlsnic *nic, struct rtls_tls_event *ev);

/* The NIC's lcore. */
void ring_consumed(struct tlsnic *nic, struct rte_mbuf *m);
void ring_released(struct tlsnic *nic, struct nic_context *c);
/* False: the host has left too many unread. */
bool ring_tell(struct tlsnic *nic, const struct rtls_tls_event *ev);
/* With rings: one turn. Returns how many packets, commands and frames it moved. */
unsigned int ring_turn(struct tlsnic *nic);

/* Both lcores are this one: what is under way is sent as far as that goes, and freed. */
void rings_fini(struct tlsnic *nic);

#endif
