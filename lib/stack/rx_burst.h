/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The packets of a burst of a port, joined to runs by connection: other connections may come between
 * two packets of one. Within a connection nothing overtakes. A run stays open no longer than its burst.
 *
 * No run refers to a socket that is gone: what may end another connection's socket, or make one, flushes
 * first; a connection's own segment takes in its run first; and data of an established connection, which
 * is all that a run is, ends no socket.
 */
#ifndef RTLS_STACK_RX_BURST_H
#define RTLS_STACK_RX_BURST_H

#include "stack/netif.h"
#include "stack/rx_packet.h"
#include "stack/rx_run.h"

/* A socket knows its run by a number of 8 bits. */
static_assert(NETIF_RX_BURST <= UINT8_MAX, "rx_run counts the runs of a burst");

struct rx_burst {
	uint32_t nb_runs;
	uint32_t nb_pieces;
	uint32_t room; /* of buffers in open runs: charged to nobody yet */
	struct rx_run runs[NETIF_RX_BURST];
	struct rx_piece pieces[NETIF_RX_BURST];
};

/* An empty one, for NETIF_RX_BURST packets. */
static inline void
rx_burst_init(struct rx_burst *b)
{
	b->nb_runs = 0;
	b->nb_pieces = 0;
	b->room = 0;
}

/* Takes a packet of a connection, of which everything was parsed and verified. */
void rx_burst_add(struct rx_burst *b, struct rtls_sock *sock, const struct rx_packet *p);

/* All that is open comes in. */
void rx_burst_flush(struct rx_burst *b);

#endif
