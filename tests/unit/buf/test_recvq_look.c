/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Bytes of the queue where they lie, further on, and what goes when they were read. */
#include "unit/buf/recvq_bench.h"

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
		{ "each byte where it lies", test_pieces },
		{ "pieces and consumption", test_iov_and_consume },
		{ "looks further on", test_looks },
	};

	return fixture_start("buf-recvq-look") ?
		       harness_run("buf/recvq_look", cases, HARNESS_COUNT(cases)) :
		       1;
}
