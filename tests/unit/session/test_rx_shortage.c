/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Receiving where buffers or keys are short, and what a freed buffer holds. */
#include "support/each_suite.h"
#include "unit/session/rx_bench.h"

/* Send queues that took every buffer do not keep a program from reading. */
static void
test_reserve(void)
{
	struct starved s[3];

	begin_keyed();
	put_data(100);
	put_data(5000);
	put_control(21, 2);
	feed_all();
	for (int i = 0; i < 3; i++)
		starve(&s[i], pools.record[i], 0);
	CU_ASSERT_EQUAL(recv_data(10000), 5100);
	expect_msg(100, 0, 2, 21, true);
	for (int i = 0; i < 3; i++)
		starve_end(&s[i]);
	finish();
}

static void
starve_all(struct starved s[4])
{
	/* Also what is kept for receiving alone. */
	starve(&s[3], pools.reserve, 0);
	for (int i = 0; i < 3; i++)
		starve(&s[i], pools.record[i], 0);
}

static void
starve_all_end(struct starved s[4])
{
	for (int i = 0; i < 4; i++)
		starve_end(&s[i]);
}

/* What needs a buffer of ours: one that is too short for the record, and to look only. */
static void
test_without_memory(void)
{
	struct starved s[4];

	begin_keyed();
	put_data(100);
	put_data(5000);
	put_control(21, 2);
	put_data(300);
	feed_all();
	starve_all(s);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(recv_data(99), -ENOMEM);
		expect_msg(1000, RTLS_MSG_PEEK, -ENOMEM, 0, false);
		CU_ASSERT(readable());
	}
	CU_ASSERT_EQUAL(t.flaky.jobs, 0);
	CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), 0);
	starve_end(&s[0]);
	/* A small buffer is enough for the first, and no more. */
	CU_ASSERT_EQUAL(recv_data(99), 99);
	CU_ASSERT_EQUAL(recv_data(5000), 1);
	CU_ASSERT_EQUAL(recv_data(4999), -ENOMEM);
	starve_end(&s[2]);
	CU_ASSERT_EQUAL(recv_data(4999), 4999);
	CU_ASSERT_EQUAL(recv_data(10000), 1);
	CU_ASSERT_EQUAL(recv_data(10000), -EIO);
	expect_msg(100, 0, 2, 21, true);
	CU_ASSERT_EQUAL(recv_data(10000), 300);
	starve_end(&s[1]);
	starve_end(&s[3]);
	finish();
}

/* What fits the program's buffers is opened there, whatever is left of ours. */
static void
test_without_own_buffers(void)
{
	static const struct {
		uint32_t len, seg_len;
	} rows[] = { { 1, 1400 }, { 1000, 100 }, { 5000, 1400 }, { 16384, 1400 } };
	struct starved s[4];

	begin_keyed();
	starve_all(s);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		put_data(rows[i].len);
		feed(t.len, rows[i].seg_len);
		CU_ASSERT_EQUAL(recv_data(rows[i].len), rows[i].len);
	}
	put_data(700);
	put_data(800);
	put_control(21, 2);
	put_control(22, 800);
	put_data(0);
	put_data(300);
	feed_all();
	/* A control record is none for a buffer of data, and leaves no trace there. */
	CU_ASSERT_EQUAL(recv_data(2000), 1500);
	for (size_t i = 1500; i < 2000; i++)
		CU_ASSERT(room[16 + i] == 0 || room[16 + i] == GUARD);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(recv_data(2000), -EIO);
		for (size_t j = 0; j < 2000; j++)
			CU_ASSERT(room[16 + j] == 0 || room[16 + j] == GUARD);
	}
	CU_ASSERT(readable());
	expect_msg(1, 0, -ENOMEM, 0, false);
	expect_msg(2, 0, 2, 21, true);
	expect_msg(1000, 0, 800, 22, true);
	CU_ASSERT_EQUAL(recv_data(2000), 300);
	CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), 4 + 6);
	starve_all_end(s);
	finish();
}

/* Found also where the program's buffers cut it, and with what follows it. */
static void
test_control_into_pieces(void)
{
	static const uint8_t messages[] = { 4, 0, 0, 3, 'a', 'b', 'c', 24, 0, 0, 1, 0, 4 };
	struct starved s[4];
	uint8_t got[64];

	for (int more = 0; more <= 1; more++) {
		for (size_t cut = 0; cut <= 12; cut++) {
			struct iovec iov[] = { { got, cut }, { got + cut, sizeof(got) - cut } };
			struct rtls_msg msg = { .iov = iov, .iovlen = 2 };

			begin_keyed();
			put_record(22, messages, 12 + (uint32_t)more, 3);
			feed_all();
			starve_all(s);
			CU_ASSERT_EQUAL(session_rx_recv(&t.rx, &msg, 0, false, false),
					more ? -EINVAL : 12);
			CU_ASSERT_EQUAL(t.rx.state, more ? SESSION_RX_FAILED : SESSION_RX_PAUSED);
			if (!more)
				CU_ASSERT_EQUAL(memcmp(got, messages, 12), 0);
			starve_all_end(s);
			finish();
		}
	}
}

static void
test_head_need(void)
{
	begin_keyed();
	CU_ASSERT_EQUAL(session_rx_head_need(&t.rx), 5 + 16384 + 256);
	put_data(100);
	put_data(200);
	feed(4, 4);
	CU_ASSERT_EQUAL(session_rx_head_need(&t.rx), 5 + 16384 + 256 - 4);
	feed(5, 4);
	CU_ASSERT_EQUAL(session_rx_head_need(&t.rx), 100 + 17);
	feed(5 + 116, 2000);
	CU_ASSERT_EQUAL(session_rx_head_need(&t.rx), 1);
	feed(5 + 117 + 3, 2000);
	CU_ASSERT_EQUAL(session_rx_head_need(&t.rx), 0);
	CU_ASSERT_EQUAL(recv_data(1000), 100);
	CU_ASSERT_EQUAL(session_rx_head_need(&t.rx), 5 + 16384 + 256 - 3);
	feed(5 + 117 + 25, 2000);
	CU_ASSERT_EQUAL(session_rx_head_need(&t.rx), 200 + 17 - 20);
	feed_all();
	CU_ASSERT_EQUAL(session_rx_head_need(&t.rx), 0);
	finish();
}

/* Nothing is left of what a direction has from its keys on: they wait, and nothing has changed. */
static void
test_no_tls(void)
{
	struct rx_tls *taken[SHARED_SOCKS];

	begin();
	t.peer = peer_key(0, 0);
	for (int i = 0; i < SHARED_SOCKS; i++)
		taken[i] = session_rx_tls_take(&shared);
	CU_ASSERT_PTR_NULL(session_rx_tls_take(&shared));
	CU_ASSERT_EQUAL(set_key(0, 0), -ENOMEM);
	CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_PLAIN);
	session_rx_tls_give(&shared, taken[0]);
	/* The provider has no memory: the next one finds what this one took. */
	t.flaky.no_keys = true;
	CU_ASSERT_EQUAL(set_key(0, 0), -ENOMEM);
	CU_ASSERT_PTR_NULL(t.rx.tls);
	t.flaky.no_keys = false;
	put_data(100);
	feed_all();
	CU_ASSERT_EQUAL(set_key(0, 0), 0);
	CU_ASSERT_EQUAL(recv_data(1000), 100);
	for (int i = 1; i < SHARED_SOCKS; i++)
		session_rx_tls_give(&shared, taken[i]);
	finish();
}

static void
test_wipes(void)
{
	const struct rx_tls *tls;
	const uint8_t *plain;
	uint32_t left = 0;

	/* Delivered in parts, to the end; and not to the end. */
	for (int whole = 0; whole <= 1; whole++) {
		begin_keyed();
		put_data(1000);
		feed_all();
		CU_ASSERT_EQUAL(recv_data(1), 1);
		plain = rte_pktmbuf_mtod(t.rx.tls->list.first, const uint8_t *) - 1;
		CU_ASSERT(pattern_is(plain, 0, 1000));
		tls = t.rx.tls;
		CU_ASSERT_EQUAL(recv_data(600), 600);
		if (whole)
			CU_ASSERT_EQUAL(recv_data(600), 399);
		finish();
		for (uint32_t i = 0; i < 1000; i++)
			left += plain[i] != 0;
		CU_ASSERT_EQUAL(left, 0);
		/* All that it had from its keys on. */
		for (size_t i = 0; i < sizeof(*tls); i++)
			CU_ASSERT_EQUAL(((const uint8_t *)tls)[i], 0);
	}
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "empty pools change nothing", test_without_memory, EACH_SUITE },
		{ "buffers that suffice need none of ours", test_without_own_buffers, EACH_SUITE },
		{ "a control record into pieces", test_control_into_pieces, EACH_SUITE_13 },
		{ "what is kept for receiving", test_reserve, EACH_SUITE },
		{ "what the head record needs", test_head_need, EACH_SUITE_ONCE },
		{ "no memory for keys", test_no_tls, EACH_SUITE_ONCE },
		{ "freed buffers hold no plaintext", test_wipes, EACH_SUITE },
	};

	return shared_start("session-rx-shortage") ?
		       each_suite_run("session/rx_shortage", cases, HARNESS_COUNT(cases)) :
		       1;
}
