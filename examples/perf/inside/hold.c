/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "hold.h"

#include <stdbool.h>
#include <stdlib.h>

#include "port/port.h"

enum {
	DEPTH = 2 * HOLD_MAX, /* a power of two */
	BURST = 32,
	PORTS = 2,
};

struct hold {
	struct rtls_port *port;
	uint16_t (*tx_burst)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts,
			     uint16_t n);
	uint32_t keep;
	uint32_t put; /* since the beginning */
	uint32_t got;
	bool sent; /* since the last hold_move() */
	struct rte_mbuf *fifo[DEPTH];
};

static struct hold *holds[PORTS];

static struct hold *
hold_of(const struct rtls_port *p)
{
	return holds[0] != NULL && holds[0]->port == p ? holds[0] : holds[1];
}

static uint16_t
take(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct hold *h = hold_of(p);
	uint16_t i;

	(void)queue;
	for (i = 0; i < n && h->put - h->got < DEPTH; i++)
		h->fifo[h->put++ % DEPTH] = pkts[i];
	h->sent |= i > 0;
	return i;
}

struct hold *
hold_create(struct rtls_port *p)
{
	int at = holds[0] != NULL;
	struct hold *h;

	h = at < PORTS ? calloc(1, sizeof(*h)) : NULL;
	if (h == NULL)
		return NULL;
	h->port = p;
	h->tx_burst = p->tx_burst;
	p->tx_burst = take;
	holds[at] = h;
	return h;
}

void
hold_keep(struct hold *h, uint32_t n)
{
	if (h != NULL)
		h->keep = n;
}

void
hold_move(struct hold *h)
{
	uint32_t n, burst, taken;

	if (h == NULL)
		return;
	n = h->put - h->got;
	if (n > h->keep)
		n -= h->keep;
	else
		n = h->sent ? 0 : RTE_MIN(n, (uint32_t)BURST);
	h->sent = false;
	for (; n > 0; n -= taken) {
		burst = RTE_MIN(RTE_MIN(n, (uint32_t)BURST), DEPTH - h->got % DEPTH);
		taken = h->tx_burst(h->port, 0, &h->fifo[h->got % DEPTH], (uint16_t)burst);
		if (taken == 0)
			return;
		h->got += taken;
	}
}

void
hold_destroy(struct hold *h)
{
	if (h == NULL)
		return;
	for (; h->got != h->put; h->got++)
		rte_pktmbuf_free(h->fifo[h->got % DEPTH]);
	h->port->tx_burst = h->tx_burst;
	holds[holds[0] != h] = NULL;
	free(h);
}
