/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_lcore.h>

#include "buf/lifo.h"
#include "inside/arrival.h"
#include "port/port.h"

enum {
	DEPTH = 1024, /* packets that wait at an end */
};

struct end {
	struct rtls_port port; /* first: a port pointer is an end pointer */
	struct end *other;
	struct rte_mempool *pool; /* it receives into */
	struct rte_mbuf *ring[DEPTH];
	uint32_t put; /* since the beginning */
	uint32_t got;
};

struct wire {
	struct end ends[2];
};

static struct end *
end_of(struct rtls_port *p)
{
	return (struct end *)p;
}

static uint16_t
wire_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct end *e = end_of(p);
	uint16_t i;

	(void)queue;
	for (i = 0; i < n && e->got != e->put; i++)
		pkts[i] = e->ring[e->got++ % DEPTH];
	return i;
}

static uint16_t
wire_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct end *to = end_of(p)->other;
	struct rte_mbuf *m;
	uint16_t i;

	(void)queue;
	for (i = 0; i < n && to->put - to->got < DEPTH; i++) {
		m = arrival_make(to->pool, pkts[i]);
		if (m == NULL)
			break;
		to->ring[to->put++ % DEPTH] = m;
		rte_pktmbuf_free(pkts[i]);
	}
	return i;
}

/* The memory is the wire's. */
static void
wire_close(struct rtls_port *p)
{
	struct end *e = end_of(p);

	while (e->got != e->put)
		rte_pktmbuf_free(e->ring[e->got++ % DEPTH]);
}

static int
end_init(struct wire *w, int i, uint16_t mtu, uint32_t nb_mbufs)
{
	static const char *const names[] = { "wire_0", "wire_1" };
	uint32_t room = RTE_PKTMBUF_HEADROOM + RTE_ETHER_HDR_LEN + (uint32_t)mtu;
	struct end *e = &w->ends[i];

	e->other = &w->ends[1 - i];
	e->port = (struct rtls_port){
		.rx_burst = wire_rx_burst,
		.tx_burst = wire_tx_burst,
		.close = wire_close,
		.caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM | PORT_CAP_RX_CKSUM,
		.nb_queues = 1,
		.mtu = mtu,
		.rx_room = (uint64_t)nb_mbufs * room,
		.mac = { 0x02, 0, 0, 0, 0, (uint8_t)(i + 1) },
	};
	e->pool = lifo_pool_create(names[i], nb_mbufs, 256, 0, (uint16_t)room,
				   (int)rte_socket_id());
	return e->pool == NULL ? -ENOMEM : 0;
}

int
wire_create(uint16_t mtu, uint32_t nb_mbufs, struct wire **out)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return -ENOMEM;
	for (int i = 0; i < 2; i++)
		if (end_init(w, i, mtu, nb_mbufs) != 0) {
			wire_destroy(w);
			return -ENOMEM;
		}
	*out = w;
	return 0;
}

struct rtls_port *
wire_port(struct wire *w, int end)
{
	return &w->ends[end].port;
}

void
wire_destroy(struct wire *w)
{
	if (w == NULL)
		return;
	for (int i = 0; i < 2; i++)
		rte_mempool_free(w->ends[i].pool);
	free(w);
}
