/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a program reads, however the records came, and whatever the sizes of its buffers. */
#include "support/each_suite.h"
#include "unit/session/rx_bench.h"

static void
test_plain(void)
{
	struct rtls_msg msg;
	uint64_t off, rec_no;

	begin();
	CU_ASSERT(!readable());
	CU_ASSERT(!session_rx_boundary(&t.rx, &off, &rec_no));
	CU_ASSERT_EQUAL(recv_with(10, 0, true, &msg), -EAGAIN);
	pattern_fill(t.wire, 0, 5000);
	t.len = 5000;
	feed_all();
	CU_ASSERT(readable());
	CU_ASSERT_EQUAL(recv_with(3000, RTLS_MSG_PEEK, true, &msg), 3000);
	CU_ASSERT(pattern_is(room + 16, 0, 3000));
	CU_ASSERT_EQUAL(recv_with(3000, 0, false, &msg), 3000);
	CU_ASSERT(pattern_is(room + 16, 0, 3000));
	CU_ASSERT_EQUAL(msg.type, 0);
	CU_ASSERT_EQUAL(msg.version, 0);
	CU_ASSERT_EQUAL(msg.flags, 0);
	CU_ASSERT_EQUAL(msg.wire_len, 0);
	CU_ASSERT_EQUAL(recv_with(0, 0, false, &msg), 0);
	{
		/* Into pieces. */
		uint8_t a[700], b[100000];
		struct iovec iov[] = { { a, 0 }, { a, sizeof(a) }, { NULL, 0 }, { b, sizeof(b) } };

		msg.iov = iov;
		msg.iovlen = 4;
		CU_ASSERT_EQUAL(session_rx_recv(&t.rx, &msg, 0, false, true), 2000);
		CU_ASSERT(pattern_is(a, 3000, 700));
		CU_ASSERT(pattern_is(b, 3700, 1300));
	}
	CU_ASSERT_EQUAL(recv_with(10, 0, true, &msg), -EAGAIN);
	t.fin = true;
	CU_ASSERT(readable());
	CU_ASSERT_EQUAL(recv_with(10, 0, true, &msg), 0);
	CU_ASSERT_EQUAL(session_rx_head_need(&t.rx), 0);
	finish();
}

/* Keys apply at the read position: what came before them in the same segment is plain. */
static void
test_keys_in_mid_stream(void)
{
	struct rtls_msg msg;

	begin();
	memcpy(t.wire, "hello", 5);
	t.len = 5;
	t.peer = peer_key(0, 9);
	put_data(100);
	feed_all();
	CU_ASSERT_EQUAL(recv_with(5, 0, true, &msg), 5);
	CU_ASSERT_EQUAL(memcmp(room + 16, "hello", 5), 0);
	CU_ASSERT_EQUAL(set_key(0, 9), 0);
	CU_ASSERT(readable());
	CU_ASSERT_EQUAL(recv_data(1000), 100);
	CU_ASSERT_EQUAL(session_rx_rec_no(&t.rx), 10);
	finish();
}

static void
test_set_keys(void)
{
	struct peer p = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&p);

	begin();
	keys.version = 0x0302;
	CU_ASSERT_EQUAL(session_rx_set_keys(&t.rx, &shared, &keys), -EINVAL);
	keys.version = 0x0304;
	keys.cipher = 1;
	CU_ASSERT_EQUAL(session_rx_set_keys(&t.rx, &shared, &keys), -EINVAL);
	t.flaky.no_keys = true;
	CU_ASSERT_EQUAL(set_key(0, 0), -ENOMEM);
	t.flaky.no_keys = false;
	CU_ASSERT_EQUAL(t.rx.state, SESSION_RX_PLAIN);
	CU_ASSERT_PTR_NULL(session_rx_epoch(&t.rx));
	finish();

	begin_keyed();
	CU_ASSERT_EQUAL(t.rx.tls->epochs.nb_keys, 1);
	put_data(100);
	put_data(100);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(60), 60);
	/* 40 bytes of the old key's are not read yet. */
	CU_ASSERT_EQUAL(set_key(1, 0), -EBUSY);
	keys.cipher = 56; /* the kernel's, and not carried */
	CU_ASSERT_EQUAL(session_rx_set_keys(&t.rx, &shared, &keys), -ENOTSUP);
	CU_ASSERT_EQUAL(recv_data(40), 40);
	t.flaky.no_keys = true;
	CU_ASSERT_EQUAL(set_key(1, 0), -ENOMEM);
	t.flaky.no_keys = false;
	/* The old key works after all of these. */
	CU_ASSERT_EQUAL(recv_data(1000), 100);
	/* A program that runs the handshake itself changes keys without a KeyUpdate. */
	t.peer = peer_key(1, 0);
	put_data(100);
	feed_all();
	CU_ASSERT_EQUAL(set_key(1, 0), 0);
	CU_ASSERT_EQUAL(t.rx.tls->epochs.nb_keys, 2);
	CU_ASSERT_EQUAL(t.flaky.keys, 1);
	CU_ASSERT_EQUAL(recv_data(1000), 100);
	finish();
}

/* Another key needs another handshake, which TLS 1.2 has within the connection alone. */
static void
test_only_key(void)
{
	begin_keyed();
	for (unsigned int n = 0; n < 2; n++) {
		CU_ASSERT_EQUAL(set_key(n, 0), -EBUSY);
		CU_ASSERT_EQUAL(set_key(n, 1000), -EBUSY);
	}
	put_data(100);
	put_record(20, "\1", 1, 0);
	put_record(22, "finished", 8, 0);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(200), 100);
	CU_ASSERT_EQUAL(set_key(1, 0), -EBUSY);
	expect_msg(100, 0, 1, 20, true);
	CU_ASSERT_EQUAL(set_key(1, 0), -EBUSY);
	expect_msg(100, 0, 8, 22, true);
	/* What has another key anyhow is no record of this one. */
	t.peer = peer_key(1, 0);
	put_data(10);
	feed_all();
	CU_ASSERT_EQUAL(recv_data(200), -EBADMSG);
	CU_ASSERT_EQUAL(t.flaky.keys, 1);
	finish();
}

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
		{ "plain bytes before keys", test_plain, EACH_SUITE_ONCE },
		{ "keys apply at the read position", test_keys_in_mid_stream, EACH_SUITE },
		{ "keys installed, changed and refused", test_set_keys, EACH_SUITE_13 },
		{ "no second key", test_only_key, EACH_SUITE_12 },
		{ "receive buffers of all sizes", test_buffer_sizes, EACH_SUITE },
		{ "receive buffers in pieces", test_scatters, EACH_SUITE_13 },
		{ "peek", test_peek, EACH_SUITE },
		{ "empty and padded records", test_empty_and_padded, EACH_SUITE },
		{ "content types of any value", test_other_types, EACH_SUITE },
		{ "TLS 1.2 records by the same code", test_tls12_layout, EACH_SUITE_12 },
	};

	return shared_start("session-rx") ?
		       each_suite_run("session/rx", cases, HARNESS_COUNT(cases)) :
		       1;
}
