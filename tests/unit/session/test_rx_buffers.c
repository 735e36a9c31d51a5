/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a program reads into buffers of all sizes and numbers, and what it only looks at. */
#include "support/each_suite.h"
#include "unit/session/rx_bench.h"

/* Sizes of receive buffers against records of 1, 100 and 5000 bytes. */
static void
test_buffer_sizes(void)
{
	static const size_t sizes[] = { 1, 2, 7, 99, 100, 101, 102, 4999, 5101, 5102, 10000 };
	static const uint32_t records[] = { 1, 100, 5000 };

	for (size_t i = 0; i < HARNESS_COUNT(sizes); i++)
		for (uint32_t seg = 50; seg <= 1450; seg += 700) {
			uint64_t end = 0;

			begin_keyed();
			for (size_t k = 0; k < 3; k++)
				put_data(records[k]);
			feed(t.len, seg);
			while (t.got < t.sent) {
				size_t want = RTE_MIN(sizes[i], (size_t)(t.sent - t.got));
				bool eor = false;

				end = 0;
				for (size_t k = 0; k < 3; k++) {
					end += records[k];
					eor |= t.got + want == end;
				}
				expect_msg(sizes[i], 0, (ssize_t)want, 23, eor);
			}
			CU_ASSERT_EQUAL(recv_data(1), -EAGAIN);
			finish();
		}
}

/* Into pieces: few go directly, too many through a buffer. */
static void
test_scatters(void)
{
	static const unsigned int counts[] = { 1, 2, 3, 10, 63, 64, 65, 66, 100, 200 };

	for (size_t i = 0; i < HARNESS_COUNT(counts); i++) {
		unsigned int n = counts[i];
		struct iovec iov[200];
		struct rtls_msg msg = { .iov = iov, .iovlen = n };
		size_t left = 3000, at = 0;

		begin_keyed();
		put_data(1500);
		put_data_padded(1400, 100); /* the padding falls into the program's buffers */
		feed_all();
		memset(room, GUARD, 4000);
		for (unsigned int k = 0; k < n; k++) {
			iov[k].iov_base = room + at + 1;
			iov[k].iov_len = k + 1 == n ? left : k % 5 == 3 ? 0 : left / (n - k);
			left -= iov[k].iov_len;
			at += iov[k].iov_len + 1;
		}
		CU_ASSERT_EQUAL(session_rx_recv(&t.rx, &msg, 0, false, true), 2900);
		for (unsigned int k = 0; k < n && t.got < 2900; k++) {
			size_t len = RTE_MIN(iov[k].iov_len, (size_t)(2900 - t.got));

			CU_ASSERT_EQUAL(((uint8_t *)iov[k].iov_base)[-1], GUARD);
			CU_ASSERT(pattern_is(iov[k].iov_base, t.got, len));
			t.got += len;
		}
		CU_ASSERT_EQUAL(msg.flags, RTLS_MSG_EOR);
		CU_ASSERT_EQUAL(msg.wire_len, 5 + 1400 + 1 + 100 + 16);
		finish();
	}
}

static void
test_peek(void)
{
	begin_keyed();
	put_data(100);
	put_data(200);
	put_control(21, 2);
	feed_all();
	for (int i = 0; i < 3; i++) {
		expect_msg(40, RTLS_MSG_PEEK, 40, 23, false);
		expect_msg(100, RTLS_MSG_PEEK, 100, 23, true);
		expect_msg(101, RTLS_MSG_PEEK, 101, 23, false);
		expect_msg(1000, RTLS_MSG_PEEK, 300, 23, true);
	}
	CU_ASSERT_EQUAL(t.rx.tls->count.records, 3);
	CU_ASSERT_EQUAL(recv_data(30), 30);
	expect_msg(1000, RTLS_MSG_PEEK, 270, 23, true);
	CU_ASSERT_EQUAL(recv_data(80), 80);
	expect_msg(1000, RTLS_MSG_PEEK, 190, 23, true);
	CU_ASSERT_EQUAL(recv_data(1000), 190);
	expect_msg(1000, RTLS_MSG_PEEK, 2, 21, true);
	expect_msg(1, RTLS_MSG_PEEK, 1, 21, false);
	CU_ASSERT_EQUAL(recv_data(1000), -EIO);
	expect_msg(1000, 0, 2, 21, true);
	expect_msg(1000, RTLS_MSG_PEEK, -EAGAIN, 0, false);
	finish();
	/* As much as the buffers hold; what was looked at stays in front. */
	begin_keyed();
	for (int i = 0; i < 40; i++)
		put_data(5000);
	feed_all();
	expect_msg(200000, RTLS_MSG_PEEK, 200000, 23, true);
	CU_ASSERT_EQUAL(t.rx.tls->list.room, 40 * BUF_LARGE_ROOM);
	CU_ASSERT_EQUAL(recv_data(12000), 12000);
	expect_msg(200000, RTLS_MSG_PEEK, 188000, 23, true);
	CU_ASSERT_EQUAL(recv_data(200000), 188000);
	CU_ASSERT_EQUAL(t.rx.tls->list.room, 0);
	finish();
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "receive buffers of all sizes", test_buffer_sizes, EACH_SUITE },
		{ "receive buffers in pieces", test_scatters, EACH_SUITE_13 },
		{ "peek", test_peek, EACH_SUITE },
	};

	return shared_start("session-rx-buffers") ?
		       each_suite_run("session/rx_buffers", cases, HARNESS_COUNT(cases)) :
		       1;
}
