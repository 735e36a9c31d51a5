/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/host.h"

#include "tlsnic/turn.h"

static uint16_t
transmit_here(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n)
{
	struct nic_msg msg = { .type = NIC_MSG_PACKET };
	uint16_t i;

	for (i = 0; i < n; i++) {
		msg.m = pkts[i];
		if (!turn_handle(nic, &msg))
			break;
	}
	turn_flush(nic);
	return i;
}

uint16_t
host_transmit(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n)
{
	if (nic->conf.rings == 0)
		return transmit_here(nic, pkts, n);
	host_reclaim(nic);
	return ring_put_packets(&nic->rings, pkts, n);
}

uint16_t
host_receive(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n)
{
	if (nic->conf.rings == 0) {
		turn_flush(nic);
		return turn_receive(nic, pkts, n);
	}
	host_reclaim(nic);
	return ring_take_received(&nic->rings, pkts, n);
}

uint32_t
host_rx_ahead(const struct tlsnic *nic)
{
	/* Without rings they are judged as they are handed up. */
	return nic->conf.rings == 0 ? 1 : RING_RX_PACKETS;
}

bool
host_command(struct tlsnic *nic, const struct nic_msg *msg)
{
	return nic->conf.rings == 0 ? turn_handle(nic, msg) : ring_put_command(&nic->rings, msg);
}

void
host_reclaim(struct tlsnic *nic)
{
	struct nic_msg msgs[RING_BURST];
	unsigned int n = RING_BURST;

	while (nic->rings.done != NULL && n == RING_BURST) {
		n = ring_take_done(&nic->rings, msgs);
		for (unsigned int i = 0; i < n; i++) {
			if (msgs[i].type == NIC_MSG_PACKET)
				rte_pktmbuf_free(msgs[i].m);
			else if (msgs[i].type == NIC_MSG_DOWN)
				contexts_voided(&nic->contexts);
			else
				contexts_ended(&nic->contexts,
					       &nic->contexts.tab[msgs[i].ctx.index]);
		}
	}
}

void
host_drain(struct tlsnic *nic)
{
	const struct nic_rings *r = &nic->rings;

	/* A NIC that was made in part has nothing under way. */
	if (r->tx == NULL || r->done == NULL || r->rx == NULL)
		return;
	do {
		host_reclaim(nic);
	} while (turn_tx(nic) > 0);
	turn_flush(nic);
	host_reclaim(nic);
}
