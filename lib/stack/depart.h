/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Packets that are paced, and a port that keeps each until its time: they are handed over early, each
 * with its time of departure. What a port has it sends, in order: TCP counts it as sent.
 */
#ifndef RTLS_STACK_DEPART_H
#define RTLS_STACK_DEPART_H

#include "stack/state.h"

void depart_prepare_slow(const struct rtls_stack *s, struct netif *nif, struct rtls_sock *sock);

/* A run is to be planned: may it be handed over before its time? */
static inline void
depart_prepare(const struct rtls_stack *s, struct netif *nif, struct rtls_sock *sock)
{
	if (nif->port->read_clock != NULL || sock->tcp.pace.kept)
		depart_prepare_slow(s, nif, sock);
}

/* The packets of a run are made, which TCP has not taken yet. */
void depart_mark(const struct rtls_stack *s, struct netif *nif, const struct tx_run *run,
		 struct rte_mbuf **pkts);

#endif
