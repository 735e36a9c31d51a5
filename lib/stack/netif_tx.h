/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Packets on their way to a port: gathered per netif, handed over in bursts, and what the port takes
 * is told to the connections that they came from. Nothing of a connection moves before that.
 */
#ifndef RTLS_STACK_NETIF_TX_H
#define RTLS_STACK_NETIF_TX_H

#include <limits.h>

#include "stack/state.h"

/* It is their length that a port refuses: it gets no long packets any more. */
enum { NETIF_CUT_STRIKES = 3 };

/* Segments in a packet, at most. */
static inline unsigned int
netif_tx_cut_max(const struct netif *nif)
{
	if (nif->cut_short || nif->cut_strikes == NETIF_CUT_STRIKES)
		return 1;
	return nif->port->tso_frames != 0 ? nif->port->tso_frames : UINT_MAX;
}

/* Hands the gathered packets over; false when the port has no room for all of them. */
bool netif_tx_flush(struct rtls_stack *s, struct netif *nif);

/*
 * Takes a packet; owner NULL: it belongs to no connection. Else the segment of its slot,
 * nif->tx[nif->nb_tx], is set. False: the port is full, nothing more for it now.
 */
static inline bool
netif_tx_put(struct rtls_stack *s, struct netif *nif, struct rte_mbuf *m, struct rtls_sock *owner)
{
	struct tx_slot *slot = &nif->tx[nif->nb_tx++];

	slot->m = m;
	slot->owner = owner;
	slot->cut = (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0;
	return nif->nb_tx < NETIF_TX_BURST || netif_tx_flush(s, nif);
}

/* The end of a poll. Whom a full port served comes behind all others in the next one. */
void netif_tx_end_turn(struct rtls_stack *s, struct netif *nif);

#endif
