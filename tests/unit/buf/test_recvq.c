/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include "buf/recvq.h"
#include "unit/buf/fixture.h"

enum { START = 5000 };

/* Segments come in buffers that are not the queue's to write. */
static bool shared;

static struct rte_mbuf *
pattern_packet(uint64_t off, uint32_t len, uint32_t seg_len)
{
	static uint8_t bytes[65536];

	CU_ASSERT_FATAL(len <= sizeof(bytes));
	pattern_fill(bytes, off, len);
	return rx_packet(bytes, len, seg_len);
}

/* A segment of the pattern, as it comes from the port. */
static int
insert(struct recvq *q, uint64_t off, uint32_t len, uint32_t seg_len)
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

static uint32_t
runs_held(const struct recvq *q)
{
	return q->held != NULL ? q->held->at.n : 0;
}

/* Buffer room of a run, walked; and its bytes are right. */
static uint32_t
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

static void
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

/* Three segments of 600, 700 and 800 bytes in every order. */
static void
test_orders(void)
{
	static const uint8_t orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	static const uint32_t off[] = { 0, 600, 1300 }, len[] = { 600, 700, 800 };

	for (size_t i = 0; i < HARNESS_COUNT(orders); i++)
		for (uint32_t seg_len = 300; seg_len <= 900; seg_len += 600) {
			uint8_t out[2100];
			struct recvq q;

			recvq_init(&q, START, &recvq_shared);
			for (int k = 0; k < 3; k++) {
				int s = orders[i][k];

				CU_ASSERT_EQUAL(insert(&q, START + off[s], len[s], seg_len), 0);
				check_queue(&q);
			}
			CU_ASSERT_EQUAL(runs_held(&q), 0);
			CU_ASSERT_EQUAL(recvq_room_held(&q), 0);
			CU_ASSERT_EQUAL_FATAL(recvq_len(&q), 2100);
			recvq_peek(&q, 0, out, 2100);
			CU_ASSERT(pattern_is(out, START, 2100));
			recvq_consume(&q, 2100);
			CU_ASSERT_EQUAL(q.room_used, 0);
			CU_ASSERT_EQUAL(fixture_in_use(), 0);
		}
}

static void
test_too_many_runs(void)
{
	struct recvq q;

	recvq_init(&q, 0, &recvq_shared);
	for (uint64_t i = 1; i <= TCP_RANGES_MAX; i++)
		CU_ASSERT_EQUAL(insert(&q, 1000 * i, 500, 500), 0);
	/* One too many: in front, between and behind. */
	CU_ASSERT_EQUAL(insert(&q, 500, 100, 100), -ENOSPC);
	CU_ASSERT_EQUAL(insert(&q, 1700, 100, 100), -ENOSPC);
	CU_ASSERT_EQUAL(insert(&q, 1000000, 100, 100), -ENOSPC);
	check_queue(&q);
	CU_ASSERT_EQUAL(runs_held(&q), TCP_RANGES_MAX);
	/* What joins a run needs none: behind, in front, between two. */
	CU_ASSERT_EQUAL(insert(&q, 1500, 400, 400), 0);
	CU_ASSERT_EQUAL(insert(&q, 1900, 100, 100), 0);
	CU_ASSERT_EQUAL(runs_held(&q), TCP_RANGES_MAX - 1);
	CU_ASSERT_EQUAL(insert(&q, 700, 200, 200), 0);
	CU_ASSERT_EQUAL(runs_held(&q), TCP_RANGES_MAX);
	CU_ASSERT_EQUAL(insert(&q, 900, 100, 100), 0);
	CU_ASSERT_EQUAL(runs_held(&q), TCP_RANGES_MAX - 1);
	CU_ASSERT_EQUAL(insert(&q, 3900, 100, 100),
			0); /* in front of a run, with a gap before it */
	CU_ASSERT_EQUAL(runs_held(&q), TCP_RANGES_MAX - 1);
	check_queue(&q);
	/* In order always fits. */
	CU_ASSERT_EQUAL(insert(&q, 0, 700, 700), 0);
	CU_ASSERT_EQUAL(recvq_len(&q), 2500);
	check_queue(&q);
	recvq_fini(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* What waits comes from a pool: who finds it empty keeps his packet, until somebody has none. */
static void
test_empty_pool(void)
{
	struct recvq q[FIXTURE_HELD + 1];
	uint32_t i;

	for (i = 0; i <= FIXTURE_HELD; i++)
		recvq_init(&q[i], 0, &recvq_shared);
	for (i = 0; i < FIXTURE_HELD; i++)
		CU_ASSERT_EQUAL(insert(&q[i], 1000, 500, 500), 0);
	CU_ASSERT_EQUAL(insert(&q[i], 1000, 500, 500), -ENOMEM);
	CU_ASSERT_EQUAL(recvq_pass(&q[i], 1000, 500, 0), -ENOMEM);
	check_queue(&q[i]);
	CU_ASSERT_PTR_NULL(recvq_ranges(&q[i]));
	CU_ASSERT_EQUAL(q[i].room_used, 0);
	/* In order it needs none; and who holds some already takes more. */
	CU_ASSERT_EQUAL(insert(&q[i], 0, 500, 500), 0);
	CU_ASSERT_EQUAL(insert(&q[0], 2000, 500, 500), 0);
	/* Filled, dropped, or read past: each gives it back. */
	CU_ASSERT_EQUAL(insert(&q[0], 0, 1000, 500), 0);
	CU_ASSERT_EQUAL(insert(&q[i], 1000, 500, 500), -ENOMEM);
	CU_ASSERT_EQUAL(insert(&q[0], 1500, 500, 500), 0);
	CU_ASSERT_EQUAL(insert(&q[i], 1000, 500, 500), 0);
	CU_ASSERT(recvq_drop_held(&q[i]) > 0);
	CU_ASSERT_EQUAL(recvq_pass(&q[i], 1000, 500, 500), 0);
	CU_ASSERT_EQUAL(recvq_pass(&q[i], 500, 500, 1500), 0);
	CU_ASSERT_EQUAL(insert(&q[0], 3000, 500, 500), 0);
	for (i = 0; i <= FIXTURE_HELD; i++)
		recvq_fini(&q[i]);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* Nobody reads any more: no bytes stay, but where they were, and where more came. */
static void
test_discard(void)
{
	static const struct tcp_range want[] = { { 600, 700 }, { 1000, 1700 }, { 2000, 2100 } };
	struct recvq q;

	recvq_init(&q, 0, &recvq_shared);
	CU_ASSERT_EQUAL(insert(&q, 0, 500, 500), 0);
	CU_ASSERT_EQUAL(insert(&q, 1000, 500, 500), 0);
	CU_ASSERT_EQUAL(insert(&q, 2000, 100, 100), 0);
	recvq_discard(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 1); /* the ranges */
	CU_ASSERT_EQUAL(q.room_used, 0);
	CU_ASSERT_EQUAL(recvq_room_held(&q), 0);
	CU_ASSERT_EQUAL(recvq_pass(&q, 1500, 200, 500), 0);
	CU_ASSERT_EQUAL(recvq_pass(&q, 600, 100, 500), 0);
	CU_ASSERT_EQUAL_FATAL(runs_held(&q), HARNESS_COUNT(want));
	for (size_t i = 0; i < HARNESS_COUNT(want); i++)
		CU_ASSERT(q.held->at.r[i].start == want[i].start &&
			  q.held->at.r[i].end == want[i].end);
	CU_ASSERT_EQUAL(recvq_pass(&q, 500, 100, 700), 0);
	CU_ASSERT_EQUAL(runs_held(&q), 2);
	CU_ASSERT_EQUAL(recvq_pass(&q, 700, 1300, 2100), 0);
	CU_ASSERT_PTR_NULL(recvq_ranges(&q));
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
	/* With bytes that wait still, which went out of sight when the owner did: they go, too. */
	recvq_init(&q, 0, &recvq_shared);
	CU_ASSERT_EQUAL(insert(&q, 1000, 500, 500), 0);
	CU_ASSERT_EQUAL(recvq_pass(&q, 1500, 500, 0), 0);
	CU_ASSERT_EQUAL(q.room_used, 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 1);
	recvq_fini(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

static void
test_drop_held(void)
{
	struct recvq q;

	recvq_init(&q, 0, &recvq_shared);
	CU_ASSERT_EQUAL(recvq_drop_held(&q), 0);
	CU_ASSERT_EQUAL(insert(&q, 0, 1000, 1000), 0);
	CU_ASSERT_EQUAL(insert(&q, 2000, 1000, 400), 0);
	CU_ASSERT_EQUAL(insert(&q, 4000, 1000, 1000), 0);
	CU_ASSERT_EQUAL(recvq_drop_held(&q), 4 * FIXTURE_RX_ROOM);
	check_queue(&q);
	CU_ASSERT_EQUAL(runs_held(&q), 0);
	CU_ASSERT_EQUAL(recvq_len(&q), 1000);
	CU_ASSERT_EQUAL(fixture_in_use(), 1);
	/* They come again. */
	CU_ASSERT_EQUAL(insert(&q, 1000, 2000, 1000), 0);
	CU_ASSERT_EQUAL(recvq_len(&q), 3000);
	check_queue(&q);
	recvq_fini(&q);
	CU_ASSERT_EQUAL(recvq_len(&q), 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* 1-byte segments may not pin a buffer each: not in order, not behind a gap. */
static void
test_compacts(void)
{
	enum { COUNT = 10000, ROOM = FIXTURE_RX_ROOM - RTE_PKTMBUF_HEADROOM };

	for (uint64_t gap = 0; gap <= 100; gap += 100) {
		struct recvq q;

		recvq_init(&q, 0, &recvq_shared);
		for (uint32_t i = 0; i < COUNT; i++)
			CU_ASSERT_EQUAL_FATAL(insert(&q, gap + i, 1, 1), 0);
		check_queue(&q);
		CU_ASSERT_EQUAL(fixture_in_use() - (q.held != NULL), (COUNT + ROOM - 1) / ROOM);
		if (gap > 0) {
			CU_ASSERT_EQUAL(recvq_len(&q), 0);
			CU_ASSERT_EQUAL(insert(&q, 0, 100, 100), 0);
			check_queue(&q);
		}
		CU_ASSERT_EQUAL(recvq_len(&q), COUNT + gap);
		recvq_fini(&q);
		CU_ASSERT_EQUAL(fixture_in_use(), 0);
	}
}

/* What goes into the tail: one buffer's worth of less than a quarter, where there is room. */
static void
test_compaction_limits(void)
{
	static const struct {
		uint32_t tail_len;
		uint32_t len;
		uint32_t seg_len;
		uint32_t buffers;
	} rows[] = {
		{ 100, 1, 1, 1 },
		{ 100, 511, 511, 1 },
		{ 100, 512, 512, 2 }, /* a quarter of 2048 */
		{ 100, 1000, 1000, 2 },
		{ 100, 20, 10, 1 },          /* in two buffers, both nearly empty */
		{ 100, 1100, 600, 3 },       /* in two that are not */
		{ 1920 - 511, 511, 511, 1 }, /* fills it */
		{ 1920 - 510, 511, 511, 2 },
		{ 1920, 1, 1, 2 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct recvq q;

		recvq_init(&q, 0, &recvq_shared);
		CU_ASSERT_EQUAL(insert(&q, 0, rows[i].tail_len, 2000), 0);
		CU_ASSERT_EQUAL(insert(&q, rows[i].tail_len, rows[i].len, rows[i].seg_len), 0);
		check_queue(&q);
		CU_ASSERT_EQUAL(fixture_in_use(), rows[i].buffers);
		recvq_fini(&q);
		CU_ASSERT_EQUAL(fixture_in_use(), 0);
	}
}

/* A buffer that somebody else can see is never written, whatever room it has. */
static void
test_shared_tail_untouched(void)
{
	struct rte_mbuf *under, *m;
	uint8_t bytes[100];
	struct recvq q;

	pattern_fill(bytes, 0, 100);
	/* Held by a second reference. */
	recvq_init(&q, 0, &recvq_shared);
	m = rx_packet(bytes, 100, 100);
	memset(rte_pktmbuf_mtod_offset(m, uint8_t *, 100), 0x77, 10);
	rte_mbuf_refcnt_update(m, 1);
	CU_ASSERT_EQUAL(recvq_insert(&q, 0, m), 0);
	CU_ASSERT_EQUAL(insert(&q, 100, 5, 5), 0);
	check_queue(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 2);
	CU_ASSERT_EQUAL(m->data_len, 100);
	CU_ASSERT_EQUAL(*rte_pktmbuf_mtod_offset(m, uint8_t *, 100), 0x77);
	recvq_fini(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 1);
	rte_pktmbuf_free(m);

	/* A sender's buffer, handed over by a ring between two ports. */
	recvq_init(&q, 0, &recvq_shared);
	under = rx_packet(bytes, 100, 100);
	memset(rte_pktmbuf_mtod_offset(under, uint8_t *, 100), 0x77, 10);
	m = rte_pktmbuf_alloc(pools.indirect);
	CU_ASSERT_FATAL(m != NULL);
	rte_pktmbuf_attach(m, under);
	CU_ASSERT_EQUAL(recvq_insert(&q, 0, m), 0);
	CU_ASSERT_EQUAL(insert(&q, 100, 5, 5), 0);
	check_queue(&q);
	recvq_consume(&q, 50);
	check_queue(&q);
	CU_ASSERT_EQUAL(under->data_len, 100);
	CU_ASSERT_EQUAL(*rte_pktmbuf_mtod_offset(under, uint8_t *, 100), 0x77);
	recvq_fini(&q);
	rte_pktmbuf_free(under);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* A packet that refers to len bytes at `at` of a sender's buffer, in pieces. */
static struct rte_mbuf *
piece_of(struct rte_mbuf *under, uint32_t at, uint32_t len, uint32_t piece_len)
{
	struct rte_mbuf *first = NULL, **link = &first, *m;
	uint16_t nb = 0;

	for (uint32_t done = 0; done < len; done += m->data_len, nb++) {
		*link = m = rte_pktmbuf_alloc(pools.indirect);
		CU_ASSERT_FATAL(m != NULL);
		link = &m->next;
		rte_pktmbuf_attach(m, under);
		m->data_off = (uint16_t)(under->data_off + at + done);
		m->data_len = (uint16_t)RTE_MIN(piece_len, len - done);
	}
	first->nb_segs = nb;
	first->pkt_len = len;
	return first;
}

enum { SENT = 16000 }; /* in one buffer of a sender's */

static struct rte_mbuf *
sent_record(void)
{
	struct rte_mbuf *under = rte_pktmbuf_alloc(pools.record[2]);

	CU_ASSERT_FATAL(under != NULL);
	memset(under->buf_addr, 0x77, under->buf_len);
	pattern_fill((uint8_t *)rte_pktmbuf_append(under, SENT), 0, SENT);
	return under;
}

/* Nothing of it was written, and all of it given back. */
static void
sent_end(struct rte_mbuf *under)
{
	const uint8_t *p = under->buf_addr;
	uint32_t changed = 0;

	CU_ASSERT_EQUAL(under->data_len, SENT);
	CU_ASSERT(pattern_is(p + under->data_off, 0, SENT));
	for (uint32_t i = 0; i < under->buf_len; i++)
		if (i < under->data_off || i >= under->data_off + (uint32_t)SENT)
			changed += p[i] != 0x77;
	CU_ASSERT_EQUAL(changed, 0);
	CU_ASSERT_EQUAL(rte_mbuf_refcnt_read(under), 1);
	rte_pktmbuf_free(under);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/*
 * Small pieces of a sender's buffers, as net_ring hands them up, may not be charged a whole one each:
 * in order or behind a gap, in one mbuf or two.
 */
static void
test_shared_pieces(void)
{
	static const struct {
		uint32_t seg, piece, gap, room_max;
	} rows[] = {
		/* The first one, a buffer of 17 KiB, and what the rest takes in 2 KiB of ours. */
		{ 20, 20, 0, BUF_LARGE_ROOM + 9 * BUF_MEDIUM_ROOM },
		{ 20, 10, 0, 2 * BUF_LARGE_ROOM + 9 * BUF_MEDIUM_ROOM },
		{ 20, 20, 100, 9 * BUF_MEDIUM_ROOM },
		{ 536, 536, 0, BUF_LARGE_ROOM + 10 * BUF_MEDIUM_ROOM },
		{ 960, 960, 0, BUF_LARGE_ROOM + 9 * BUF_MEDIUM_ROOM },
		/* No second one would fit: as they come. */
		{ 961, 961, 0, 17 * BUF_LARGE_ROOM },
	};
	static uint8_t out[SENT];

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct rte_mbuf *under = sent_record();
		uint64_t off = rows[i].gap;
		struct recvq q;
		uint32_t len;

		recvq_init(&q, 0, &recvq_shared);
		q.shared = &recvq_shared_tails;
		for (; off < SENT; off += len) {
			len = (uint32_t)RTE_MIN(rows[i].seg, SENT - off);
			CU_ASSERT_EQUAL(
				recvq_insert(&q, off,
					     piece_of(under, (uint32_t)off, len, rows[i].piece)),
				0);
		}
		check_queue(&q);
		if (q.room_used > rows[i].room_max)
			printf("# row %zu: room %u\n", i, q.room_used);
		CU_ASSERT(q.room_used <= rows[i].room_max);
		if (rows[i].gap > 0)
			CU_ASSERT_EQUAL(insert(&q, 0, rows[i].gap, 2000), 0);
		CU_ASSERT_EQUAL_FATAL(recvq_len(&q), SENT);
		recvq_peek(&q, 0, out, SENT);
		CU_ASSERT(pattern_is(out, 0, SENT));
		recvq_consume(&q, SENT);
		CU_ASSERT_EQUAL(q.room_used, 0);
		recvq_fini(&q);
		sent_end(under);
	}
}

/* Without a buffer to share, and with few that records may need. */
static void
test_shared_pieces_as_they_come(void)
{
	struct starved starved;
	struct rte_mbuf *under;
	struct recvq q;

	for (int how = 0; how < 2; how++) {
		under = sent_record();
		recvq_init(&q, 0, &recvq_shared);
		q.shared = how == 0 ? &recvq_shared : &recvq_shared_tails;
		starve(&starved, pools.record[1],
		       how == 1 ? FIXTURE_MEDIUM / 4 : (unsigned int)FIXTURE_MEDIUM);
		for (uint32_t off = 0; off < 200; off += 20)
			CU_ASSERT_EQUAL(recvq_insert(&q, off, piece_of(under, off, 20, 20)), 0);
		check_queue(&q);
		CU_ASSERT_EQUAL(q.room_used, 10 * under->buf_len);
		recvq_fini(&q);
		starve_end(&starved);
		sent_end(under);
	}
}

/*
 * Marks of packets mean nothing here: buffers are shared and joined as without them, in order and behind
 * a gap, so that what a device does is no reason for another window.
 */
static void
test_marks_ignored(void)
{
	static const uint64_t kinds[] = { 0, RTE_MBUF_F_RX_SEC_OFFLOAD,
					  RTE_MBUF_F_RX_SEC_OFFLOAD |
						  RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED };
	uint32_t room[2][2];

	for (uint32_t marked = 0; marked < 2; marked++)
		for (uint32_t gap = 0; gap < 2; gap++) {
			struct rte_mbuf *under = sent_record();
			struct recvq q;

			recvq_init(&q, 0, &recvq_shared);
			q.shared = &recvq_shared_tails;
			for (uint32_t off = 30 * gap; off < 3000; off += 30) {
				/* Ours to write, and a sender's. */
				struct rte_mbuf *m = off % 60 == 0 ? piece_of(under, off, 30, 30) :
								     pattern_packet(off, 30, 30);

				if (marked)
					m->ol_flags |= kinds[off / 30 % HARNESS_COUNT(kinds)];
				CU_ASSERT_EQUAL(recvq_insert(&q, off, m), 0);
			}
			check_queue(&q);
			room[marked][gap] = q.room_used;
			CU_ASSERT(q.room_used <= BUF_LARGE_ROOM + 3 * BUF_MEDIUM_ROOM);
			if (gap)
				CU_ASSERT_EQUAL(insert(&q, 0, 30, 30), 0);
			CU_ASSERT_EQUAL(recvq_len(&q), 3000);
			check_queue(&q);
			recvq_fini(&q);
			sent_end(under);
		}
	CU_ASSERT_EQUAL(room[1][0], room[0][0]);
	CU_ASSERT_EQUAL(room[1][1], room[0][1]);
}

static void
test_iov_and_consume(void)
{
	struct iovec iov[8];
	struct recvq q;

	recvq_init(&q, START, &recvq_shared);
	CU_ASSERT_EQUAL(insert(&q, START, 2000, 1000), 0);
	CU_ASSERT_EQUAL(insert(&q, START + 2000, 1000, 1000), 0);
	CU_ASSERT_EQUAL(recvq_iov(&q, 0, 3000, iov, 8), 3);
	CU_ASSERT_EQUAL(recvq_iov(&q, 0, 3000, iov, 2), 0);
	CU_ASSERT_EQUAL(recvq_iov(&q, 999, 2, iov, 2), 2);
	CU_ASSERT_EQUAL(iov[0].iov_len, 1);
	CU_ASSERT_EQUAL(iov[1].iov_len, 1);
	CU_ASSERT(pattern_is(iov[1].iov_base, START + 1000, 1));
	recvq_consume(&q, 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 3);
	recvq_consume(&q, 999);
	check_queue(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 3);
	recvq_consume(&q, 1);
	CU_ASSERT_EQUAL(fixture_in_use(), 2);
	recvq_consume(&q, 1500);
	CU_ASSERT_EQUAL(fixture_in_use(), 1);
	CU_ASSERT_EQUAL(recvq_len(&q), 500);
	CU_ASSERT_EQUAL(q.ready.off, START + 2500);
	check_queue(&q);
	CU_ASSERT_EQUAL(recvq_iov(&q, 0, 500, iov, 1), 1);
	CU_ASSERT(pattern_is(iov[0].iov_base, START + 2500, 500));
	recvq_consume(&q, 500);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
	CU_ASSERT_PTR_NULL(q.ready.first);
	/* On from here. */
	CU_ASSERT_EQUAL(insert(&q, START + 3000, 10, 10), 0);
	CU_ASSERT_EQUAL(recvq_len(&q), 10);
	check_queue(&q);
	recvq_fini(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}
/* A piece that came as it is finds a buffer of ours when one in front of it joins it. */
static void
test_shared_pieces_later(void)
{
	struct starved starved;
	struct rte_mbuf *under = sent_record();
	struct recvq q;

	recvq_init(&q, 0, &recvq_shared);
	q.shared = &recvq_shared_tails;
	starve(&starved, pools.record[1], FIXTURE_MEDIUM / 4);
	CU_ASSERT_EQUAL(recvq_insert(&q, 2000, piece_of(under, 2000, 20, 20)), 0);
	CU_ASSERT_EQUAL(q.room_used, under->buf_len);
	starve_end(&starved);
	CU_ASSERT_EQUAL(recvq_insert(&q, 500, piece_of(under, 500, 1500, 1500)), 0);
	CU_ASSERT_EQUAL(q.room_used, under->buf_len + BUF_MEDIUM_ROOM);
	check_queue(&q);
	CU_ASSERT_EQUAL(recvq_insert(&q, 0, piece_of(under, 0, 500, 500)), 0);
	check_queue(&q);
	CU_ASSERT_EQUAL_FATAL(recvq_len(&q), 2020);
	recvq_consume(&q, 2020);
	CU_ASSERT_EQUAL(q.room_used, 0);
	CU_ASSERT_EQUAL(recvq_room_held(&q), 0);
	recvq_fini(&q);
	sent_end(under);
}

/* A window of the stream as TCP would accept it: which bytes are here. */
static void
test_random(void)
{
	enum { WINDOW = 20000, STEPS = 400 };
	uint64_t seed = harness_seed();
	int rounds = harness_full() ? 300 : 30;
	static bool here[WINDOW + 1];

	for (int round = 0; round < rounds; round++) {
		uint64_t read = harness_rand(&seed) >> 1; /* read position */
		struct recvq q;

		memset(here, 0, sizeof(here));
		recvq_init(&q, read, &recvq_shared);
		q.shared = round % 2 == 0 ? &recvq_shared : &recvq_shared_tails;
		for (int step = 0; step < STEPS; step++) {
			uint64_t r = harness_rand(&seed);
			uint32_t at, len = 0, in_order = 0;
			uint8_t out[WINDOW];

			if ((r & 7) < 6) {
				/* The new bytes of one segment: up to those that are not. */
				uint32_t max = r & 8 ? 1460 : 40,
					 seg = max / 30 + 1 + (r >> 4) % 500;

				at = (uint32_t)((r >> 16) % WINDOW);
				while (r & 16 && at > 0 && !here[at - 1])
					at--; /* mostly right behind something */
				while (len < max && at + len < WINDOW && !here[at + len])
					len++;
				if (len == 0 || fixture_in_use() > 600)
					continue;
				shared = round % 3 != 0 && (r & 0x20) != 0;
				if (insert(&q, read + at, len, seg) == 0)
					memset(here + at, true, len);
				else
					CU_ASSERT_EQUAL(runs_held(&q), TCP_RANGES_MAX);
			} else if ((r & 63) == 63) {
				recvq_drop_held(&q);
				memset(here + recvq_len(&q), false, WINDOW - recvq_len(&q));
			} else if (recvq_len(&q) > 0) {
				len = (uint32_t)(1 + (r >> 16) % recvq_len(&q));
				recvq_peek(&q, 0, out, len);
				CU_ASSERT_FATAL(pattern_is(out, read, len));
				at = (uint32_t)((r >> 40) % len);
				recvq_peek(&q, at, out, len - at);
				CU_ASSERT_FATAL(pattern_is(out, read + at, len - at));
				recvq_consume(&q, len);
				read += len;
				memmove(here, here + len, WINDOW - len);
				memset(here + WINDOW - len, false, len);
			}
			while (here[in_order])
				in_order++;
			CU_ASSERT_EQUAL_FATAL(recvq_len(&q), in_order);
			CU_ASSERT_EQUAL_FATAL(q.ready.off, read);
			check_queue(&q);
		}
		recvq_fini(&q);
		CU_ASSERT_EQUAL_FATAL(fixture_in_use(), 0);
	}
}

/* The packet of [off, end_off) would have these in its middle, and no others. */
static void
test_encloses(void)
{
	static const struct {
		uint32_t off, end_off;
		bool encloses;
	} rows[] = {
		/* Waiting: 1000 to 1500, and 2000 to 2100. In order: up to 500. */
		{ 500, 600, false },   { 500, 1000, false },  { 500, 1001, false },
		{ 500, 1500, false },  { 500, 1501, true },   { 999, 1501, true },
		{ 999, 1500, false },  { 1000, 1501, false }, { 1000, 1500, false },
		{ 1100, 1400, false }, { 1500, 2000, false }, { 1500, 2100, false },
		{ 1500, 2101, true },  { 1000, 2100, false }, { 1000, 2101, true },
		{ 999, 2100, true },   { 500, 60000, true },  { 2100, 60000, false },
		{ 400, 600, false },
	};
	struct recvq q;

	recvq_init(&q, START, &recvq_shared);
	CU_ASSERT(!recvq_encloses(&q, START + 500, 60000));
	CU_ASSERT_EQUAL(insert(&q, START, 500, 500), 0);
	CU_ASSERT(!recvq_encloses(&q, START, 60000));
	CU_ASSERT_EQUAL(insert(&q, START + 2000, 100, 100), 0);
	CU_ASSERT_EQUAL(insert(&q, START + 1000, 500, 500), 0);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(
			recvq_encloses(&q, START + rows[i].off, rows[i].end_off - rows[i].off),
			rows[i].encloses);
	/* What is dropped is in nobody's middle. */
	recvq_drop_held(&q);
	CU_ASSERT(!recvq_encloses(&q, START + 500, 60000));
	recvq_fini(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* By a walk over all buffers: the byte at off, and how many follow it in its buffer; NULL: it is not there. */
static uint8_t *
find_byte(const struct recvq *q, uint64_t off, uint32_t *len)
{
	const struct rte_mbuf *m = q->ready.first;
	uint64_t at = q->ready.off;

	for (uint32_t i = 0;; i++) {
		for (; m != NULL; at += m->data_len, m = m->next)
			if (off >= at && off < at + m->data_len) {
				*len = (uint32_t)(at + m->data_len - off);
				return rte_pktmbuf_mtod_offset(m, uint8_t *, off - at);
			}
		if (i == runs_held(q))
			return NULL;
		m = q->held->bytes[i].first;
		at = q->held->at.r[i].start;
	}
}

/* It is that byte of the stream, and all of its buffer behind it. */
static bool
piece_is_right(struct recvq *q, uint64_t off)
{
	uint32_t len = 0, want_len = 0;
	uint8_t *want = find_byte(q, off, &want_len), *got = recvq_piece(q, off, &len);

	return want != NULL && got == want && len == want_len && pattern_is(got, off, len);
}

/* Each byte in order or waiting, whatever was consumed; what is written there is what is read. */
static void
test_pieces(void)
{
	static const uint32_t runs[][2] = {
		{ 0, 2500 }, { 3000, 4000 }, { 5000, 5001 }, { 6000, 9000 }
	};
	uint8_t out[2500], byte;
	struct recvq q;
	uint32_t len;

	recvq_init(&q, START, &recvq_shared);
	for (size_t i = HARNESS_COUNT(runs); i-- > 0;)
		CU_ASSERT_EQUAL(insert(&q, START + runs[i][0], runs[i][1] - runs[i][0], 700), 0);
	for (uint32_t read = 0; read <= 2500; read += 500) {
		unsigned int wrong = 0;

		for (size_t i = 0; i < HARNESS_COUNT(runs); i++)
			for (uint32_t off = RTE_MAX(read, runs[i][0]); off < runs[i][1]; off++)
				wrong += !piece_is_right(&q, START + off);
		/* Backwards, too: the queue remembers where it looked last. */
		for (uint32_t off = 2500; off-- > read;)
			wrong += !piece_is_right(&q, START + off);
		CU_ASSERT_EQUAL(wrong, 0);
		if (read < 2500)
			recvq_consume(&q, 500);
	}
	/* Written where it waits, read once it is in order. */
	*recvq_piece(&q, START + 3005, &len) ^= 0x55;
	CU_ASSERT_EQUAL(insert(&q, START + 2500, 500, 500), 0);
	*recvq_piece(&q, START + 2600, &len) ^= 0xaa;
	recvq_peek(&q, 0, out, 1500);
	for (uint32_t i = 0; i < 1500; i++) {
		byte = i == 505 ? 0x55 : i == 100 ? 0xaa : 0;
		out[i] ^= byte;
	}
	CU_ASSERT(pattern_is(out, START + 2500, 1500));
	recvq_fini(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

enum { LOOKED = 12000 };

/* What is known of the stream by who looks at it. */
struct looker {
	struct recvq q;
	uint64_t here; /* in order */
	uint64_t off;  /* looked at last */
	uint64_t rng;
	bool wrong;
};

static void
look_insert(struct looker *l, uint64_t off, uint64_t end_off)
{
	uint32_t seg_len = 4 + harness_below(&l->rng, 600);
	struct rte_mbuf *m;

	if (off == end_off)
		return;
	m = pattern_packet(off, (uint32_t)(end_off - off), seg_len);
	CU_ASSERT_EQUAL_FATAL(recvq_insert(&l->q, off, m), 0);
}

/* The next segment, or the one behind it first. */
static void
look_arrive(struct looker *l, bool small)
{
	uint64_t end = RTE_MIN(l->here + 1 + harness_below(&l->rng, small ? 40 : 1400), LOOKED);
	uint64_t cut = l->here;

	if (harness_below(&l->rng, 4) == 0)
		cut += harness_below(&l->rng, (uint32_t)(end - l->here));
	look_insert(l, cut, end);
	if (runs_held(&l->q) > 0)
		l->wrong |= !piece_is_right(&l->q,
					    cut + harness_below(&l->rng, (uint32_t)(end - cut)));
	look_insert(l, l->here, cut);
	l->here = end;
}

/* At a place that is mostly behind the last one. */
static void
look(struct looker *l)
{
	uint64_t lo = harness_below(&l->rng, 8) == 0 ? 0 : l->off;
	uint8_t got[64];
	uint32_t len;

	lo = RTE_MAX(lo, l->q.ready.off);
	if (lo >= l->here)
		return;
	l->off = lo + harness_below(&l->rng, (uint32_t)RTE_MIN(l->here - lo, 700u));
	len = 1 + harness_below(&l->rng, (uint32_t)RTE_MIN(l->here - l->off, 64u));
	recvq_look(&l->q, l->off, got, len);
	l->wrong |= !pattern_is(got, l->off, len);
	l->wrong |= !piece_is_right(
		&l->q, l->off + harness_below(&l->rng, (uint32_t)RTE_MIN(l->here - l->off, 3000u)));
}

/* Bytes further on, while more come into the same buffer and others go: up to there, and behind. */
static void
test_looks(void)
{
	unsigned int rounds = harness_full() ? 3000 : 200, wrong = 0;
	uint64_t rng = harness_seed(), n;
	static struct looker l;

	for (unsigned int i = 0; i < rounds; i++) {
		memset(&l, 0, sizeof(l));
		l.rng = harness_rand(&rng);
		recvq_init(&l.q, 0, &recvq_shared);
		l.q.shared = i % 2 ? &recvq_shared_tails : &recvq_shared;
		while (l.q.ready.off < LOOKED && !l.wrong) {
			if (l.here < LOOKED && fixture_in_use() < FIXTURE_RX / 2)
				look_arrive(&l, i % 3 != 0);
			for (n = harness_below(&rng, 4); n > 0; n--)
				look(&l);
			n = RTE_MIN(harness_below(&rng, 900), recvq_len(&l.q));
			if (harness_below(&rng, 4) == 0)
				n = recvq_len(&l.q);
			if (harness_below(&rng, 3) == 0)
				recvq_consume(&l.q, n);
			check_queue(&l.q);
		}
		wrong += l.wrong;
		recvq_fini(&l.q);
		CU_ASSERT_EQUAL_FATAL(fixture_in_use(), 0);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "three segments in every order", test_orders },
		{ "one run too many is refused, joining needs none", test_too_many_runs },
		{ "what waits comes from a pool, which may be empty", test_empty_pool },
		{ "nobody reads any more: where bytes were stays known", test_discard },
		{ "held runs can be dropped and come again", test_drop_held },
		{ "tiny segments share buffers", test_compacts },
		{ "what is copied into the tail and what is not", test_compaction_limits },
		{ "a shared tail is never written", test_shared_tail_untouched },
		{ "small pieces of a sender's buffers share one of ours", test_shared_pieces },
		{ "or come as they are", test_shared_pieces_as_they_come },
		{ "and find a buffer later", test_shared_pieces_later },
		{ "marks are nothing to the queue", test_marks_ignored },
		{ "what lies around bytes that wait", test_encloses },
		{ "each byte where it lies", test_pieces },
		{ "pieces and consumption", test_iov_and_consume },
		{ "random segments against a map of bytes", test_random },
		{ "looks further on", test_looks },
	};

	return fixture_start("buf-recvq") ? harness_run("buf/recvq", cases, HARNESS_COUNT(cases)) :
					    1;
}
