/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Gives a stack a queue pair of a port: a netif. */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "stack/secret.h"
#include "stack/state.h"

/* Receive buffers of a port that was adopted. */
enum { RX_ROOM_UNKNOWN = 8192 * RTE_MBUF_DEFAULT_BUF_SIZE };

int
rtls_stack_bind(struct rtls_stack *s, struct rtls_port *p, uint16_t queue)
{
	struct netif *nif;
	uint8_t key[16];
	uint64_t room;

	if (s == NULL || p == NULL || queue >= RTE_MIN(p->nb_queues, (int)PORT_QUEUES_MAX))
		return -EINVAL;
	if (p->queues_bound & 1ull << queue)
		return -EBUSY;
	if (s->nb_netifs == STACK_PORTS_MAX)
		return -ENOSPC;
	nif = &s->netifs[s->nb_netifs];
	memset(nif, 0, sizeof(*nif));
	nif->arp_entries = rte_zmalloc("rtls_arp", sizeof(*nif->arp_entries) * NETIF_ARP_ENTRIES,
				       0);
	if (nif->arp_entries == NULL)
		return -ENOMEM;
	arp_table_init(&nif->arp, nif->arp_entries, NETIF_ARP_ENTRIES,
		       secret_key(s->secret, SECRET_ARP, key));
	nif->port = p;
	nif->queue = queue;
	nif->refused_since_us = UINT64_MAX;
	p->queues_bound |= 1ull << queue;
	room = p->rx_room != 0 ? p->rx_room : RX_ROOM_UNKNOWN;
	/* A quarter stays for the port: one without a free buffer is deaf, and stays so. */
	s->rx_room_max += room - room / 4;
	TAILQ_INIT(&nif->quiet_list);
	nif->rx_quiet = true; /* nothing was received yet */
	s->nb_netifs++;
	return 0;
}
