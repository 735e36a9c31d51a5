/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Whole connections through the adapter against plain libssl. */

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>

#include "support/harness.h"
#include "support/sizes.h"
#include "support/tls_bench.h"

#include <recordtls/openssl.h>

enum {
	BULK = 300000,
};

static const struct tls_bench_conf server = { .seed = 1 };
static const struct tls_bench_conf client = { .seed = 1, .near_is_client = true };

static void
open_done(struct tls_bench *b, const struct tls_bench_conf *conf)
{
	tls_bench_open(b, conf);
	CU_ASSERT_TRUE_FATAL(tls_bench_shake(b));
}

static void
check_handed_over(struct tls_bench *b)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };

	CU_ASSERT_EQUAL(rtls_ssl_status(b->near, &st), 0);
	CU_ASSERT_EQUAL(st.tx_handed_over, 1);
	CU_ASSERT_EQUAL(st.rx_handed_over, 1);
	CU_ASSERT_PTR_NULL(st.tx_reason);
	CU_ASSERT_PTR_NULL(st.rx_reason);
	CU_ASSERT_EQUAL(st.close_notify_received, 0);
	CU_ASSERT_STRING_EQUAL(st.error, "");
}

static void
test_server(void)
{
	struct tls_bench b;

	open_done(&b, &server);
	check_handed_over(&b);
	/* RFC 8446 4.6.1: the two tickets go under the new key, so they are records of ours. */
	CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_HANDSHAKE], 2);
	CU_ASSERT_EQUAL(b.sock.tx.rec_no, 2);
	CU_ASSERT_TRUE(tls_bench_send(&b, BULK, false));
	CU_ASSERT_TRUE(tls_bench_receive(&b, BULK));
	CU_ASSERT_TRUE(tls_bench_send(&b, 1, false));
	CU_ASSERT_TRUE(tls_bench_receive(&b, 1));
	CU_ASSERT_EQUAL(b.sock.tx_keys, 1);
	CU_ASSERT_EQUAL(b.sock.rx_keys, 1);
	tls_bench_close(&b);
}

static void
test_client(void)
{
	struct tls_bench b;

	open_done(&b, &client);
	check_handed_over(&b);
	CU_ASSERT_EQUAL(b.sock.tx.rec_no, 0);
	CU_ASSERT_TRUE(tls_bench_receive(&b, BULK));
	CU_ASSERT_TRUE(tls_bench_send(&b, BULK, false));
	/* The server's tickets were records of ours to open. */
	CU_ASSERT_EQUAL(b.sock.rx_type[RTLS_TYPE_HANDSHAKE], 2);
	tls_bench_close(&b);
}

static void
test_own_key_update(void)
{
	struct tls_bench b;

	open_done(&b, &server);
	for (unsigned int i = 1; i <= 3; i++) {
		CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 0), 0);
		CU_ASSERT_EQUAL(b.sock.tx_keys, 1 + i);
		CU_ASSERT_EQUAL(b.sock.tx.rec_no, 0);
		CU_ASSERT_TRUE(tls_bench_send(&b, 50000, false));
		CU_ASSERT_TRUE(tls_bench_receive(&b, 50000));
	}
	CU_ASSERT_EQUAL(b.sock.rx_keys, 1);
	tls_bench_close(&b);
}

static void
test_own_key_update_asks_the_peer(void)
{
	struct tls_bench b;

	open_done(&b, &client);
	CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 1), 0);
	CU_ASSERT_TRUE(tls_bench_send(&b, 50000, false));
	CU_ASSERT_TRUE(tls_bench_receive(&b, 50000));
	CU_ASSERT_EQUAL(b.sock.tx_keys, 2);
	CU_ASSERT_EQUAL(b.sock.rx_keys, 2);
	tls_bench_close(&b);
}

/* RFC 8446 4.6.3: the answer is on its way before any data of ours. */
static void
test_peer_asks_for_key_update(void)
{
	struct tls_bench b;
	unsigned int before;
	char c;

	open_done(&b, &server);
	for (unsigned int i = 1; i <= 3; i++) {
		before = b.sock.tx_type[RTLS_TYPE_HANDSHAKE];
		CU_ASSERT_EQUAL(SSL_key_update(b.far, SSL_KEY_UPDATE_REQUESTED), 1);
		CU_ASSERT_EQUAL(SSL_do_handshake(b.far), 1);
		tls_bench_carry(&b);
		CU_ASSERT_EQUAL(SSL_read(b.near, &c, 1), -1);
		CU_ASSERT_EQUAL(b.sock.rx_keys, 1 + i);
		CU_ASSERT_EQUAL(b.sock.tx_keys, i);
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
		CU_ASSERT_EQUAL(b.sock.tx_keys, 1 + i);
		CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_HANDSHAKE], before + 1);
		CU_ASSERT_EQUAL(SSL_get_key_update_type(b.near), SSL_KEY_UPDATE_NONE);
		CU_ASSERT_TRUE(tls_bench_receive(&b, 50000));
		CU_ASSERT_TRUE(tls_bench_send(&b, 50000, false));
	}
	tls_bench_close(&b);
}

static void
far_asks(struct tls_bench *b)
{
	CU_ASSERT_EQUAL(SSL_key_update(b->far, SSL_KEY_UPDATE_REQUESTED), 1);
	CU_ASSERT_EQUAL(SSL_do_handshake(b->far), 1);
	tls_bench_carry(b);
}

/* Carries, and how many bytes of data the far side has then. */
static size_t
far_reads(struct tls_bench *b)
{
	uint8_t buf[16384];
	size_t n, got = 0;

	tls_bench_carry(b);
	while (SSL_read_ex(b->far, buf, sizeof(buf), &n))
		got += n;
	CU_ASSERT_EQUAL(SSL_get_error(b->far, 0), SSL_ERROR_WANT_READ);
	return got;
}

/*
 * Who only sends never receives. The question is met all the same, past data that waits for the
 * program, and the answer goes before the next data.
 */
static void
test_asked_while_sending(void)
{
	static const struct tls_bench_conf *const confs[] = { &server, &client };
	uint8_t got[64];
	struct tls_bench b;

	for (unsigned int i = 0; i < 8; i++) {
		unsigned int asked = 0, before;

		open_done(&b, confs[i & 1]);
		for (unsigned int j = 0; j < 3; j++, asked++) {
			if (i & 4)
				CU_ASSERT_EQUAL(SSL_write(b.far, "waiting", 7), 7);
			far_asks(&b);
			before = b.sock.tx_type[RTLS_TYPE_HANDSHAKE];
			CU_ASSERT_EQUAL(i & 2 ? rtls_ssl_service(b.near) :
						rtls_ssl_send(b.near, "next", 4, 0),
					i & 2 ? 0 : 4);
			CU_ASSERT_EQUAL(b.sock.rx_keys, 2 + asked);
			CU_ASSERT_EQUAL(b.sock.tx_keys, 2 + asked);
			CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_HANDSHAKE], before + 1);
			CU_ASSERT_EQUAL(b.sock.tx.rec_no, i & 2 ? 0 : 1);
			CU_ASSERT_EQUAL(far_reads(&b), i & 2 ? 0 : 4);
		}
		for (unsigned int j = 0; j < 3 && i & 4; j++) {
			CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, got, 7, 0), 7);
			CU_ASSERT_EQUAL(memcmp(got, "waiting", 7), 0);
		}
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, got, sizeof(got), 0), -EAGAIN);
		CU_ASSERT_EQUAL(b.sock.rx_keys, 4);
		CU_ASSERT_TRUE(tls_bench_receive(&b, 50000));
		CU_ASSERT_TRUE(tls_bench_send(&b, 50000, false));
		tls_bench_close(&b);
	}
}

/* Both ask while neither receives; and the one may not be able to send. */
static void
test_both_ask(void)
{
	struct tls_bench b;

	for (int blocked = 0; blocked <= 1; blocked++) {
		open_done(&b, &server);
		b.sock.blocked = blocked;
		CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 1), 0);
		far_asks(&b);
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), blocked ? -EAGAIN : 0);
		CU_ASSERT_EQUAL(b.sock.rx_keys, 2);
		b.sock.blocked = false;
		for (int i = 0; i < 4; i++) {
			CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "x", 1, 0), 1);
			CU_ASSERT_EQUAL(far_reads(&b), 1);
			CU_ASSERT_EQUAL(SSL_write(b.far, "y", 1), 1);
			tls_bench_carry(&b);
		}
		/* Its own, and the answer to ours. */
		CU_ASSERT_EQUAL(b.sock.rx_keys, 3);
		CU_ASSERT_EQUAL(b.sock.tx_keys, 3);
		tls_bench_close(&b);
	}
}

/* A peer that asks without end, and does not read: its questions leave the queue. */
static void
test_storm(void)
{
	enum { ASKED = 500 };
	struct tls_bench b;
	unsigned int before, calls = 0;

	open_done(&b, &server);
	far_reads(&b);
	b.sock.blocked = true;
	before = b.sock.tx_type[RTLS_TYPE_HANDSHAKE];
	for (int i = 0; i < ASKED; i++)
		far_asks(&b);
	for (; b.sock.in.len != 0 && calls < 100; calls++)
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EAGAIN);
	/* None of it, and no more than so many in one go. */
	CU_ASSERT_EQUAL(calls, (ASKED + 31) / 32);
	CU_ASSERT_EQUAL(b.sock.rx_keys, 1 + ASKED);
	CU_ASSERT_EQUAL(b.sock.tx_keys, 1);
	b.sock.blocked = false;
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "x", 1, 0), 1);
	/* RFC 8446 4.6.3: several questions while one was silent may have one answer. */
	CU_ASSERT_TRUE(b.sock.tx_type[RTLS_TYPE_HANDSHAKE] - before <= 2);
	CU_ASSERT_TRUE(b.sock.tx_keys <= 3);
	CU_ASSERT_EQUAL(far_reads(&b), 4);
	CU_ASSERT_TRUE(tls_bench_receive(&b, 50000));
	tls_bench_close(&b);
}

/* What libssl has to judge is met by a program that only sends, too. */
static void
test_ends_while_sending(void)
{
	static const uint8_t fatal[] = { 2, 40 };
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;
	char c;

	open_done(&b, &server);
	CU_ASSERT_EQUAL(SSL_shutdown(b.far), 0);
	tls_bench_carry(&b);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "x", 1, 0), 1);
	CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
	CU_ASSERT_EQUAL(st.close_notify_received, 1);
	CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), 0);
	tls_bench_close(&b);

	open_done(&b, &server);
	fake_sock_inject(&b.sock, RTLS_TYPE_ALERT, fatal, sizeof(fatal));
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EPROTO);
	CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "x", 1, 0), -EPROTO);
	CU_ASSERT_EQUAL(ERR_peek_error(), 0);
	CU_ASSERT_EQUAL(b.sock.told_failed, 0); /* not the handshake */
	tls_bench_close(&b);

	/* FIN alone ends one direction: who sends on does not ask. */
	open_done(&b, &server);
	b.far_fin = true;
	tls_bench_carry(&b);
	CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "x", 1, 0), 1);
	CU_ASSERT_EQUAL(far_reads(&b), 1);
	CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), -EPROTO);
	tls_bench_close(&b);
}

/* RFC 8446 5.4: a record of zeros only is unexpected_message, whoever meets it. */
static void
test_record_of_zeros(void)
{
	static const uint8_t zeros[100];
	struct tls_bench b;
	char c;

	for (size_t len = 0; len <= sizeof(zeros); len += 50) {
		for (int by = 0; by < 2; by++) {
			open_done(&b, &server);
			far_reads(&b);
			fake_sock_inject(&b.sock, 0, zeros, len);
			/* Who only sends is not cut short. */
			CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
			CU_ASSERT_TRUE(0 > (by == 0 ? rtls_ssl_recv(b.near, &c, 1, 0) :
						      SSL_read(b.near, &c, 1)));
			ERR_clear_error();
			tls_bench_carry(&b);
			CU_ASSERT_TRUE(SSL_read(b.far, &c, 1) <= 0);
			CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()),
					SSL_R_SSLV3_ALERT_UNEXPECTED_MESSAGE);
			ERR_clear_error();
			tls_bench_close(&b);
		}
	}
	/* A tag that does not fit says so. */
	open_done(&b, &server);
	far_reads(&b);
	fake_sock_inject(&b.sock, 23, zeros, 10);
	b.sock.in.buf[7] ^= 1;
	CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), -EPROTO);
	tls_bench_carry(&b);
	CU_ASSERT_TRUE(SSL_read(b.far, &c, 1) <= 0);
	CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), SSL_R_SSLV3_ALERT_BAD_RECORD_MAC);
	ERR_clear_error();
	tls_bench_close(&b);
}

/* A program may begin before rtls_connect() came through, by whichever call. */
static void
test_before_the_connection(void)
{
	static const struct tls_bench_conf *const confs[] = { &server, &client };
	struct tls_bench b;
	char c;

	for (int i = 0; i < 2; i++) {
		tls_bench_open(&b, confs[i]);
		b.sock.connecting = true;
		for (int j = 0; j < 3; j++) {
			CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EAGAIN);
			CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "x", 1, 0), -EAGAIN);
			CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), -EAGAIN);
			CU_ASSERT_EQUAL(SSL_do_handshake(b.near), -1);
			CU_ASSERT_TRUE(SSL_want_read(b.near) || SSL_want_write(b.near));
		}
		b.sock.connecting = false;
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		check_handed_over(&b);
		CU_ASSERT_TRUE(tls_bench_send(&b, 50000, false));
		CU_ASSERT_TRUE(tls_bench_receive(&b, 50000));
		tls_bench_close(&b);
	}
}

static void
test_key_update_refused_while_a_write_is_pending(void)
{
	static const uint8_t data[100] = { 1 };
	struct tls_bench b;
	size_t n;

	open_done(&b, &server);
	b.sock.blocked = true;
	CU_ASSERT_EQUAL(SSL_write_ex(b.near, data, sizeof(data), &n), 0);
	CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 0), -EAGAIN);
	b.sock.blocked = false;
	/* The bytes are out, but libssl has yet to hear it. */
	CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 0), -EAGAIN);
	CU_ASSERT_EQUAL(b.sock.tx_keys, 1);
	CU_ASSERT_EQUAL(SSL_write_ex(b.near, data, sizeof(data), &n), 1);
	CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 0), 0);
	CU_ASSERT_EQUAL(b.sock.tx_keys, 2);
	CU_ASSERT_EQUAL(ERR_peek_error(), 0);
	tls_bench_close(&b);
}

/* RFC 8446 5.5, RFC 9147 4.5.3: libssl does not count our records, so the adapter does. */
static void
test_key_update_before_the_record_limit(void)
{
	static const struct {
		const char *suite;
		uint64_t half; /* 0: there is no limit */
	} rows[] = {
		{ "TLS_AES_128_GCM_SHA256", 23726566 / 2 },
		{ "TLS_AES_256_GCM_SHA384", 23726566 / 2 },
		{ "TLS_AES_128_CCM_SHA256", UINT64_C(1) << 22 },
		{ "TLS_CHACHA20_POLY1305_SHA256", 0 },
	};
	struct tls_bench b;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tls_bench_conf conf = { .suites = rows[i].suite, .seed = 1 };

		open_done(&b, &conf);
		b.sock.tx.rec_no = rows[i].half - 1;
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
		CU_ASSERT_EQUAL(b.sock.tx_keys, 1);
		b.sock.tx.rec_no = rows[i].half != 0 ? rows[i].half : UINT64_MAX / 2;
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
		CU_ASSERT_EQUAL(b.sock.tx_keys, rows[i].half != 0 ? 2 : 1);
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
		CU_ASSERT_EQUAL(b.sock.tx_keys, rows[i].half != 0 ? 2 : 1);
		CU_ASSERT_EQUAL(b.sock.tx.rec_no == 0, rows[i].half != 0);
		tls_bench_close(&b);
	}
}

/* TLS 1.2 has no second key: the limit is the end, and the program is told. */
static void
test_record_limit_of_tls12(void)
{
	struct tls_bench_conf conf = { .version = TLS1_2_VERSION,
				       .suites = "ECDHE-ECDSA-AES128-GCM-SHA256" };
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;

	for (int by = 0; by < 2; by++) {
		open_done(&b, &conf);
		b.sock.tx.rec_no = 23726566 / 2;
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
		CU_ASSERT_EQUAL(b.sock.tx_keys, 1);
		b.sock.tx_errno = EKEYEXPIRED;
		for (int i = 0; i < 3 && by == 0; i++)
			CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "x", 1, 0), -EKEYEXPIRED);
		if (by == 1) {
			CU_ASSERT_TRUE(SSL_write(b.near, "x", 1) < 0);
			CU_ASSERT_EQUAL(SSL_get_error(b.near, -1), SSL_ERROR_SYSCALL);
		}
		CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_DATA], 0);
		CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
		ERR_clear_error();
		tls_bench_close(&b);
	}
}

/* Tickets without end, each taken: no call is so long that others wait for it. */
static void
test_budget(void)
{
	enum { TICKETS = 70 };
	struct tls_bench b;
	unsigned int calls;
	char c;

	for (int by = 0; by < 3; by++) {
		open_done(&b, &client);
		while (SSL_read(b.near, &c, 1) > 0)
			;
		for (int i = 0; i < TICKETS; i++) {
			CU_ASSERT_EQUAL(SSL_new_session_ticket(b.far), 1);
			CU_ASSERT_EQUAL(SSL_do_handshake(b.far), 1);
		}
		CU_ASSERT_EQUAL(SSL_write(b.far, "x", 1), 1);
		tls_bench_carry(&b);
		for (calls = 1; calls < 10; calls++) {
			unsigned int before = b.sock.rx_type[RTLS_TYPE_HANDSHAKE];
			ssize_t n = by == 0 ? SSL_read(b.near, &c, 1) :
				    by == 1 ? rtls_ssl_recv(b.near, &c, 1, 0) :
					      rtls_ssl_service(b.near);

			CU_ASSERT_TRUE(b.sock.rx_type[RTLS_TYPE_HANDSHAKE] - before <= 33);
			if (n == 1)
				break;
		}
		CU_ASSERT_EQUAL(calls, by == 2 ? 10 : (TICKETS + 31) / 32);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), by == 2 ? 1 : -EAGAIN);
		ERR_clear_error();
		tls_bench_close(&b);
	}
}

static void
test_close_notify(void)
{
	const struct tls_bench_conf *confs[] = { &server, &client };
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;
	char c;

	for (size_t i = 0; i < HARNESS_COUNT(confs); i++) {
		open_done(&b, confs[i]);
		CU_ASSERT_EQUAL(SSL_shutdown(b.near), 0);
		CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_ALERT], 1);
		tls_bench_carry(&b);
		/* The far client meets the tickets first, so in a loop. */
		while (SSL_read(b.far, &c, 1) > 0)
			;
		CU_ASSERT_EQUAL(SSL_get_shutdown(b.far) & SSL_RECEIVED_SHUTDOWN,
				SSL_RECEIVED_SHUTDOWN);
		CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
		CU_ASSERT_EQUAL(st.close_notify_received, 0);
		CU_ASSERT_EQUAL(SSL_shutdown(b.far), 1);
		tls_bench_carry(&b);
		while (SSL_read(b.near, &c, 1) > 0)
			;
		CU_ASSERT_EQUAL(SSL_shutdown(b.near), 1);
		CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
		CU_ASSERT_EQUAL(st.close_notify_received, 1);
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
		tls_bench_close(&b);
	}
}

/* What the socket does not carry, or libssl does not offer, stays with libssl, and the connection works. */
static void
test_refused_suites(void)
{
	static const struct {
		const char *suite;
		int version;
		bool client;
	} rows[] = {
		{ "TLS_AES_256_GCM_SHA384", TLS1_3_VERSION, false },
		{ "TLS_AES_256_GCM_SHA384", TLS1_3_VERSION, true },
		{ "TLS_CHACHA20_POLY1305_SHA256", TLS1_3_VERSION, false },
		{ "TLS_AES_128_CCM_SHA256", TLS1_3_VERSION, true },
		{ "ECDHE-ECDSA-AES128-SHA256", TLS1_2_VERSION, false },
		{ "ECDHE-ECDSA-AES256-GCM-SHA384", TLS1_2_VERSION, true },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tls_bench_conf conf = { .suites = rows[i].suite,
					       .version = rows[i].version,
					       .near_is_client = rows[i].client };
		struct rtls_ssl_status st = { .size = sizeof(st) };
		struct tls_bench b;

		tls_bench_open(&b, &conf);
		b.sock.carries_one = true;
		CU_ASSERT_TRUE(tls_bench_shake(&b));
		CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
		CU_ASSERT_EQUAL(st.tx_handed_over + st.rx_handed_over, 0);
		CU_ASSERT_PTR_NOT_NULL(st.tx_reason);
		CU_ASSERT_PTR_NOT_NULL(st.rx_reason);
		CU_ASSERT_TRUE(tls_bench_send(&b, BULK, false));
		CU_ASSERT_TRUE(tls_bench_receive(&b, BULK));
		b.sock.refuse_of_16 = 8;
		b.sock.short_of_16 = 8;
		CU_ASSERT_TRUE(tls_bench_send(&b, BULK, true));
		CU_ASSERT_EQUAL(b.sock.tx_keys + b.sock.rx_keys, 0);
		CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 0), -ENOTSUP);
		tls_bench_close(&b);
	}
}

static void
test_far_key_update_without_hand_over(void)
{
	struct tls_bench_conf conf = { .suites = "TLS_AES_256_GCM_SHA384" };
	struct tls_bench b;

	tls_bench_open(&b, &conf);
	b.sock.carries_one = true;
	CU_ASSERT_TRUE(tls_bench_shake(&b));
	CU_ASSERT_EQUAL(SSL_key_update(b.far, SSL_KEY_UPDATE_REQUESTED), 1);
	CU_ASSERT_TRUE(tls_bench_receive(&b, 50000));
	CU_ASSERT_TRUE(tls_bench_send(&b, 50000, false));
	CU_ASSERT_EQUAL(b.sock.tx_keys + b.sock.rx_keys, 0);
	tls_bench_close(&b);
}

static void
test_handshake_fails(void)
{
	struct tls_bench_conf conf = { .seed = 1 };
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;

	tls_bench_open(&b, &conf);
	/* What another connection left in libssl's queue is not this one's error. */
	ERR_raise(ERR_LIB_USER, 1);
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EAGAIN);
	SSL_set_ciphersuites(b.far, "TLS_CHACHA20_POLY1305_SHA256");
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EAGAIN);
	CU_ASSERT_FALSE(tls_bench_shake(&b));
	/* The far side has heard it by an alert. */
	CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE);
	ERR_clear_error();
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EPROTO);
	CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
	CU_ASSERT_STRING_EQUAL(st.error, "no shared cipher");
	CU_ASSERT_EQUAL(ERR_peek_error(), 0);
	/* The log is told once, whoever asks again. */
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EPROTO);
	CU_ASSERT_EQUAL(b.sock.told_failed, 1);
	tls_bench_close(&b);
}

static void
test_connection_ends_in_the_handshake(void)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;

	tls_bench_open(&b, &server);
	b.sock.fin = true;
	CU_ASSERT_TRUE(rtls_ssl_service(b.near) < 0);
	CU_ASSERT_NOT_EQUAL(rtls_ssl_service(b.near), -EAGAIN);
	CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
	CU_ASSERT_NOT_EQUAL(st.error[0], '\0');
	tls_bench_close(&b);

	tls_bench_open(&b, &client);
	b.sock.tx_errno = ECONNRESET;
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -ECONNRESET);
	tls_bench_close(&b);
}

static SSL *asked;

static int
status(void *out)
{
	return rtls_ssl_status(asked, out);
}

static void
test_status_sizes(void)
{
	struct tls_bench b;

	tls_bench_open(&b, &server);
	CU_ASSERT_TRUE(tls_bench_shake(&b));
	asked = b.near;
	sizes_check(status, sizeof(struct rtls_ssl_status));
	tls_bench_close(&b);
}

static void
test_wrong_arguments(void)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;

	tls_bench_open(&b, &server);
	CU_ASSERT_EQUAL(rtls_ssl_attach(NULL, &b.sock, RTLS_SSL_TRANSPARENT), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_attach(b.near, NULL, RTLS_SSL_TRANSPARENT), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_attach(b.near, &b.sock, (enum rtls_ssl_level)7), -EINVAL);
	/* far has no BIO of ours. */
	CU_ASSERT_EQUAL(rtls_ssl_service(b.far), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_status(b.far, &st), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_key_update(b.far, 0), -ENOTSUP);
	CU_ASSERT_EQUAL(rtls_ssl_service(NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_status(NULL, &st), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_status(b.near, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_key_update(NULL, 0), -ENOTSUP);
	/* Before the handshake is done. */
	CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 0), -ENOTSUP);
	CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
	CU_ASSERT_STRING_EQUAL(st.tx_reason, "the handshake is not done");
	CU_ASSERT_EQUAL(rtls_ssl_selftest(), 0);
	CU_ASSERT_EQUAL(rtls_ssl_selftest(), 0);
	tls_bench_close(&b);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a server hands over", test_server },
		{ "a client hands over", test_client },
		{ "own key updates", test_own_key_update },
		{ "own key update that asks the peer", test_own_key_update_asks_the_peer },
		{ "key updates the peer asks for", test_peer_asks_for_key_update },
		{ "asked for a key update while sending", test_asked_while_sending },
		{ "both sides ask for key updates", test_both_ask },
		{ "a storm of key updates", test_storm },
		{ "ends while sending", test_ends_while_sending },
		{ "a record of zeros", test_record_of_zeros },
		{ "before there is a connection", test_before_the_connection },
		{ "no key update beside a pending write",
		  test_key_update_refused_while_a_write_is_pending },
		{ "a key update before the record limit", test_key_update_before_the_record_limit },
		{ "the record limit of TLS 1.2", test_record_limit_of_tls12 },
		{ "many tickets", test_budget },
		{ "close_notify both ways", test_close_notify },
		{ "suites that are not carried stay with libssl", test_refused_suites },
		{ "key update without hand-over", test_far_key_update_without_hand_over },
		{ "a handshake that fails", test_handshake_fails },
		{ "a connection that ends in the handshake",
		  test_connection_ends_in_the_handshake },
		{ "status, of programs of all versions", test_status_sizes },
		{ "wrong arguments", test_wrong_arguments },
	};
	return harness_run("handshake/service", cases, HARNESS_COUNT(cases));
}
