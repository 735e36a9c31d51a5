/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What tests of buffers share: the pools of a stack, a pool that plays the
 * port's receive buffers, a pattern to recognise stream bytes by, and a count
 * of buffers that each test starts and ends at zero.
 */
#ifndef RTLS_UNIT_BUF_FIXTURE_H
#define RTLS_UNIT_BUF_FIXTURE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_mbuf.h>

#include "buf/pools.h"
#include "buf/recvq.h"
#include "buf/sendq.h"
#include "support/eal.h"
#include "support/harness.h"

enum {
	FIXTURE_PACKETS = 255,
	FIXTURE_SMALL = 127,
	FIXTURE_MEDIUM = 127,
	FIXTURE_LARGE = 63,
	FIXTURE_RX = 1023,
	FIXTURE_RX_ROOM = 2048,
	FIXTURE_HELD = 2,
};

static struct buf_pools pools;
static struct rte_mempool *rx_pool;
static struct recvq_shared recvq_shared;       /* of queues without tails */
static struct recvq_shared recvq_shared_tails; /* and with them */

static inline bool
fixture_start(const char *name)
{
	const struct buf_pools_conf conf = {
		.name = "fx",
		.socket_id = SOCKET_ID_ANY,
		.nb_packets = FIXTURE_PACKETS,
		.nb_small = FIXTURE_SMALL,
		.nb_medium = FIXTURE_MEDIUM,
		.nb_large = FIXTURE_LARGE,
	};

	if (eal_start(name) != 0)
		return false;
	rx_pool = rte_pktmbuf_pool_create("fx_rx", FIXTURE_RX, 0, 0, FIXTURE_RX_ROOM,
					  SOCKET_ID_ANY);
	if (buf_pools_create(&pools, &conf) != 0)
		return false;
	recvq_shared.held = recvq_held_pool("fx_held", FIXTURE_HELD, SOCKET_ID_ANY);
	recvq_shared_tails = recvq_shared;
	recvq_shared_tails.tails = pools.record[1];
	return recvq_shared.held != NULL && rx_pool != NULL;
}

/* Buffers that are out. */
static inline uint32_t
fixture_in_use(void)
{
	return buf_pools_in_use(&pools) + rte_mempool_in_use_count(rx_pool) +
	       rte_mempool_in_use_count(recvq_shared.held);
}

/* The stream byte at an offset; the stream does not repeat within a few records. */
static inline uint8_t
pattern(uint64_t off)
{
	uint64_t x = off * 0x9e3779b97f4a7c15u;

	return (uint8_t)(x >> 56 ^ x >> 32);
}

static inline void
pattern_fill(uint8_t *dst, uint64_t off, size_t len)
{
	for (size_t i = 0; i < len; i++)
		dst[i] = pattern(off + i);
}

static inline bool
pattern_is(const uint8_t *p, uint64_t off, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != pattern(off + i))
			return false;
	return true;
}

/* A received packet of those bytes, in segments of at most seg_len; room in front of it. */
static inline struct rte_mbuf *
rx_packet(const uint8_t *bytes, uint32_t len, uint32_t seg_len)
{
	struct rte_mbuf *first = NULL, **link = &first;
	uint16_t nb_segs = 0;
	uint32_t n;

	for (uint32_t done = 0; done < len; done += n) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(rx_pool);

		CU_ASSERT_FATAL(m != NULL);
		n = RTE_MIN(len - done, seg_len);
		CU_ASSERT_FATAL(n <= rte_pktmbuf_tailroom(m));
		memcpy(rte_pktmbuf_mtod(m, void *), bytes + done, n);
		m->data_len = (uint16_t)n;
		*link = m;
		link = &m->next;
		nb_segs++;
	}
	CU_ASSERT_FATAL(first != NULL);
	first->nb_segs = nb_segs;
	first->pkt_len = len;
	return first;
}

/* One packet's payload. */
static inline int
attach_one(struct rte_mempool *indirect, struct txmap_rec *rec, uint64_t off, uint32_t len,
	   const struct epoch *epoch, struct rte_mbuf *head)
{
	struct sendq_cutter cutter;
	struct buf_spare spare;
	int rc;

	buf_spare_init(&spare, indirect);
	sendq_cut_begin(&cutter, &spare);
	rc = sendq_attach(&cutter, rec, off, len, epoch, head);
	sendq_cut_end(&cutter);
	buf_spare_end(&spare);
	return rc;
}

/* All buffers of a pool but leave, so that it is nearly empty; given back by starve_end. */
struct starved {
	struct rte_mbuf *m[FIXTURE_RX];
	unsigned int n;
};

static inline void
starve(struct starved *s, struct rte_mempool *pool, unsigned int leave)
{
	s->n = 0;
	while (rte_mempool_avail_count(pool) > leave) {
		s->m[s->n] = rte_pktmbuf_alloc(pool);
		CU_ASSERT_FATAL(s->m[s->n] != NULL);
		s->n++;
	}
}

static inline void
starve_end(struct starved *s)
{
	while (s->n > 0)
		rte_pktmbuf_free(s->m[--s->n]);
}

#endif
