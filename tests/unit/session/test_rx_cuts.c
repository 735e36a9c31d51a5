/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Records in segments of any size, cut anywhere, in any order: what is whole is read, nothing else. */
#include "support/each_suite.h"
#include "unit/session/rx_bench.h"

/* Three records, cut anywhere: nothing before the last byte of a record, all of it after. */
static void
test_every_cut(void)
{
	uint32_t end[3];

	begin_keyed();
	for (int i = 0; i < 3; i++) {
		put_data(30 + (uint32_t)i);
		end[i] = t.len;
	}
	for (uint32_t a = 1; a < t.len; a++) {
		uint32_t len = t.len, avail = 0;

		/* The same stream again for a receiver of its own. */
		finish();
		begin_keyed();
		for (int i = 0; i < 3; i++)
			put_data(30 + (uint32_t)i);
		CU_ASSERT_EQUAL(t.len, len);
		feed(a, 2000);
		for (int i = 0; i < 3; i++)
			avail += a >= end[i] ? 30 + (uint32_t)i : 0;
		CU_ASSERT_EQUAL(readable(), avail > 0);
		CU_ASSERT_EQUAL(recv_data(1000), avail > 0 ? (ssize_t)avail : -EAGAIN);
		CU_ASSERT(!readable());
		CU_ASSERT_EQUAL(recv_data(1000), -EAGAIN);
		feed_all();
		CU_ASSERT_EQUAL(recv_data(1000), 93 - (ssize_t)avail);
		CU_ASSERT_EQUAL(t.rx.tls->count.records, 3);
		CU_ASSERT_EQUAL(t.rx.tls->count.record_bytes, 93);
	}
	finish();
}

static void
test_two_cuts(void)
{
	begin_keyed();
	put_data(20);
	put_control(21, 7);
	for (uint32_t a = 1; a < t.len; a++)
		for (uint32_t b = a + 1; b < t.len; b++) {
			finish();
			begin_keyed();
			put_data(20);
			put_control(21, 7);
			/* The middle, the end, the beginning. */
			feed_at(a, b - a, 2000);
			feed_at(b, t.len - b, 2000);
			CU_ASSERT(!readable());
			CU_ASSERT_EQUAL(recv_data(100), -EAGAIN);
			feed_at(0, a, 2000);
			CU_ASSERT_EQUAL(recv_data(100), 20);
			expect_msg(100, 0, 7, 21, true);
		}
	finish();
}

/*
 * Records in 1-byte segments: compacted, and where that is not allowed, because
 * somebody else holds the buffers, gathered.
 */
static void
test_tiny_segments(void)
{
	for (int held = 0; held <= 1; held++)
		for (uint32_t len = 1; len <= 900; len = len * 3 + 11) {
			begin_keyed();
			put_data(len);
			put_control(21, 2);
			while (t.fed < t.len) {
				struct rte_mbuf *m = rx_packet(t.wire + t.fed, 1, 1);

				if (held) {
					rte_mbuf_refcnt_update(m, 1);
					CU_ASSERT_FATAL(t.nb_borrowed < BORROWED_MAX);
					t.borrowed[t.nb_borrowed++] = m;
				}
				CU_ASSERT_EQUAL_FATAL(recvq_insert(&t.q, t.fed++, m), 0);
				session_rx_input(&t.rx);
			}
			CU_ASSERT_EQUAL(recv_data(1000), len);
			expect_msg(10, 0, 2, 21, true);
			finish();
		}
	/* The largest record there is. */
	begin_keyed();
	put_data(16384);
	feed(t.len - 1, 1);
	CU_ASSERT(!readable());
	CU_ASSERT(fixture_in_use() < 12);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(20000), 16384);
	finish();
}

/*
 * More records than are framed ahead, and what ends them: all come out, in their order. Where the
 * next one starts is known again when it is framed.
 */
static void
test_many_small(void)
{
	enum { RECORDS = 12000, KINDS = 4 };
	uint64_t rec_no;
	ssize_t n;

	for (int kind = 0; kind < KINDS; kind++) {
		if (kind == 1 && peer_suite.tls12)
			continue;
		begin_keyed();
		while (t.len < 1 << 18)
			put_data(1);
		CU_ASSERT(t.peer.rec_no > 8000 && t.peer.rec_no < RECORDS);
		if (kind == 1)
			put_key_update();
		if (kind == 2)
			put_close_notify();
		if (kind == 3) {
			memcpy(t.wire + t.len, "GET / HTTP/1.1\r\n", 16);
			t.len += 16;
		}
		feed_all();
		CU_ASSERT(!boundary(&rec_no));
		for (size_t size = 1; t.got < t.sent; size = size * 3 % 1001) {
			CU_ASSERT(readable());
			size = RTE_MIN(size, t.sent - t.got);
			n = recv_data(size);
			CU_ASSERT_EQUAL_FATAL(n, (ssize_t)size);
			CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), t.got);
			CU_ASSERT_EQUAL(t.rx.tls->framer.head_off, t.q.ready.off);
			CU_ASSERT_EQUAL(session_rx_head_need(&t.rx),
					t.got == t.sent && kind == 0 ?
						RECORD_HDR_LEN + t.rx.tls->suite->body_max :
						0);
		}
		/* What is not opened may be a KeyUpdate. */
		CU_ASSERT_EQUAL(boundary(&rec_no), kind == 0);
		if (kind == 0)
			CU_ASSERT_EQUAL(rec_no, t.peer.rec_no);
		CU_ASSERT_EQUAL(readable(), kind > 0);
		if (kind == 0)
			CU_ASSERT_EQUAL(recv_data(10), -EAGAIN);
		if (kind == 1)
			expect_msg(10, 0, 5, 22, true);
		if (kind == 2)
			expect_msg(10, 0, 2, 21, true);
		if (kind == 3)
			expect_end(-EINVAL);
		finish();
	}
}

/* Every three cuts of a stream, of which anything is read between them: a header in two buffers, the
 * edge in a buffer that goes on to be filled, or of which the front was read. */
static void
test_read_between_cuts(void)
{
	static const uint32_t segs[] = { 1, 2, 1400 };

	for (uint32_t seg = 0; seg < HARNESS_COUNT(segs); seg++)
		for (uint32_t a = 0; a <= 100; a++)
			for (uint32_t b = a; b <= 100; b += seg == 2 ? 1 : 7) {
				uint64_t rec_no = 99;

				begin_keyed();
				put_data(1);
				put_data(4);
				put_data(3);
				CU_ASSERT_EQUAL_FATAL(t.len, 8 + 3 * peer_around(&t.peer));
				feed(RTE_MIN(a, t.len), segs[seg]);
				while ((a + b) % 2 && recv_data(1 + a % 3) > 0)
					;
				feed(RTE_MIN(b, t.len), segs[seg]);
				while (b % 3 && recv_data(1 + a % 2) > 0)
					;
				feed(t.len, segs[seg]);
				while (t.got < t.sent)
					CU_ASSERT_FATAL(recv_data(1 + b % 4) > 0);
				CU_ASSERT(boundary(&rec_no));
				CU_ASSERT_EQUAL(rec_no, 3);
				CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), 3);
				finish();
			}
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "records cut at every place", test_every_cut, EACH_SUITE },
		{ "records cut at every two places, out of order", test_two_cuts, EACH_SUITE },
		{ "records in tiny segments", test_tiny_segments, EACH_SUITE },
		{ "more records than are framed ahead", test_many_small, EACH_SUITE },
		{ "reading between cuts", test_read_between_cuts, EACH_SUITE },
	};

	return shared_start("session-rx-cuts") ?
		       each_suite_run("session/rx_cuts", cases, HARNESS_COUNT(cases)) :
		       1;
}
