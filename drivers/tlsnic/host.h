/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the host's lcore asks of the NIC's: by rings where they are two, else by a call of what
 * that does (turn.h).
 */
#ifndef TLSNIC_HOST_H
#define TLSNIC_HOST_H

#include "tlsnic/nic.h"

/* How many are taken; the rest stays the caller's. */
uint16_t host_transmit(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n);
uint16_t host_receive(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n);

/* Packets at most that were judged and are not with the host. */
uint32_t host_rx_ahead(const struct tlsnic *nic);

/* There is room for a start and a del of each context, and one reset; false: not for another resync. */
bool host_command(struct tlsnic *nic, const struct nic_msg *msg);

/* Frees packets that the NIC has consumed, releases contexts that it has ended. */
void host_reclaim(struct tlsnic *nic);

/* Both lcores are this one: what is under way is sent as far as that goes. */
void host_drain(struct tlsnic *nic);

#endif
