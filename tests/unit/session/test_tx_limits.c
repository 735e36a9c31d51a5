/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* How many records a key may have, and which numbers. */
#include "support/each_suite.h"
#include "unit/session/tx_bench.h"

/* RFC 8446 5.5 gives ChaCha20-Poly1305 none that could be reached. */
static void
test_no_seal_limit(void)
{
	begin_keyed(SNDBUF);
	t.tx.tls->epochs.now->tx.records = UINT64_MAX - 1000;
	for (int i = 0; i < 100; i++) {
		CU_ASSERT_EQUAL(send_data(1, i & 1), 1);
		CU_ASSERT_EQUAL(send_control(21, 2), 0);
	}
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, t.accepted);
	finish();
}

/* RFC 8446 5.5, RFC 9325: data stops before the limit, what changes the key does not. */
static void
test_seal_limit(void)
{
	if (record_suite_find(peer_suite.tls12 ? RTLS_TLS_1_2 : RTLS_TLS_1_3, peer_suite.cipher)
		    ->seal_limit == 0) {
		test_no_seal_limit();
		return;
	}
	begin_keyed(SNDBUF);
	t.tx.tls->epochs.now->tx.records = t.tx.tls->epochs.now->suite->seal_limit -
					   SESSION_TX_RESERVE - 2;
	t.tx.pad.cap = 100;
	CU_ASSERT_EQUAL(send_data(50, true), 50);
	/* This one closes a record and opens the last there is. */
	CU_ASSERT_EQUAL(send_data(300, true), 150);
	CU_ASSERT_EQUAL(send_data(1, true), -EKEYEXPIRED);
	CU_ASSERT_EQUAL(send_data(1, false), -EKEYEXPIRED);
	CU_ASSERT_EQUAL(send_data(0, false), 0);
	CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
	{
		struct rte_mbuf *m = loaded_buffer(5);

		CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), -EKEYEXPIRED);
		rte_pktmbuf_free(m);
	}
	for (int i = 0; i < SESSION_TX_RESERVE; i++)
		CU_ASSERT_EQUAL(send_control(22, 5), 0);
	CU_ASSERT_EQUAL(send_control(22, 5), -EKEYEXPIRED);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.now->tx.records, t.tx.tls->epochs.now->suite->seal_limit);
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, 200);
	/* The next key has a limit of its own. Without one it is the end, for good. */
	CU_ASSERT_EQUAL(set_key(1, 0), t.peer[0].tls12 ? -EBUSY : 0);
	CU_ASSERT_EQUAL(send_data(10, false), t.peer[0].tls12 ? -EKEYEXPIRED : 10);
	CU_ASSERT_EQUAL(send_record(0), t.peer[0].tls12 ? -EKEYEXPIRED : 0);
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, t.peer[0].tls12 ? 200 : 210);
	finish();
}

/* An open record has its number, whatever is sent before it is closed. */
static void
test_seal_limit_open(void)
{
	begin_keyed(SNDBUF);
	if (t.peer[0].cipher == 54) {
		finish();
		return;
	}
	t.tx.tls->epochs.now->tx.records = t.tx.tls->epochs.now->suite->seal_limit - 1;
	CU_ASSERT_EQUAL(send_data(10, false), -EKEYEXPIRED);
	CU_ASSERT_EQUAL(send_control(21, 2), 0);
	CU_ASSERT_EQUAL(send_control(21, 2), -EKEYEXPIRED);
	finish();
	begin_keyed(SNDBUF);
	t.tx.tls->epochs.now->tx.records = t.tx.tls->epochs.now->suite->seal_limit -
					   SESSION_TX_RESERVE - 1;
	CU_ASSERT_EQUAL(send_data(10, true), 10);
	for (int i = 0; i < SESSION_TX_RESERVE; i++)
		CU_ASSERT_EQUAL(send_control(21, 2), 0);
	CU_ASSERT_EQUAL(send_control(21, 2), -EKEYEXPIRED);
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, 10);
	finish();
}

static void
test_last_number(void)
{
	/* With so many numbers left, 2^64 - 1 among them, how many data and control records go. */
	static const struct {
		uint64_t left;
		int data;
		int control;
	} rows[] = {
		{ 1, 0, 0 }, { 2, 0, 1 }, { 17, 0, 16 }, { 18, 1, 16 }, { 20, 3, 16 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		begin(SNDBUF);
		CU_ASSERT_EQUAL(set_key(0, 0 - rows[i].left), 0);
		for (int n = 0; n < rows[i].data; n++)
			CU_ASSERT_EQUAL(send_data(10, false), 10);
		CU_ASSERT_EQUAL(send_data(10, false), -EKEYEXPIRED);
		for (int n = 0; n < rows[i].control; n++)
			CU_ASSERT_EQUAL(send_control(21, 2), 0);
		CU_ASSERT_EQUAL(send_control(21, 2), -EKEYEXPIRED);
		CU_ASSERT_EQUAL(t.tx.tls->epochs.now->tx.rec_no, UINT64_MAX);
		acknowledge();
		CU_ASSERT_EQUAL(t.logged, (unsigned int)(rows[i].data + rows[i].control));
		finish();
	}
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "the record limit of a key", test_seal_limit, EACH_SUITE },
		{ "the record limit with a record open", test_seal_limit_open, EACH_SUITE },
		{ "the last record number is never used", test_last_number, EACH_SUITE },
	};

	return shared_start("session-tx-limits") ?
		       each_suite_run("session/tx_limits", cases, HARNESS_COUNT(cases)) :
		       1;
}
