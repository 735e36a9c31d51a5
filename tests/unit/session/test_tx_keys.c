/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A key, the next one, and those that are refused. */
#include "support/each_suite.h"
#include "unit/session/tx_bench.h"
#include "unit/session/tx_script.h"

static void
test_set_keys(void)
{
	struct peer p = peer_key(3, 0);
	struct rtls_keys keys;

	begin(SNDBUF);
	keys = peer_keys(&p);
	keys.version = 0x0302;
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -EINVAL);
	keys = peer_keys(&p);
	keys.cipher = 9999;
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -EINVAL);
	keys = peer_keys(&p);
	t.flaky.no_keys = true;
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -ENOMEM);
	t.flaky.no_keys = false;
	CU_ASSERT_PTR_NULL(session_tx_epoch(&t.tx));
	CU_ASSERT_EQUAL(send_data(5, false), 5);

	CU_ASSERT_EQUAL(set_key(0, 77), 0);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.nb_keys, 1);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.now->tx.rec_no, 77);
	CU_ASSERT_EQUAL(send_data(10, true), 10);
	/* The old key goes on after every refusal, the open record stays open. */
	keys = peer_keys(&p);
	keys.cipher = 56; /* the kernel's, and not carried */
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -ENOTSUP);
	keys = peer_keys(&p);
	t.flaky.no_keys = true;
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -ENOMEM);
	t.flaky.no_keys = false;
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.nb_keys, 1);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.now->tx.rec_no, 78);

	CU_ASSERT_EQUAL(send_data(10, true), 10);
	CU_ASSERT_EQUAL(set_key(1, 0), 0);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.nb_keys, 2);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.now->tx.rec_no, 0);
	CU_ASSERT_EQUAL(t.flaky.keys, 1);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT(t.q.map.tail->fence);
	check_log("0:5 23:20 23:10 23:10");

	finish();
}

/* Another key needs another handshake, which TLS 1.2 has within the connection alone. */
static void
test_only_key(void)
{
	begin(SNDBUF);
	CU_ASSERT_EQUAL(set_key(0, 5), 0);
	CU_ASSERT_EQUAL(send_data(10, true), 10);
	for (unsigned int n = 0; n < 2; n++) {
		CU_ASSERT_EQUAL(set_key(n, 5), -EBUSY);
		CU_ASSERT_EQUAL(set_key(n, 1000), -EBUSY);
	}
	/* What is open stays open. */
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT_EQUAL(t.flaky.keys, 1);
	check_log("23:20");
	finish();
}

/* RFC 5288 3, RFC 6655 3: the explicit nonce counts from what was installed, mod 2^64. */
static void
test_explicit_nonce(void)
{
	static const struct {
		uint64_t iv0, rec_no;
	} rows[] = {
		{ 0, 0 },
		{ 7, 0 },
		{ 0, 7 },
		{ UINT64_MAX - 1, 0 },
		{ UINT64_MAX, UINT64_MAX - 40 },
		{ 0x1122334455667788, 0x8877665544332211 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct peer p = peer_key(0, rows[i].rec_no);
		struct rtls_keys keys;

		if (peer_prefix(&p) == 5)
			continue; /* it has none */
		peer_be64(p.iv + 4, rows[i].iv0);
		keys = peer_keys(&p);
		begin(SNDBUF);
		CU_ASSERT_EQUAL_FATAL(session_tx_set_keys(&t.tx, &keys), 0);
		t.peer[0] = p;
		t.key_off[t.keys++] = 0;
		play("10 c4 5000 r0");
		for (uint64_t n = 0; n < 4; n++) {
			const struct txmap_rec *rec = t.q.map.head;
			uint8_t want[8];

			for (uint64_t k = 0; k < n; k++)
				rec = rec->next;
			peer_be64(want, rows[i].iv0 + n);
			CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod_offset(sendq_mbuf_of(rec),
								       const uint8_t *, 5),
					       want, 8),
					0);
			CU_ASSERT_EQUAL(rec->rec_no, rows[i].rec_no + n);
		}
		check_log("23:10 22:4 23:5000 23:0");
		finish();
	}
	CU_ASSERT(true);
}

/* Nothing is left of what a direction has from its keys on: they wait, and nothing has changed. */
static void
test_no_tls(void)
{
	struct tx_tls *taken[SHARED_SOCKS];

	begin(SNDBUF);
	for (int i = 0; i < SHARED_SOCKS; i++)
		taken[i] = session_tx_tls_take(&shared);
	CU_ASSERT_PTR_NULL(session_tx_tls_take(&shared));
	CU_ASSERT_EQUAL(set_key(0, 0), -ENOMEM);
	CU_ASSERT_EQUAL(send_control(21, 2), -EINVAL);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT_EQUAL(t.flaky.keys, 0);
	session_tx_tls_give(&shared, taken[0]);
	/* The provider has no memory: the next one finds what this one took. */
	t.flaky.no_keys = true;
	CU_ASSERT_EQUAL(set_key(0, 0), -ENOMEM);
	CU_ASSERT_PTR_NULL(t.tx.tls);
	t.flaky.no_keys = false;
	CU_ASSERT_EQUAL(set_key(0, 0), 0);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	acknowledge();
	check_log("0:10 23:10");
	for (int i = 1; i < SHARED_SOCKS; i++)
		session_tx_tls_give(&shared, taken[i]);
	finish();
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "keys installed, changed and refused", test_set_keys, EACH_SUITE_13 },
		{ "no second key", test_only_key, EACH_SUITE_12 },
		{ "explicit nonces", test_explicit_nonce, EACH_SUITE_12 },
		{ "no memory for keys", test_no_tls, EACH_SUITE },
	};

	return shared_start("session-tx-keys") ?
		       each_suite_run("session/tx_keys", cases, HARNESS_COUNT(cases)) :
		       1;
}
