/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Segments of the pattern for a receive queue, and what must hold of it at all times. */
#ifndef RTLS_UNIT_BUF_RECVQ_BENCH_H
#define RTLS_UNIT_BUF_RECVQ_BENCH_H

#include "buf/recvq.h"
#include "unit/buf/fixture.h"

enum { START = 5000 };

static inline struct rte_mbuf *
pattern_packet(uint64_t off, uint32_t len, uint32_t seg_len)
{
	static uint8_t bytes[65536];

	CU_ASSERT_FATAL(len <= sizeof(bytes));
	pattern_fill(bytes, off, len);
	return rx_packet(bytes, len, seg_len);
}

/* A segment of the pattern; shared: in a buffer that is not the queue's to write. */
static inline int
insert_as(struct recvq *q, uint64_t off, uint32_t len, uint32_t seg_len, bool shared)
{
	struct rte_mbuf *m = pattern_packet(off, len, seg_len), *clone;
	int rc;

	clone = shared ? rte_pktmbuf_clone(m, pools.indirect) : NULL;
	if (clone != NULL) {
		rte_pktmbuf_free(m);
		m = clone;
	}
	rc = recvq_insert(q, off, m);
	if (rc != 0)
		rte_pktmbuf_free(m);
	return rc;
}

/* The same, as it comes from the port. */
static inline int
insert(struct recvq *q, uint64_t off, uint32_t len, uint32_t seg_len)
{
	return insert_as(q, off, len, seg_len, false);
}

static inline uint32_t
runs_held(const struct recvq *q)
{
	return q->held != NULL ? q->held->at.n : 0;
}

/* Buffer room of a run, walked; and its bytes are right. */
static inline uint32_t
check_run(const struct recvq_run *r)
{
	const struct rte_mbuf *m, *last = NULL;
	uint64_t off = r->off;
	uint32_t room = 0;

	for (m = r->first; m != NULL; m = m->next) {
		CU_ASSERT(m->data_len > 0);
		CU_ASSERT(pattern_is(rte_pktmbuf_mtod(m, const uint8_t *), off, m->data_len));
		off += m->data_len;
		room += m->buf_len;
		last = m;
	}
	CU_ASSERT_PTR_EQUAL(r->last, last);
	CU_ASSERT_EQUAL(off, r->end_off);
	CU_ASSERT_EQUAL(r->room, room);
	return room;
}

static inline void
check_queue(const struct recvq *q)
{
	uint32_t held = 0, ready = check_run(&q->ready);
	uint64_t end = q->ready.end_off;

	for (uint32_t i = 0; i < runs_held(q); i++) {
		const struct recvq_bytes *b = &q->held->bytes[i];
		const struct recvq_run r = { b->first, b->last, q->held->at.r[i].start,
					     q->held->at.r[i].end, b->room };

		CU_ASSERT(r.off > end); /* a gap in front of each */
		end = r.end_off;
		held += check_run(&r);
	}
	CU_ASSERT(q->held == NULL || runs_held(q) > 0);
	CU_ASSERT_EQUAL(recvq_room_held(q), held);
	CU_ASSERT_EQUAL(q->room_used, ready + held);
}

#endif
