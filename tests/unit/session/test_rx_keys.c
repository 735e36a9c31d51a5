/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Before keys, behind them, and how one follows the other. */
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

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "plain bytes before keys", test_plain, EACH_SUITE_ONCE },
		{ "keys apply at the read position", test_keys_in_mid_stream, EACH_SUITE },
		{ "keys installed, changed and refused", test_set_keys, EACH_SUITE_13 },
		{ "no second key", test_only_key, EACH_SUITE_12 },
	};

	return shared_start("session-rx-keys") ?
		       each_suite_run("session/rx_keys", cases, HARNESS_COUNT(cases)) :
		       1;
}
