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

struct rte_mbuf;
struct rte_ring;

enum nic_msg_type {
	NIC_MSG_PACKET, /* m */
	NIC_MSG_START,  /* the others: of ctx */
	NIC_MSG_RESYNC,
	NIC_MSG_DEL,
	NIC_MSG_DOWN, /* of all that are void */
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
	uint32_t max_contexts;
	uint32_t nb_owed;    /* the NIC's lcore: ends of resyncs that were started */
	struct nic_msg held; /* the NIC's lcore: out of tx, but to be handled yet */
	bool is_held;
};

enum {
	RING_BURST = 32,
	RING_RX_PACKETS = 1024,
};

/*
 * name: of the NIC; asks: contexts tell starts of a resync; apart: the two lcores are two, with all
 * rings. 0 or -ENOMEM.
 */
int rings_init(struct nic_rings *r, const char *name, uint32_t max_contexts, bool asks, bool apart);

/* The host's lcore, with all rings: how many packets are taken; the rest stays the caller's. */
uint16_t ring_put_packets(struct nic_rings *r, struct rte_mbuf **pkts, uint16_t n);
/*
 * There is room for a start and a del of each context, and one reset; false: not for another resync of
 * either direction.
 */
bool ring_put_command(struct nic_rings *r, const struct nic_msg *msg);
/* Up to RING_BURST of those that the NIC is done with. */
unsigned int ring_take_done(struct nic_rings *r, struct nic_msg *msgs);
uint16_t ring_take_received(struct nic_rings *r, struct rte_mbuf **pkts, uint16_t n);
/* The next event, of whatever context. */
bool ring_event(struct nic_rings *r, struct rtls_tls_event *ev);

/*
 * The NIC's lcore, with all rings: what is next, until it is handled. NULL: nothing, or no room
 * for what comes of it.
 */
const struct nic_msg *ring_next(struct nic_rings *r);
/* The NIC's lcore, whatever rings there are: is there room for what comes of one more? */
bool ring_done_room(const struct nic_rings *r);
void ring_handled(struct nic_rings *r);
/* How many packets ring_put_received() takes, at most RING_BURST. */
uint16_t ring_rx_room(const struct nic_rings *r);
void ring_put_received(struct nic_rings *r, struct rte_mbuf **pkts, uint16_t n);
/* A context that lived is not touched any more. */
void ring_ended(struct nic_rings *r, struct rtls_tls_handle ctx);
/* The same of all that are void. */
void ring_voided(struct nic_rings *r);

/* The NIC's lcore, whatever rings there are: a packet of the host's goes back, or is freed. */
void ring_consumed(struct nic_rings *r, struct rte_mbuf *m);
/* A start of a resync, if losses, its end, and all that is owed to others have room then. False: not now. */
bool ring_tell_start(struct nic_rings *r, const struct rtls_tls_event *start);
/* Its end, or its cancel; NULL: it is owed to nobody any more. */
void ring_tell_end(struct nic_rings *r, const struct rtls_tls_event *end);
/* False: the host has left too many unread. */
bool ring_tell(struct nic_rings *r, const struct rtls_tls_event *ev);

/* Both lcores are this one: packets in them are freed. A zeroed struct is fine. */
void rings_fini(struct nic_rings *r);

#endif
