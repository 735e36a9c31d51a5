/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/nic_under.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/cable_nic.h"

static uint16_t
under_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct nic_under *u = (struct nic_under *)p;
	uint16_t i;

	CU_ASSERT_EQUAL(queue, 0);
	for (i = 0; i < n && u->takes > 0; i++, u->takes--) {
		struct nic_under_frame *f = &u->sent[u->nb_sent];
		uint8_t copy[NIC_UNDER_FRAME_MAX];

		CU_ASSERT_FATAL(u->nb_sent < NIC_UNDER_FRAMES &&
				pkts[i]->pkt_len <= NIC_UNDER_FRAME_MAX);
		f->len = pkts[i]->pkt_len;
		CU_ASSERT(u->none_of == NULL || pkts[i]->pool != u->none_of);
		memcpy(f->bytes, rte_pktmbuf_read(pkts[i], 0, f->len, copy), f->len);
		CU_ASSERT(nic_tx_cksum(p->caps, pkts[i], f->bytes, f->len));
		CU_ASSERT_EQUAL(pkts[i]->ol_flags & RTE_MBUF_F_TX_SEC_OFFLOAD, 0);
		u->nb_sent++;
		if (u->holds && u->nb_held < RTE_DIM(u->held))
			u->held[u->nb_held++] = pkts[i];
		else
			rte_pktmbuf_free(pkts[i]);
	}
	return i;
}

static uint16_t
under_tx_prepare(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	const struct nic_under *u = (const struct nic_under *)p;
	uint16_t i;

	CU_ASSERT_EQUAL(queue, 0);
	for (i = 0; i < n && pkts[i]->pkt_len != u->refused_len; i++)
		;
	return i;
}

static void
under_tx_cleanup(struct rtls_port *p, uint16_t queue)
{
	struct nic_under *u = (struct nic_under *)p;

	CU_ASSERT_EQUAL(queue, 0);
	rte_pktmbuf_free_bulk(u->held, u->nb_held);
	u->nb_held = 0;
}

static uint16_t
under_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct nic_under *u = (struct nic_under *)p;
	uint16_t got = (uint16_t)RTE_MIN(u->nb_in, (uint32_t)n);

	CU_ASSERT_EQUAL(queue, 0);
	memcpy(pkts, u->in, got * sizeof(pkts[0]));
	u->nb_in -= got;
	memmove(u->in, u->in + got, u->nb_in * sizeof(u->in[0]));
	return got;
}

static void
under_close(struct rtls_port *p)
{
	((struct nic_under *)p)->closed++;
}

struct nic_under *
nic_under_create(uint32_t caps, uint16_t mtu)
{
	struct nic_under *u = calloc(1, sizeof(*u));

	CU_ASSERT_FATAL(u != NULL);
	u->sent = calloc(NIC_UNDER_FRAMES, sizeof(*u->sent));
	CU_ASSERT_FATAL(u->sent != NULL);
	u->takes = UINT32_MAX;
	u->port = (struct rtls_port){
		.rx_burst = under_rx_burst,
		.tx_prepare = under_tx_prepare,
		.tx_burst = under_tx_burst,
		.tx_cleanup = under_tx_cleanup,
		.close = under_close,
		.caps = caps,
		.nb_queues = 1,
		.mtu = mtu,
		.mac = { 2, 0, 0, 0, 0, 1 },
		.rx_room = 1 << 20,
		.name = "under",
	};
	return u;
}

void
nic_under_destroy(struct nic_under *u)
{
	for (uint32_t i = 0; i < u->nb_in; i++)
		rte_pktmbuf_free(u->in[i]);
	free(u->sent);
	free(u);
}

void
nic_under_inject(struct nic_under *u, struct rte_mbuf *m)
{
	CU_ASSERT_FATAL(u->nb_in < RTE_DIM(u->in));
	u->in[u->nb_in++] = m;
}
