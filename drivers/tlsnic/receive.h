/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One packet from the port below: its checksums looked at, its records opened. */
#ifndef TLSNIC_RECEIVE_H
#define TLSNIC_RECEIVE_H

struct rte_mbuf;
struct tlsnic;

/* The NIC's lcore. Takes the packet and returns what goes up: it, or an opened copy. */
struct rte_mbuf *receive_packet(struct tlsnic *nic, struct rte_mbuf *m);

#endif
