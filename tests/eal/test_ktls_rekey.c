/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Key updates as programs for the kernel's TLS drive them. doc/ktls.md names what each is for. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/ktls_bench.h"

static const uint8_t key_update[5] = { 24, 0, 0, 1, 0 }; /* RFC 8446 4.6.3, nothing asked for */

/* The message alone. */
static void
send_key_update(struct ktls_bench *b)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)key_update,
			     .iov_len = sizeof(key_update) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_HANDSHAKE };

	CU_ASSERT_EQUAL(rtls_sendmsg(b->near, &m, 0), sizeof(key_update));
}

/* And the next keys behind it. */
static void
update_tx(struct ktls_bench *b)
{
	send_key_update(b);
	ktls_next_keys(b);
	CU_ASSERT_EQUAL(rtls_set_keys(b->near, RTLS_TX, &b->peer.keys), 0);
}

static void
recv_key_update(struct ktls_bench *b, int flags)
{
	struct iovec iov = { .iov_base = b->got, .iov_len = 100 };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };

	pair_settle(&b->pair);
	CU_ASSERT_EQUAL(rtls_recvmsg(b->far, &m, flags), sizeof(key_update));
	CU_ASSERT_EQUAL(m.type, RTLS_TYPE_HANDSHAKE);
	CU_ASSERT_EQUAL(memcmp(b->got, key_update, sizeof(key_update)), 0);
}

/* The next row of TLS 1.3, from the one in hand on. */
static bool
more_tls13(struct ktls_bench *b)
{
	while (ktls_more(b) && !ktls_is_tls13(b))
		ktls_next(b);
	return ktls_more(b);
}

/* --- one after the other ------------------------------------------------------- */

static void
test_rekey(void)
{
	unsigned int updates = 0; /* of a stack's life */
	bool nic = false;
	struct ktls_bench b;

	for (ktls_first(&b, NULL); more_tls13(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 26, 0), 26);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 26, 0), 26);
		for (int i = 0; i < 3; i++) {
			update_tx(&b);
			CU_ASSERT_EQUAL(ktls_send(&b, 0, 20000, 0), 20000);
			CU_ASSERT_EQUAL(ktls_recv(&b, 0, 25, 0), -EIO);
			recv_key_update(&b, 0);
			for (int k = 0; k < 3; k++) {
				CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), -EKEYEXPIRED);
				CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, RTLS_MSG_PEEK), -EKEYEXPIRED);
			}
			CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_RX, &b.peer.keys), 0);
			ktls_expect(&b, 0, 20000);
		}
		updates = b.nic == nic ? updates + 3 : 3;
		nic = b.nic;
		CU_ASSERT_EQUAL(pair_stat(&b.pair, KTLS_NEAR, "TlsTxRekeyOk"), updates);
		CU_ASSERT_EQUAL(pair_stat(&b.pair, KTLS_FAR, "TlsRxRekeyOk"), updates);
	}
}

/* What was open belongs to the old key, unlike the kernel's. */
static void
test_open_record(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); more_tls13(&b); ktls_next(&b)) {
		struct record_peer old;

		ktls_keys_near(&b);
		old = b.peer;
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 300, RTLS_MSG_MORE), 300);
		ktls_next_keys(&b);
		CU_ASSERT_EQUAL(rtls_set_keys(b.near, RTLS_TX, &b.peer.keys), 0);
		CU_ASSERT_EQUAL(ktls_send(&b, 300, 50, 0), 50);
		{
			struct record_peer new = b.peer;

			b.peer = old;
			ktls_expect_record(&b, RTLS_TYPE_DATA, 0, 300);
			b.peer = new;
		}
		ktls_expect_record(&b, RTLS_TYPE_DATA, 300, 50);
	}
}

/* Twice before anything came, at either end. */
static void
test_at_once(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); more_tls13(&b); ktls_next(&b)) {
		bool tx = (b.row & 1) != 0;

		if (tx)
			ktls_keys_near(&b);
		else
			ktls_keys_far(&b);
		ktls_next_keys(&b);
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 13, 0), 13);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 13, 0), 13);
	}
}

/* --- refused ------------------------------------------------------------------- */

/* What cannot be the next key changes nothing: the one in force goes on. */
static void
test_refused(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); more_tls13(&b); ktls_next(&b)) {
		const struct record_suite *other;
		struct record_peer old, wrong;

		ktls_keys(&b);
		old = b.peer;
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 26, 0), 26);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 26, 0), 26);
		update_tx(&b);
		for (unsigned int i = 0; (other = record_suite_row(i)) != NULL; i++) {
			wrong = record_peer_make(other->version, other->cipher, 9, 0);
			if (other == b.suite)
				continue;
			CU_ASSERT_EQUAL(rtls_set_keys(b.near, RTLS_TX, &wrong.keys), -EINVAL);
			CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_RX, &wrong.keys), -EINVAL);
		}
		wrong = record_peer_make(b.suite->version, b.suite->cipher, 9, 0);
		wrong.keys.version = 200;
		CU_ASSERT_EQUAL(rtls_set_keys(b.near, RTLS_TX, &wrong.keys), -EINVAL);
		wrong.keys.version = b.suite->version;
		wrong.keys.cipher = 55;
		CU_ASSERT_EQUAL(rtls_set_keys(b.near, RTLS_TX, &wrong.keys), -ENOTSUP);
		/* A nonce would be used again, which the kernel does not look for. */
		CU_ASSERT_EQUAL(rtls_set_keys(b.near, RTLS_TX, &old.keys), -EALREADY);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 25, 0), 25);
		CU_ASSERT_EQUAL(rtls_set_keys(b.near, RTLS_TX, &b.peer.keys), -EALREADY);
		recv_key_update(&b, 0);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), -EKEYEXPIRED);
		CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_RX, &old.keys), -EALREADY);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), -EKEYEXPIRED);
		CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_RX, &b.peer.keys), 0);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), 25);
	}
}

/* TLS 1.2 has one key per direction, and no message that ends it. */
static void
test_tls12(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		struct record_peer first;

		if (ktls_is_tls13(&b))
			continue;
		ktls_keys(&b);
		first = b.peer;
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 26, 0), 26);
		send_key_update(&b);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 26, 0), 26);
		ktls_next_keys(&b);
		CU_ASSERT_EQUAL(rtls_set_keys(b.near, RTLS_TX, &b.peer.keys), -EBUSY);
		CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_RX, &b.peer.keys), -EBUSY);
		b.peer = first;
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 100, 0), 100);
		recv_key_update(&b, 0);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), 100);
	}
}

/* --- in front of, and behind --------------------------------------------------- */

static void
test_peek(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); more_tls13(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 26, 0), 26);
		update_tx(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 100, 30, 0), 30);
		for (int i = 0; i < 2; i++)
			CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, RTLS_MSG_PEEK), 26);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), 26);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, RTLS_MSG_PEEK), -EIO);
		recv_key_update(&b, RTLS_MSG_PEEK);
		/* What is behind it is not known to be the next key's before it is taken. */
		CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_RX, &b.peer.keys), -EBUSY);
		recv_key_update(&b, RTLS_MSG_PEEK);
		recv_key_update(&b, 0);
		CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_RX, &b.peer.keys), 0);
		CU_ASSERT_EQUAL(ktls_recv(&b, 100, 100, 0), 30);
	}
}

/* The live keys, in front of a key update and behind it. */
static void
test_get(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); more_tls13(&b); ktls_next(&b)) {
		struct rtls_keys tx, rx;

		ktls_keys(&b);
		send_key_update(&b);
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.near, RTLS_TX, &tx), 0);
		CU_ASSERT_EQUAL(tx.rec_no, 8);
		ktls_next_keys(&b);
		CU_ASSERT_EQUAL(rtls_set_keys(b.near, RTLS_TX, &b.peer.keys), 0);
		recv_key_update(&b, 0);
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.far, RTLS_RX, &rx), -EKEYEXPIRED);
		CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_RX, &b.peer.keys), 0);
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.near, RTLS_TX, &tx), 0);
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.far, RTLS_RX, &rx), 0);
		CU_ASSERT(tx.rec_no == 0 && rx.rec_no == 0);
		CU_ASSERT_EQUAL(memcmp(tx.key, b.peer.keys.key, sizeof(tx.key)), 0);
		CU_ASSERT_EQUAL(memcmp(rx.key, b.peer.keys.key, sizeof(rx.key)), 0);
		CU_ASSERT_EQUAL(memcmp(tx.iv, b.peer.keys.iv, sizeof(tx.iv)), 0);
		CU_ASSERT_EQUAL(memcmp(rx.iv, b.peer.keys.iv, sizeof(rx.iv)), 0);
	}
}

/* Not readable while the key is missing, and at once when it is there. */
static void
test_readable(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); more_tls13(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(rtls_sock_watch(b.far, RTLS_READABLE, NULL), 0);
		/* The data waits for the key. */
		update_tx(&b);
		CU_ASSERT_EQUAL(ktls_bits(&b), RTLS_READABLE);
		recv_key_update(&b, 0);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 25, 0), 25);
		CU_ASSERT_EQUAL(ktls_bits(&b), 0);
		CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_RX, &b.peer.keys), 0);
		CU_ASSERT_EQUAL(ktls_bits(&b), RTLS_READABLE);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), 25);
		/* The key waits for the data. */
		update_tx(&b);
		pair_settle(&b.pair);
		recv_key_update(&b, 0);
		CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_RX, &b.peer.keys), 0);
		CU_ASSERT_EQUAL(ktls_bits(&b), 0);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 25, 0), 25);
		CU_ASSERT_EQUAL(ktls_bits(&b), RTLS_READABLE);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), 25);
	}
}

/* A program that only ever reads data meets the key update as the kernel's does: -EIO, and goes on. */
static void
test_no_control(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); more_tls13(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 8192, 0), 8192);
		update_tx(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 8192, 0), 8192);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 16384, 0), 8192);
		for (int i = 0; i < 3; i++)
			CU_ASSERT_EQUAL(ktls_recv(&b, 0, 16384, 0), -EIO);
		recv_key_update(&b, RTLS_MSG_PEEK);
		recv_key_update(&b, 0);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 16384, 0), -EKEYEXPIRED);
		CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_RX, &b.peer.keys), 0);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 16384, 0), 8192);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "key after key", test_rekey },
		{ "an open record", test_open_record },
		{ "before anything came", test_at_once },
		{ "what cannot be the next key", test_refused },
		{ "TLS 1.2", test_tls12 },
		{ "PEEK", test_peek },
		{ "the live keys", test_get },
		{ "readable", test_readable },
		{ "a program that reads data only", test_no_control },
	};

	if (eal_start("test-ktls-rekey") != 0)
		return 1;
	return harness_run("eal/ktls_rekey", cases, HARNESS_COUNT(cases));
}
