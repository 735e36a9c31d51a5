/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <stdio.h>

#include <rte_ring_elem.h>

#include "tlsnic/turn.h"

enum {
	TX_PACKETS = 1024,
	RX_PACKETS = 1024,
	BURST = 32,
};

/* What packets leave free in the tx ring: a start, a resync and a del of each context. */
static uint32_t
commands_max(const struct tlsnic *nic)
{
	return 3 * nic->conf.max_contexts;
}

static struct rte_ring *
make_ring(const struct tlsnic *nic, const char *suffix, uint32_t elem_size, uint32_t n)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%.15s_%.8s", nic->name, suffix);
	return rte_ring_create_elem(name, elem_size, n, SOCKET_ID_ANY,
				    RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
}

int
rings_init(struct tlsnic *nic)
{
	struct nic_rings *r = &nic->rings;
	uint32_t tx_size = TX_PACKETS + commands_max(nic);

	/* Each context is lost once at most; who asks for a resync and is not heard asks again. */
	r->events = make_ring(nic, "events", sizeof(struct rtls_tls_event), nic->conf.max_contexts);
	if (r->events == NULL)
		return -ENOMEM;
	if (nic->conf.rings == 0)
		return 0;
	r->tx = make_ring(nic, "tx", sizeof(struct nic_msg), tx_size);
	r->done = make_ring(nic, "done", sizeof(struct nic_msg), tx_size);
	r->rx = make_ring(nic, "rx", sizeof(struct rte_mbuf *), RX_PACKETS);
	return r->tx == NULL || r->done == NULL || r->rx == NULL ? -ENOMEM : 0;
}

uint32_t
rings_rx_ahead(const struct tlsnic *nic)
{
	/* Without rings they are judged as they are handed up. */
	return nic->conf.rings == 0 ? 1 : RX_PACKETS;
}

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

/* Many at a time: each time the other lcore takes the ring's line away from this one. */
static uint16_t
transmit_there(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n)
{
	unsigned int room = rte_ring_free_count(nic->rings.tx), left;
	struct nic_msg msgs[BURST];

	room = room > commands_max(nic) ? room - commands_max(nic) : 0;
	n = (uint16_t)RTE_MIN(n, room);
	for (uint16_t done = 0; done < n; done = (uint16_t)(done + left)) {
		left = RTE_MIN((unsigned int)(n - done), (unsigned int)BURST);
		for (unsigned int i = 0; i < left; i++)
			msgs[i] = (struct nic_msg){ .type = NIC_MSG_PACKET, .m = pkts[done + i] };
		rte_ring_enqueue_bulk_elem(nic->rings.tx, msgs, sizeof(msgs[0]), left, NULL);
	}
	return n;
}

uint16_t
ring_transmit(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n)
{
	if (nic->conf.rings == 0)
		return transmit_here(nic, pkts, n);
	ring_reclaim(nic);
	return transmit_there(nic, pkts, n);
}

uint16_t
ring_receive(struct tlsnic *nic, struct rte_mbuf **pkts, uint16_t n)
{
	if (nic->conf.rings == 0) {
		turn_flush(nic);
		return turn_receive(nic, pkts, n);
	}
	ring_reclaim(nic);
	return (uint16_t)rte_ring_dequeue_burst_elem(nic->rings.rx, pkts, sizeof(*pkts), n, NULL);
}

bool
ring_command(struct tlsnic *nic, const struct nic_msg *msg)
{
	if (nic->conf.rings == 0)
		return turn_handle(nic, msg);
	if (msg->type == NIC_MSG_RESYNC &&
	    rte_ring_free_count(nic->rings.tx) <= 2 * nic->conf.max_contexts)
		return false;
	return rte_ring_enqueue_elem(nic->rings.tx, (void *)(uintptr_t)msg, sizeof(*msg)) == 0;
}

void
ring_reclaim(struct tlsnic *nic)
{
	struct nic_msg msgs[BURST];
	unsigned int n = BURST;

	while (nic->rings.done != NULL && n == BURST) {
		n = rte_ring_dequeue_burst_elem(nic->rings.done, msgs, sizeof(msgs[0]), BURST,
						NULL);
		for (unsigned int i = 0; i < n; i++) {
			if (msgs[i].type == NIC_MSG_PACKET)
				rte_pktmbuf_free(msgs[i].m);
			else
				contexts_ended(&nic->contexts,
					       &nic->contexts.tab[msgs[i].ctx.index]);
		}
	}
}

bool
ring_event(struct tlsnic *nic, struct rtls_tls_event *ev)
{
	return rte_ring_dequeue_elem(nic->rings.events, ev, sizeof(*ev)) == 0;
}

void
ring_consumed(struct tlsnic *nic, struct rte_mbuf *m)
{
	struct nic_msg msg = { .type = NIC_MSG_PACKET, .m = m };

	if (nic->conf.rings == 0)
		rte_pktmbuf_free(m);
	else
		rte_ring_enqueue_elem(nic->rings.done, &msg, sizeof(msg));
}

void
ring_released(struct tlsnic *nic, struct nic_context *c)
{
	struct nic_msg msg = { .type = NIC_MSG_DEL, .ctx = contexts_handle(&nic->contexts, c) };

	if (nic->conf.rings == 0)
		contexts_release(&nic->contexts, c);
	else
		rte_ring_enqueue_elem(nic->rings.done, &msg, sizeof(msg));
}

bool
ring_tell(struct tlsnic *nic, const struct rtls_tls_event *ev)
{
	return rte_ring_enqueue_elem(nic->rings.events, (void *)(uintptr_t)ev, sizeof(*ev)) == 0;
}

/* Out of the tx ring as long as the done ring can take what comes of it. */
static unsigned int
turn_tx(struct tlsnic *nic)
{
	struct nic_rings *r = &nic->rings;
	unsigned int handled;

	for (handled = 0; handled < BURST; handled++) {
		if (!r->is_held)
			r->is_held = rte_ring_dequeue_elem(r->tx, &r->held, sizeof(r->held)) == 0;
		if (!r->is_held || rte_ring_full(r->done) || !turn_handle(nic, &r->held))
			break;
		r->is_held = false;
	}
	return handled;
}

static unsigned int
turn_rx(struct tlsnic *nic)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t n = (uint16_t)RTE_MIN(rte_ring_free_count(nic->rings.rx), (unsigned int)BURST);

	n = turn_receive(nic, pkts, n);
	return rte_ring_enqueue_bulk_elem(nic->rings.rx, pkts, sizeof(pkts[0]), n, NULL);
}

unsigned int
ring_turn(struct tlsnic *nic)
{
	/* Frames that go give back the buffers for the packets behind them. */
	unsigned int done = turn_flush(nic);

	done += turn_tx(nic);
	turn_flush(nic);
	return done + turn_rx(nic);
}

/* Both ends of the packets' way are here: what the port does not take now goes. */
static void
drain(struct tlsnic *nic)
{
	struct nic_rings *r = &nic->rings;
	struct rte_mbuf *m;

	do {
		ring_reclaim(nic);
	} while (turn_tx(nic) > 0);
	if (r->is_held && r->held.type == NIC_MSG_PACKET)
		rte_pktmbuf_free(r->held.m);
	while (rte_ring_dequeue_elem(r->tx, &r->held, sizeof(r->held)) == 0)
		if (r->held.type == NIC_MSG_PACKET)
			rte_pktmbuf_free(r->held.m);
	turn_flush(nic);
	ring_reclaim(nic);
	while (rte_ring_dequeue_elem(r->rx, &m, sizeof(m)) == 0)
		rte_pktmbuf_free(m);
}

void
rings_fini(struct tlsnic *nic)
{
	struct nic_rings *r = &nic->rings;

	if (r->tx != NULL && r->done != NULL && r->rx != NULL)
		drain(nic);
	rte_ring_free(r->tx);
	rte_ring_free(r->done);
	rte_ring_free(r->rx);
	rte_ring_free(r->events);
}
