/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <recordtls/tls.h>

#include "tlsnic/receive.h"
#include "tlsnic/send.h"
#include "tlsnic/turn.h"

static void
start(struct tlsnic *nic, struct nic_context *c, const struct nic_msg *msg)
{
	c->live = msg->ctx.generation;
	if (c->dir == RTLS_TX) {
		nic_tx_start(&c->tx, msg->seq, msg->rec_no);
		return;
	}
	nic_rx_start(&c->rx, msg->seq, msg->rec_no);
	if (contexts_open(&nic->contexts, c) != 0)
		receive_lost(nic, c, 0);
}

static void
end(struct tlsnic *nic, struct nic_context *c)
{
	if (c->live != 0 && c->dir == RTLS_RX)
		contexts_shut(&nic->contexts, c);
	c->live = 0;
	context_wipe(c);
	if (nic->conf.rings == 0)
		contexts_release(&nic->contexts, c);
	else
		ring_ended(&nic->rings, contexts_handle(&nic->contexts, c));
}

bool
turn_handle(struct tlsnic *nic, const struct nic_msg *msg)
{
	struct nic_context *c = &nic->contexts.tab[msg->ctx.index];

	switch ((enum nic_msg_type)msg->type) {
	case NIC_MSG_PACKET:
		return send_packet(nic, msg->m);
	case NIC_MSG_START:
		start(nic, c, msg);
		break;
	case NIC_MSG_RESYNC:
		nic_tx_resync(&c->tx, msg->seq, msg->rec_no);
		break;
	case NIC_MSG_DEL:
		end(nic, c);
		break;
	}
	return true;
}

uint16_t
turn_receive(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t got = nic->under->rx_burst(nic->under, 0, pkts, n);
	struct rte_mbuf *m;

	for (uint16_t i = 0; i < got; i++) {
		m = receive_packet(nic, pkts[i]);
		if (m != pkts[i] && nic->under->capture != NULL)
			port_capture_moved(nic->under->capture, pkts[i], m);
		pkts[i] = m;
	}
	return got;
}

unsigned int
turn_tx(struct tlsnic *nic)
{
	const struct nic_msg *msg;
	unsigned int handled;

	for (handled = 0; handled < RING_BURST; handled++) {
		msg = ring_next(&nic->rings);
		if (msg == NULL || !turn_handle(nic, msg))
			break;
		ring_handled(&nic->rings);
	}
	return handled;
}

static unsigned int
turn_rx(struct tlsnic *nic)
{
	struct rte_mbuf *pkts[RING_BURST];
	uint16_t n = turn_receive(nic, pkts, ring_rx_room(&nic->rings));

	ring_put_received(&nic->rings, pkts, n);
	return n;
}

unsigned int
turn_poll(struct tlsnic *nic)
{
	/* Frames that go give back the buffers for the packets behind them. */
	unsigned int done = turn_flush(nic);

	done += turn_tx(nic);
	turn_flush(nic);
	return done + turn_rx(nic);
}
