/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/outq.h"

static void
pop(struct nic_outq *q, uint32_t n)
{
	q->head = (q->head + n) % OUTQ_SIZE;
	q->cnt -= n;
}

unsigned int
outq_flush(struct nic_outq *q, struct rtls_port *under, struct nic_counters *c)
{
	uint32_t before = q->cnt;
	uint16_t n, ready, sent;

	while (q->cnt > 0) {
		struct rte_mbuf **pkts = &q->frames[q->head];

		n = (uint16_t)RTE_MIN(q->cnt, OUTQ_SIZE - q->head);
		ready = n;
		if (under->tx_prepare != NULL)
			ready = under->tx_prepare(under, 0, pkts, n);
		if (ready == 0) {
			nic_count(c, NIC_CNT_TX_PREPARE_ERR, 1);
			rte_pktmbuf_free(pkts[0]);
			pop(q, 1);
			continue;
		}
		sent = under->tx_burst(under, 0, pkts, ready);
		pop(q, sent);
		if (sent < ready)
			break;
	}
	return before - q->cnt;
}

void
outq_free(struct nic_outq *q)
{
	while (q->cnt > 0) {
		rte_pktmbuf_free(q->frames[q->head]);
		pop(q, 1);
	}
}
