/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Control records: alone, in parts, and ahead of data that waits. */
#include "support/each_suite.h"
#include "unit/session/rx_bench.h"

static void
test_control(void)
{
	begin_keyed();
	put_data(50);
	put_data(60);
	put_control(21, 2);
	put_control(22, 100);
	put_control(22, 40);
	put_control(98, 0);
	put_control(99, 3);
	put_data(70);
	feed_all();
	/* Data up to the first control record, whatever the room. */
	expect_msg(1000, 0, 110, 23, true);
	CU_ASSERT(session_rx_control_ahead(&t.rx));
	CU_ASSERT(readable());
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(recv_data(1000), -EIO);
	expect_msg(1000, 0, 2, 21, true);
	CU_ASSERT_EQUAL(memcmp(room + 16, "\x15\x16", 2), 0);
	/* Never two of them, and in parts. */
	expect_msg(30, 0, 30, 22, false);
	CU_ASSERT(session_rx_control_ahead(&t.rx));
	CU_ASSERT_EQUAL(recv_data(1000), -EIO);
	expect_msg(30, RTLS_MSG_PEEK, 30, 22, false);
	expect_msg(70, RTLS_MSG_PEEK, 70, 22, true);
	expect_msg(60, 0, 60, 22, false);
	expect_msg(1000, 0, 10, 22, true);
	CU_ASSERT_EQUAL(recv_data(1000), -EIO);
	expect_msg(40, 0, 40, 22, true);
	/* Empty, but there. */
	CU_ASSERT_EQUAL(recv_data(1000), -EIO);
	expect_msg(40, RTLS_MSG_PEEK, 0, 98, true);
	expect_msg(40, 0, 0, 98, true);
	expect_msg(1, 0, 1, 99, false);
	expect_msg(40, 0, 2, 99, true);
	CU_ASSERT_EQUAL(memcmp(room + 16, "\x64\x65", 2), 0);
	CU_ASSERT(!session_rx_control_ahead(&t.rx));
	CU_ASSERT_EQUAL(recv_data(1000), 70);
	CU_ASSERT_EQUAL(t.rx.tls->count.records, 8);
	finish();
}

/* A control record shows only after it was opened, perhaps into the program's buffer. */
static void
test_control_leaves_no_trace(void)
{
	struct rtls_msg msg;

	begin_keyed();
	put_data(10);
	put_control(21, 500);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(1000), 10);
	for (size_t i = 10; i < 510; i++)
		CU_ASSERT(room[16 + i] == 0 || room[16 + i] == GUARD);
	finish();
	begin_keyed();
	put_control(21, 500);
	feed_all();
	CU_ASSERT_EQUAL(recv_with(1000, 0, true, &msg), -EIO);
	CU_ASSERT_EQUAL(msg.type, 0);
	for (size_t i = 0; i < 500; i++)
		CU_ASSERT(room[16 + i] == 0 || room[16 + i] == GUARD);
	expect_msg(1000, 0, 500, 21, true);
	finish();
}

/* A control record alone, past data if need be. */
static void
expect_control(ssize_t n, uint8_t type)
{
	expect_msg(1000, RTLS_MSG_CONTROL | RTLS_MSG_PEEK, n, type, n > 0);
	expect_msg(1000, RTLS_MSG_CONTROL, n, type, n > 0);
}

/* RFC 8446 4.6.3, for a program that sends: data stays, and its key update is met all the same. */
static void
test_control_past_data(void)
{
	begin_keyed();
	expect_control(-EAGAIN, 0);
	put_data(100);
	put_control(22, 4);
	put_data(200);
	put_key_update();
	t.peer = peer_key(1, 0);
	put_data(5000);
	feed_all();
	CU_ASSERT_FALSE(session_rx_control_ahead(&t.rx));
	expect_control(4, 22);
	CU_ASSERT_EQUAL(session_rx_look_ahead(&t.rx, false), 0);
	CU_ASSERT(session_rx_control_ahead(&t.rx));
	/* In parts, as any. */
	CU_ASSERT_EQUAL(set_key(1, 0), -EBUSY);
	expect_msg(3, RTLS_MSG_CONTROL, 3, 22, false);
	CU_ASSERT_EQUAL(set_key(1, 0), -EBUSY);
	expect_msg(9, RTLS_MSG_CONTROL, 2, 22, true);
	CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_PAUSED);
	CU_ASSERT_FALSE(session_rx_control_ahead(&t.rx));
	CU_ASSERT(readable());
	expect_control(-EAGAIN, 0);
	/* What waits was opened with its own key. */
	CU_ASSERT_EQUAL(recv_data(250), 250);
	CU_ASSERT_EQUAL(set_key(1, 0), 0);
	CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), 0);
	expect_control(-EAGAIN, 0);
	CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), 1);
	CU_ASSERT_EQUAL(recv_data(10000), 5050);
	expect_control(-EAGAIN, 0);
	t.fin = true;
	expect_control(0, 0);
	finish();
	/* Without a new key the end of what waits is seen, not passed. */
	begin_keyed();
	put_data(10);
	put_key_update();
	put_data(10);
	feed_all();
	expect_control(5, 22);
	CU_ASSERT_EQUAL(recv_data(100), 10);
	CU_ASSERT(!readable());
	expect_end(-EKEYEXPIRED);
	expect_control(-EKEYEXPIRED, 0);
	finish();
}

/* An alert, or an error, says something about the data in front of it. */
static void
test_control_behind_data(void)
{
	begin_keyed();
	put_data(10);
	put_close_notify();
	feed_all();
	t.fin = true;
	expect_control(-EAGAIN, 0);
	CU_ASSERT_EQUAL(recv_data(5), 5);
	expect_control(-EAGAIN, 0);
	CU_ASSERT_EQUAL(recv_data(100), 5);
	expect_control(2, 21);
	expect_control(0, 0);
	expect_end(0);
	finish();
	begin_keyed();
	put_data(10);
	put_record(22, "\4\0", 2, 0);
	put_data(10);
	feed_all();
	expect_control(2, 22);
	CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_RECORDS);
	/* It is bad, and that is for a receive to say. */
	expect_control(-EAGAIN, 0);
	CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_RECORDS);
	CU_ASSERT(readable());
	CU_ASSERT_EQUAL(recv_data(10), 10);
	expect_control(-EAGAIN, 0);
	expect_end(-EINVAL);
	expect_control(-EINVAL, 0);
	finish();
	/* Of every kind, and tried once. */
	for (int kind = 0; kind < 6; kind++) {
		static const int errors[] = { -EBADMSG,  -EBADMSG, -EINVAL,
					      -EMSGSIZE, -EINVAL,  -EMSGSIZE };
		unsigned int jobs;

		begin_keyed();
		put_record(kind == 1 ? 0 : kind == 2 ? 20 : 23, "\0\0", 2, kind == 3 ? 16384 : 0);
		if (kind == 0)
			t.wire[t.len - 1] ^= 1;
		if (kind == 4)
			t.wire[1] ^= 1;
		feed(kind == 5 ? t.len - 1 : t.len, 1400);
		t.fin = kind == 5;
		expect_control(-EAGAIN, 0);
		jobs = t.flaky.jobs;
		expect_control(-EAGAIN, 0);
		CU_ASSERT_EQUAL(session_rx_look_ahead(&t.rx, t.fin), 0);
		CU_ASSERT_EQUAL(t.flaky.jobs, jobs);
		CU_ASSERT_EQUAL(t.rx.tls->decrypt_errors, 0);
		CU_ASSERT_EQUAL(t.rx.end_reason, 0);
		CU_ASSERT(readable());
		expect_end(errors[kind]);
		finish();
	}
	/* Before keys there are none. */
	begin();
	memcpy(t.wire, "plain", 5);
	t.len = 5;
	feed_all();
	expect_control(-EAGAIN, 0);
	finish();
}

/* How much waits, and that it is never the last memory. */
static void
test_control_bound(void)
{
	struct starved s;

	begin_keyed();
	for (int i = 0; i < 4; i++)
		put_data(16384);
	put_key_update();
	feed_all();
	for (int i = 0; i < 3; i++)
		expect_control(-EAGAIN, 0);
	CU_ASSERT_EQUAL(t.rx.tls->count.records, 2);
	CU_ASSERT_EQUAL(t.rx.tls->list.room, SESSION_RX_AHEAD);
	CU_ASSERT_EQUAL(recv_data(2 * 16384), 2 * 16384);
	expect_control(-EAGAIN, 0);
	CU_ASSERT_EQUAL(t.rx.tls->count.records, 4);
	CU_ASSERT_EQUAL(recv_data(1), 1);
	expect_control(-EAGAIN, 0);
	CU_ASSERT_EQUAL(recv_data(16384), 16384);
	expect_control(5, 22);
	finish();
	begin_keyed();
	put_key_update();
	feed_all();
	starve(&s, pools.record[2], pools.record[2]->size / 2);
	expect_control(-EAGAIN, 0);
	CU_ASSERT_EQUAL(t.rx.tls->count.records, 0);
	CU_ASSERT_EQUAL(session_rx_look_ahead(&t.rx, false), 0);
	starve_end(&s);
	expect_control(5, 22);
	finish();
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "control records stand alone", test_control, EACH_SUITE },
		{ "a control record leaves no trace in a buffer for data",
		  test_control_leaves_no_trace, EACH_SUITE },
		{ "a control record past data that waits", test_control_past_data, EACH_SUITE_13 },
		{ "alerts and errors stay behind data", test_control_behind_data, EACH_SUITE_13 },
		{ "how far a control record is looked for", test_control_bound, EACH_SUITE_13 },
	};

	return shared_start("session-rx-control") ?
		       each_suite_run("session/rx_control", cases, HARNESS_COUNT(cases)) :
		       1;
}
