/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Packets on their way to a port: gathered per netif, handed over in bursts, and what the port takes
 * is told to the connections that they came from. Nothing of a connection moves before that.
 */
#ifndef RTLS_STACK_NETIF_TX_H
#define RTLS_STACK_NETIF_TX_H

#include "stack/state.h"

/* It is their length that a port refuses: it gets no long packets any more. */
enum { NETIF_CUT_STRIKES = 3 };

/* Segments of mss bytes in a packet, at most. */
static inline uint32_t
netif_tx_segments_max(const struct netif *nif, uint32_t mss)
{
	uint32_t bytes = netif_cut_max(nif), n;

	if (bytes < 2 * mss || nif->cut_short || nif->cut_strikes == NETIF_CUT_STRIKES)
		return 1;
	n = bytes / mss;
	return nif->port->tso_frames != 0 ? RTE_MIN(n, nif->port->tso_frames) : n;
}

/* Hands the gathered packets over; false when the port has no room for all of them. */
bool netif_tx_flush(struct rtls_stack *s, struct netif *nif);

/* Where the next run is made, and room for its packets; nobody else adds any meanwhile. */
static inline struct tx_run *
netif_tx_run(struct netif *nif)
{
	return &nif->runs[nif->nb_runs];
}

static inline struct rte_mbuf **
netif_tx_room(struct netif *nif, uint16_t *max)
{
	*max = (uint16_t)(NETIF_TX_BURST - nif->nb_tx);
	return &nif->tx[nif->nb_tx];
}

/* Takes the run that was made there. False: the port is full, nothing more for it now. */
static inline bool
netif_tx_put(struct rtls_stack *s, struct netif *nif)
{
	nif->nb_tx = (uint16_t)(nif->nb_tx + nif->runs[nif->nb_runs++].packets);
	return nif->nb_tx < NETIF_TX_BURST || netif_tx_flush(s, nif);
}

/* Takes a packet that belongs to no connection. */
static inline void
netif_tx_put_reply(struct rtls_stack *s, struct netif *nif, struct rte_mbuf *m)
{
	struct tx_run *run = netif_tx_run(nif);

	run->owner = NULL;
	run->packets = 1;
	nif->tx[nif->nb_tx] = m;
	netif_tx_put(s, nif);
}

/* The end of a poll. Whom a full port served comes behind all others in the next one. */
void netif_tx_end_turn(struct rtls_stack *s, struct netif *nif);

#endif
