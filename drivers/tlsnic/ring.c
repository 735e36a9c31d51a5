/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/ring.h"

#include <errno.h>
#include <stdio.h>

#include <rte_mbuf.h>
#include <rte_ring_elem.h>

enum { TX_PACKETS = 1024 };

/* What packets leave free in the tx ring: a start, a resync and a del of each context, and a reset. */
static uint32_t
commands_max(const struct nic_rings *r)
{
	return 3 * r->max_contexts + 1;
}

static struct rte_ring *
make_ring(const char *nic, const char *suffix, uint32_t elem_size, uint32_t n)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%.15s_%.8s", nic, suffix);
	return rte_ring_create_elem(name, elem_size, n, SOCKET_ID_ANY,
				    RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
}

int
rings_init(struct nic_rings *r, const char *name, uint32_t max_contexts, bool asks, bool apart)
{
	uint32_t tx_size;

	r->max_contexts = max_contexts;
	tx_size = TX_PACKETS + commands_max(r);
	/*
	 * Each context is lost once; sending, who asks for a resync or is lost, and is not heard, tells it again,
	 * and so does a receiving one that is lost, where those have taken its room.
	 * Receiving, who starts to ask must come to an end, and another start may be there by then. One reset.
	 */
	r->events = make_ring(name, "events", sizeof(struct rtls_tls_event),
			      (asks ? 4 : 1) * max_contexts + 1);
	if (r->events == NULL)
		return -ENOMEM;
	if (!apart)
		return 0;
	r->tx = make_ring(name, "tx", sizeof(struct nic_msg), tx_size);
	r->done = make_ring(name, "done", sizeof(struct nic_msg), tx_size);
	r->rx = make_ring(name, "rx", sizeof(struct rte_mbuf *), RING_RX_PACKETS);
	return r->tx == NULL || r->done == NULL || r->rx == NULL ? -ENOMEM : 0;
}

/* Many at a time: each time the other lcore takes the ring's line away from this one. */
uint16_t
ring_put_packets(struct nic_rings *r, struct rte_mbuf **pkts, uint16_t n)
{
	unsigned int room = rte_ring_free_count(r->tx), left;
	struct nic_msg msgs[RING_BURST];

	room = room > commands_max(r) ? room - commands_max(r) : 0;
	n = (uint16_t)RTE_MIN(n, room);
	for (uint16_t done = 0; done < n; done = (uint16_t)(done + left)) {
		left = RTE_MIN((unsigned int)(n - done), (unsigned int)RING_BURST);
		for (unsigned int i = 0; i < left; i++)
			msgs[i] = (struct nic_msg){ .type = NIC_MSG_PACKET, .m = pkts[done + i] };
		rte_ring_enqueue_bulk_elem(r->tx, msgs, sizeof(msgs[0]), left, NULL);
	}
	return n;
}

bool
ring_put_command(struct nic_rings *r, const struct nic_msg *msg)
{
	if (msg->type == NIC_MSG_RESYNC && rte_ring_free_count(r->tx) <= 2 * r->max_contexts + 1)
		return false;
	return rte_ring_enqueue_elem(r->tx, (void *)(uintptr_t)msg, sizeof(*msg)) == 0;
}

unsigned int
ring_take_done(struct nic_rings *r, struct nic_msg *msgs)
{
	return rte_ring_dequeue_burst_elem(r->done, msgs, sizeof(msgs[0]), RING_BURST, NULL);
}

uint16_t
ring_take_received(struct nic_rings *r, struct rte_mbuf **pkts, uint16_t n)
{
	return (uint16_t)rte_ring_dequeue_burst_elem(r->rx, pkts, sizeof(*pkts), n, NULL);
}

bool
ring_event(struct nic_rings *r, struct rtls_tls_event *ev)
{
	return rte_ring_dequeue_elem(r->events, ev, sizeof(*ev)) == 0;
}

bool
ring_done_room(const struct nic_rings *r)
{
	return r->done == NULL || !rte_ring_full(r->done);
}

const struct nic_msg *
ring_next(struct nic_rings *r)
{
	if (!r->is_held)
		r->is_held = rte_ring_dequeue_elem(r->tx, &r->held, sizeof(r->held)) == 0;
	return !r->is_held || !ring_done_room(r) ? NULL : &r->held;
}

void
ring_handled(struct nic_rings *r)
{
	r->is_held = false;
}

uint16_t
ring_rx_room(const struct nic_rings *r)
{
	return (uint16_t)RTE_MIN(rte_ring_free_count(r->rx), (unsigned int)RING_BURST);
}

void
ring_put_received(struct nic_rings *r, struct rte_mbuf **pkts, uint16_t n)
{
	rte_ring_enqueue_bulk_elem(r->rx, pkts, sizeof(pkts[0]), n, NULL);
}

void
ring_ended(struct nic_rings *r, struct rtls_tls_handle ctx)
{
	struct nic_msg msg = { .type = NIC_MSG_DEL, .ctx = ctx };

	rte_ring_enqueue_elem(r->done, &msg, sizeof(msg));
}

void
ring_voided(struct nic_rings *r)
{
	struct nic_msg msg = { .type = NIC_MSG_DOWN };

	rte_ring_enqueue_elem(r->done, &msg, sizeof(msg));
}

void
ring_consumed(struct nic_rings *r, struct rte_mbuf *m)
{
	struct nic_msg msg = { .type = NIC_MSG_PACKET, .m = m };

	if (r->done == NULL)
		rte_pktmbuf_free(m);
	else
		rte_ring_enqueue_elem(r->done, &msg, sizeof(msg));
}

static bool
put_event(struct nic_rings *r, const struct rtls_tls_event *ev)
{
	return rte_ring_enqueue_elem(r->events, (void *)(uintptr_t)ev, sizeof(*ev)) == 0;
}

bool
ring_tell_start(struct nic_rings *r, const struct rtls_tls_event *start)
{
	if (rte_ring_free_count(r->events) < r->max_contexts + r->nb_owed + 3)
		return false;
	r->nb_owed++;
	return put_event(r, start);
}

void
ring_tell_end(struct nic_rings *r, const struct rtls_tls_event *end)
{
	r->nb_owed--;
	if (end != NULL)
		put_event(r, end);
}

bool
ring_tell(struct nic_rings *r, const struct rtls_tls_event *ev)
{
	return rte_ring_free_count(r->events) > r->nb_owed && put_event(r, ev);
}

static void
free_msg(struct nic_msg *msg)
{
	if (msg->type == NIC_MSG_PACKET)
		rte_pktmbuf_free(msg->m);
}

void
rings_fini(struct nic_rings *r)
{
	struct nic_msg msg;
	struct rte_mbuf *m;

	if (r->is_held)
		free_msg(&r->held);
	while (r->tx != NULL && rte_ring_dequeue_elem(r->tx, &msg, sizeof(msg)) == 0)
		free_msg(&msg);
	while (r->rx != NULL && rte_ring_dequeue_elem(r->rx, &m, sizeof(m)) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(r->tx);
	rte_ring_free(r->done);
	rte_ring_free(r->rx);
	rte_ring_free(r->events);
}
