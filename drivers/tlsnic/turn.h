/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the NIC's lcore does with what comes from the host and from the port below. */
#ifndef TLSNIC_TURN_H
#define TLSNIC_TURN_H

#include "tlsnic/nic.h"

/* False: not now, nothing has changed. Only packets give that, and resyncs. */
bool turn_handle(struct tlsnic *nic, const struct nic_msg *msg);

/* Up to n packets from the port below, opened where that can be. */
uint16_t turn_receive(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n);

/*
 * With rings: out of the tx ring as long as the done ring can take what comes of it. How many
 * packets and commands.
 */
unsigned int turn_tx(struct tlsnic *nic);

/*
 * Once a poll, with rings or not, in front of the others: there is crypto again, and packets that wait for
 * it go first. How many they and their commands are; not 0 while they still wait for it.
 */
unsigned int turn_begin(struct tlsnic *nic);

/* Once a poll, with rings or not: what is told when its time has come. */
void turn_events(struct tlsnic *nic);

/* With rings: one turn. Returns how many packets, commands and frames it moved. */
unsigned int turn_poll(struct tlsnic *nic);

static inline unsigned int
turn_flush(struct tlsnic *nic)
{
	return outq_flush(&nic->outq, nic->under, &nic->counters);
}

#endif
