/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Small segments share buffers; what somebody else can see is never written. */
#include <stdio.h>

#include "unit/buf/recvq_bench.h"

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

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "tiny segments share buffers", test_compacts },
		{ "what is copied into the tail and what is not", test_compaction_limits },
		{ "a shared tail is never written", test_shared_tail_untouched },
		{ "small pieces of a sender's buffers share one of ours", test_shared_pieces },
		{ "or come as they are", test_shared_pieces_as_they_come },
		{ "and find a buffer later", test_shared_pieces_later },
		{ "marks are nothing to the queue", test_marks_ignored },
	};

	return fixture_start("buf-recvq-share") ?
		       harness_run("buf/recvq_share", cases, HARNESS_COUNT(cases)) :
		       1;
}
