/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a peer sends too much of: each is as many as may come, and one more. */
#include "support/each_suite.h"
#include "unit/session/rx_bench.h"

/* Puts n of a kind: 'e'mpty data, 'a'lerts, 'h'andshake records, 'c'hange_cipher_spec. */
static void
put_dull(char kind, unsigned int n)
{
	for (; n > 0; n--) {
		if (kind == 'e')
			put_data(0);
		else if (kind == 'a')
			put_record(21, "\1\x64", 2, 0);
		else if (kind == 'h')
			put_record(22, "\0\0\0\0", 4, 0);
		else
			put_record(20, "\1", 1, 0);
	}
}

/* Reads what is there: of how many records it is, in all. */
static uint64_t
read_all(ssize_t *end)
{
	struct rtls_msg msg;
	ssize_t n;

	while ((n = recv_with(1000, 0, false, &msg)) > 0)
		if (msg.type == 23)
			t.got += (uint64_t)n;
	*end = n;
	return t.rx.tls->count.records;
}

static void
test_floods(void)
{
	static const struct {
		char kind;
		enum each_suite of;
		unsigned int good;
	} rows[] = {
		{ 'e', EACH_SUITE, 32 },
		{ 'a', EACH_SUITE, 4 },
		{ 'h', EACH_SUITE_12, 32 },
		{ 'c', EACH_SUITE_12, 1 },
	};
	ssize_t end;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		if (peer_suite.tls12 < (rows[i].of == EACH_SUITE_12))
			continue;
		/* As many as may come; data ends the row, but not of change_cipher_spec. */
		begin_keyed();
		for (int round = 0; round < (rows[i].kind == 'c' ? 1 : 3); round++) {
			put_dull(rows[i].kind, rows[i].good);
			put_data(10);
		}
		feed_all();
		CU_ASSERT_EQUAL(read_all(&end), t.peer.rec_no);
		CU_ASSERT_EQUAL(end, -EAGAIN);
		/* And one more; of what comes with it nothing is read. */
		put_data(20);
		put_dull(rows[i].kind, rows[i].good + 1);
		put_data(30);
		feed_all();
		CU_ASSERT_EQUAL(read_all(&end),
				t.peer.rec_no - 2 - (rows[i].kind == 'c' ? rows[i].good : 0));
		CU_ASSERT_EQUAL(end, -EINVAL);
		CU_ASSERT_EQUAL(t.got, t.sent - 30);
		expect_end(-EINVAL);
		CU_ASSERT_EQUAL(t.rx.end_reason, RTLS_REASON_FLOOD);
		CU_ASSERT_EQUAL(t.rx.end_alert, 10);
		CU_ASSERT_EQUAL(t.rx.tls->decrypt_errors, 0);
		finish();
	}
}

/* Looked at ahead of the program, and not: each counts once. */
static void
test_flood_ahead(void)
{
	for (unsigned int extra = 0; extra <= 1; extra++) {
		begin_keyed();
		put_data(100);
		put_dull('e', 32 + extra);
		put_key_update();
		feed_all();
		for (int i = 0; i < 3; i++)
			CU_ASSERT_EQUAL(session_rx_look_ahead(&t.rx, false), 0);
		CU_ASSERT_EQUAL(session_rx_control_ahead(&t.rx), extra == 0);
		for (int i = 0; i < 3; i++)
			expect_msg(100, RTLS_MSG_PEEK, 100, 23, true);
		CU_ASSERT_EQUAL(recv_data(1000), 100);
		if (extra == 0)
			expect_msg(100, 0, 5, 22, true);
		else
			expect_end(-EINVAL);
		finish();
	}
}

static void
test_key_update_flood(void)
{
	struct rtls_msg msg;
	unsigned int n;

	for (unsigned int per_s = 0; per_s <= 12; per_s += 4) {
		begin_keyed();
		if (per_s != 8)
			t.rx.key_updates = (uint8_t)per_s;
		for (n = 0; n < 20; n++) {
			put_data(10);
			put_key_update();
			feed_all();
			CU_ASSERT_EQUAL(recv_data(100), 10);
			if (recv_with(100, 0, false, &msg) != 5)
				break;
			t.peer = peer_key(n % 7 + 1, 0);
			CU_ASSERT_EQUAL(set_key(n % 7 + 1, 0), 0);
			t.now_us -= 1000000;
		}
		CU_ASSERT_EQUAL(n, per_s == 0 ? 20 : per_s);
		if (per_s != 0) {
			expect_end(-EINVAL);
			CU_ASSERT_EQUAL(t.rx.end_reason, RTLS_REASON_FLOOD);
			CU_ASSERT_EQUAL(t.rx.end_alert, 10);
		}
		finish();
	}
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "records without end that say nothing", test_floods, EACH_SUITE },
		{ "and those looked at ahead", test_flood_ahead, EACH_SUITE_13 },
		{ "KeyUpdates without end", test_key_update_flood, EACH_SUITE_13 },
	};

	return shared_start("session-rx-floods") ?
		       each_suite_run("session/rx_floods", cases, HARNESS_COUNT(cases)) :
		       1;
}
