/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "inside/arrival.h"

#include <string.h>

struct rte_mbuf *
arrival_make(struct rte_mempool *pool, const struct rte_mbuf *from)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	if (m == NULL)
		return NULL;
	for (const struct rte_mbuf *s = from; s != NULL; s = s->next) {
		memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len),
		       rte_pktmbuf_mtod(s, const uint8_t *), s->data_len);
		m->data_len = (uint16_t)(m->data_len + s->data_len);
	}
	m->pkt_len = m->data_len;
	m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	return m;
}
