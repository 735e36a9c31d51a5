/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include <recordtls/tls.h>

#include "port/capture.h"
#include "tlsnic/mishap.h"
#include "tlsnic/receive.h"
#include "tlsnic/resync.h"
#include "tlsnic/send.h"
#include "tlsnic/tell.h"
#include "tlsnic/turn.h"

static void
start(struct tlsnic *nic, struct nic_context *c, const struct nic_msg *msg)
{
	c->live = msg->ctx.generation;
	if (c->dir == RTLS_TX) {
		nic_tx_start(&c->tx, msg->seq, msg->rec_no);
		/* Without, it seals all the same: what lies in front is not counted. */
		(void)contexts_open(&nic->contexts, c);
		return;
	}
	mishap_start(nic, c);
	nic_rx_start(&c->rx, msg->seq, msg->rec_no);
	if (contexts_open(&nic->contexts, c) != 0)
		tell_lost(nic, c, 0);
}

static void
forget(struct tlsnic *nic, struct nic_context *c)
{
	if (c->live != 0 && c->dir == RTLS_RX) {
		resync_forget(nic, c);
		tell_forget(nic, c);
	}
	if (c->live != 0)
		contexts_shut(&nic->contexts, c);
	c->live = 0;
	context_wipe(c);
}

static void
end(struct tlsnic *nic, struct nic_context *c)
{
	forget(nic, c);
	if (nic->conf.rings == 0)
		contexts_release(&nic->contexts, c);
	else
		ring_ended(&nic->rings, contexts_handle(&nic->contexts, c));
}

static void
resync(struct tlsnic *nic, struct nic_context *c, const struct nic_msg *msg)
{
	if (c->dir == RTLS_TX)
		nic_tx_resync(&c->tx, msg->seq, msg->rec_no);
	else if (mishap_answer(nic, c, msg->seq, msg->rec_no) &&
		 !resync_take(nic, c, msg->seq, msg->rec_no))
		tell_lost(nic, c, -EOVERFLOW);
}

/* Whatever of them was started, behind the host's word or in front of it. */
static void
end_all(struct tlsnic *nic)
{
	struct nic_contexts *t = &nic->contexts;

	for (uint32_t i = 0; i < t->max; i++)
		if (t->tab[i].state == CONTEXT_VOID)
			forget(nic, &t->tab[i]);
	if (nic->conf.rings == 0)
		contexts_voided(t);
	else
		ring_voided(&nic->rings);
	nic->down_told = false;
}

static bool
carry_out(struct tlsnic *nic, const struct nic_msg *msg)
{
	struct nic_context *c = &nic->contexts.tab[msg->ctx.index];

	switch ((enum nic_msg_type)msg->type) {
	case NIC_MSG_PACKET:
		return send_packet(nic, msg->m);
	case NIC_MSG_START:
		start(nic, c, msg);
		break;
	case NIC_MSG_RESYNC:
		resync(nic, c, msg);
		break;
	case NIC_MSG_DEL:
		end(nic, c);
		break;
	case NIC_MSG_DOWN:
		end_all(nic);
		break;
	}
	return true;
}

static bool
is_to_be_sealed(const struct nic_msg *msg)
{
	return msg->type == NIC_MSG_PACKET && (msg->m->ol_flags & RTE_MBUF_F_TX_SEC_OFFLOAD) != 0;
}

/* Of a connection that the NIC seals: nothing of it is reordered, pure ACKs included. */
static bool
is_of_context(const struct tlsnic *nic, const struct rte_mbuf *m)
{
	struct frame_flow flow;
	struct frame f;

	frame_read(m, &f);
	if (f.kind != FRAME_TCP)
		return false;
	flow = frame_flow(&f);
	return contexts_of_packet(&nic->contexts, &flow, RTLS_TX) != NULL;
}

/* Behind packets that wait. A context's start need not be, nor what a receiving one is told. */
static bool
keeps_order(const struct tlsnic *nic, const struct nic_msg *msg)
{
	switch ((enum nic_msg_type)msg->type) {
	case NIC_MSG_PACKET:
		return is_to_be_sealed(msg) || is_of_context(nic, msg->m);
	case NIC_MSG_START:
		return false;
	case NIC_MSG_RESYNC:
	case NIC_MSG_DEL:
		return nic->contexts.tab[msg->ctx.index].dir == RTLS_TX;
	case NIC_MSG_DOWN:
		return true;
	}
	return true;
}

static bool
waits_for_crypto(const struct tlsnic *nic, const struct nic_msg *msg)
{
	if (backlog_first(&nic->backlog) != NULL)
		return keeps_order(nic, msg);
	return !budget_left(&nic->budget, RTLS_TX) && is_to_be_sealed(msg);
}

bool
turn_handle(struct tlsnic *nic, const struct nic_msg *msg)
{
	if (!waits_for_crypto(nic, msg))
		return carry_out(nic, msg);
	if (backlog_put(&nic->backlog, msg))
		return true;
	if (msg->type != NIC_MSG_PACKET)
		return false;
	/* It would be others that wait. */
	send_give_up(nic, msg->m);
	return true;
}

unsigned int
turn_begin(struct tlsnic *nic)
{
	const struct nic_msg *msg;
	unsigned int handled = 0;

	budget_turn(&nic->budget);
	while ((msg = backlog_first(&nic->backlog)) != NULL && ring_done_room(&nic->rings)) {
		/* Not idle: the next turn goes on. */
		if (is_to_be_sealed(msg) && !budget_left(&nic->budget, RTLS_TX))
			return handled + 1;
		if (!carry_out(nic, msg))
			break;
		backlog_pop(&nic->backlog);
		handled++;
	}
	return handled;
}

uint16_t
turn_receive(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t got = nic->under->rx_burst(nic->under, 0, pkts, n);
	struct rte_mbuf *m;

	for (uint16_t i = 0; i < got; i++) {
		m = receive_packet(nic, pkts[i]);
		if (m != pkts[i] && port_capture_of(nic->under) != NULL)
			port_capture_moved(port_capture_of(nic->under), pkts[i], m);
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

void
turn_events(struct tlsnic *nic)
{
	tell_turn(nic);
	resync_turn(nic);
}

unsigned int
turn_poll(struct tlsnic *nic)
{
	/* Frames that go give back the buffers for the packets behind them. */
	unsigned int done = turn_flush(nic);

	done += turn_begin(nic);
	done += turn_tx(nic);
	turn_flush(nic);
	done += turn_rx(nic);
	turn_events(nic);
	return done;
}
