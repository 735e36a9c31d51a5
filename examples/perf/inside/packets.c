/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "packets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_lcore.h>

enum {
	HEADERS_LEN = 66, /* Ethernet, IPv4, TCP with timestamps: in front of what is received */
	CACHE = 256,      /* as ports have it */
	POOL_MIN = 2 * CACHE,
};

int
packets_init(struct packets *p, const char *name, uint32_t count, uint32_t wire_len, uint32_t mss)
{
	uint32_t room = RTE_PKTMBUF_HEADROOM + HEADERS_LEN + RTE_MIN(mss, wire_len), n;

	*p = (struct packets){ .mss = mss, .wire_len = wire_len };
	p->pieces = (wire_len + mss - 1) / mss;
	/* All are taken at once, so that what is freed can be found again. */
	n = RTE_MAX(count * p->pieces, (uint32_t)POOL_MIN);
	p->pool = rte_pktmbuf_pool_create(name, n, CACHE, 0, (uint16_t)room, (int)rte_socket_id());
	p->all = calloc(n, sizeof(struct rte_mbuf *));
	if (p->pool == NULL || p->all == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		p->all[i] = rte_pktmbuf_alloc(p->pool);
		if (p->all[i] == NULL)
			return -ENOMEM;
	}
	return 0;
}

int
packets_take_back(struct packets *p)
{
	void *m;

	for (; p->nb_free > 0; p->nb_free--)
		if (rte_mempool_get(p->pool, &m) != 0)
			return -ENOMEM;
	return 0;
}

struct rte_mbuf *
packets_chain(struct packets *p, uint32_t record)
{
	struct rte_mbuf *first = packets_one(p, record, 0), *m;
	uint32_t left = p->wire_len;

	first->pkt_len = left;
	first->nb_segs = (uint16_t)p->pieces;
	for (uint32_t i = 0; i < p->pieces; i++) {
		m = packets_one(p, record, i);
		m->data_off = RTE_PKTMBUF_HEADROOM + HEADERS_LEN;
		m->data_len = (uint16_t)RTE_MIN(left, p->mss);
		m->next = i + 1 < p->pieces ? packets_one(p, record, i + 1) : NULL;
		left -= m->data_len;
	}
	p->nb_free += p->pieces;
	return first;
}

void
packets_write(struct packets *p, uint32_t record, const uint8_t *bytes)
{
	for (struct rte_mbuf *m = packets_chain(p, record); m != NULL; m = m->next) {
		memcpy(rte_pktmbuf_mtod(m, void *), bytes, m->data_len);
		bytes += m->data_len;
	}
	p->nb_free -= p->pieces; /* they are not */
}

void
packets_fini(struct packets *p)
{
	/* Nobody refers to its mbufs any more. */
	rte_mempool_free(p->pool);
	free(p->all);
	*p = (struct packets){ 0 };
}
