/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One packet from the host: dropped, passed on, or written anew as frames of the NIC's own. */
#ifndef TLSNIC_SEND_H
#define TLSNIC_SEND_H

#include <stdbool.h>

struct rte_mbuf;
struct tlsnic;

/*
 * The NIC's lcore. False: not now, for want of buffers or of room in front of the port
 * below; then nothing has changed. True: takes the packet.
 */
bool send_packet(struct tlsnic *nic, struct rte_mbuf *m);

/* One to be sealed, for which there is no crypto and no room to wait: dropped, counted. */
void send_give_up(struct tlsnic *nic, struct rte_mbuf *m);

#endif
