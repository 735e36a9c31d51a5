/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Records of any content: none, padding, any type; and of either version. */
#include "support/each_suite.h"
#include "unit/session/rx_bench.h"

static void
test_empty_and_padded(void)
{
	static const uint32_t pads[] = { 1, 2, 15, 16, 255, 1000, 16000 };

	begin_keyed();
	for (int i = 0; i < 3; i++)
		put_data(0);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(100), -EAGAIN);
	put_data(0);
	put_data(11);
	put_data_padded(0, 100);
	put_data(0);
	feed_all();
	expect_msg(1000, 0, 11, 23, true);
	CU_ASSERT_EQUAL(recv_data(100), -EAGAIN);
	put_data(0);
	feed_all();
	expect_msg(1000, RTLS_MSG_PEEK, -EAGAIN, 0, false);
	CU_ASSERT_EQUAL(t.rx.tls->count.records, 8);
	for (size_t i = 0; i < HARNESS_COUNT(pads); i++) {
		put_data_padded(200, pads[i]);
		put_record(22, "\4\0\0\0\4\0\0\0", 8, pads[i]);
		put_data_padded(1, pads[i]);
		feed_all();
		/* Directly, in parts, and with the padding beyond the buffer. */
		CU_ASSERT_EQUAL(recv_data(i & 1 ? 200 : 300), 200);
		expect_msg(8, 0, 8, 22, true);
		CU_ASSERT_EQUAL(recv_data(i & 2 ? 1 : 20000), 1);
	}
	/* Content that ends in zeros is content. */
	put_record(22, "\4\0\0\0", 4, 9);
	feed_all();
	expect_msg(100, 0, 4, 22, true);
	finish();
}

/* Which types mean something is for who reads to say; without a type it is no record. */
static void
test_other_types(void)
{
	static const uint8_t types[] = { 1, 19, 24, 25, 64, 99, 128, 255 };

	begin_keyed();
	for (size_t i = 0; i < HARNESS_COUNT(types); i++) {
		put_record(types[i], "abc", 3, (uint32_t)i);
		put_data(10);
		feed_all();
		CU_ASSERT_EQUAL(recv_data(100), -EIO);
		expect_msg(2, 0, 2, types[i], false);
		expect_msg(100, 0, 1, types[i], true);
		CU_ASSERT_EQUAL(recv_data(100), 10);
	}
	finish();
}

static void
test_tls12_layout(void)
{
	struct rtls_msg msg;

	begin_keyed();
	put_data(100);
	put_data(16384);
	put_control(22, 50);
	put_data(0);
	put_close_notify();
	put_control(22, 50);
	feed_all();
	CU_ASSERT(!session_rx_control_ahead(&t.rx));
	CU_ASSERT_EQUAL(recv_with(20000, 0, true, &msg), 16484);
	CU_ASSERT(pattern_is(room + 16, 0, 16484));
	CU_ASSERT_EQUAL(msg.version, 0x0303);
	/* The header shows the type before anything is opened. */
	CU_ASSERT(session_rx_control_ahead(&t.rx));
	CU_ASSERT_EQUAL(recv_with(100, 0, false, &msg), 50);
	CU_ASSERT_EQUAL(msg.type, 22);
	CU_ASSERT_EQUAL(msg.wire_len, peer_around(&t.peer) + 50);
	CU_ASSERT_EQUAL(recv_with(100, 0, false, &msg), 2);
	CU_ASSERT_EQUAL(msg.type, 21);
	/* Nothing is known behind close_notify. */
	CU_ASSERT(!session_rx_control_ahead(&t.rx));
	CU_ASSERT_EQUAL(recv_with(100, 0, false, &msg), 0);
	CU_ASSERT_EQUAL(msg.type, 0);
	finish();
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "empty and padded records", test_empty_and_padded, EACH_SUITE },
		{ "content types of any value", test_other_types, EACH_SUITE },
		{ "TLS 1.2 records by the same code", test_tls12_layout, EACH_SUITE_12 },
	};

	return shared_start("session-rx-content") ?
		       each_suite_run("session/rx_content", cases, HARNESS_COUNT(cases)) :
		       1;
}
