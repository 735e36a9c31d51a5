/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* TLS 1.2: keys come with the change_cipher_spec, before Finished, and stay. */

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>

#include "support/harness.h"
#include "support/tls_bench.h"

#include <recordtls/openssl.h>

static const char *const suites[] = {
	"ECDHE-ECDSA-AES128-GCM-SHA256",
	"ECDHE-ECDSA-AES256-GCM-SHA384",
	"ECDHE-ECDSA-CHACHA20-POLY1305",
	"ECDHE-ECDSA-AES128-CCM",
};

enum { WAYS = HARNESS_COUNT(suites) * 4 }; /* each as server and client, by hook and taken over */

static void
open_way(struct tls_bench *b, size_t way)
{
	struct tls_bench_conf conf = { .suites = suites[way / 4],
				       .version = TLS1_2_VERSION,
				       .near_is_client = way & 1,
				       .seed = way };

	tls_bench_open(b, &conf);
	if (way & 2)
		SSL_set_tlsext_max_fragment_length(way & 1 ? b->near : b->far,
						   TLSEXT_max_fragment_length_1024);
}

static void
check_ours(struct tls_bench *b)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };

	CU_ASSERT_EQUAL(rtls_ssl_status(b->near, &st), 0);
	CU_ASSERT_TRUE(st.tx_handed_over && st.rx_handed_over);
	CU_ASSERT_EQUAL(b->sock.kept[RTLS_TX] + b->sock.kept[RTLS_RX], 0);
}

static void
test_finished_is_ours(void)
{
	struct tls_bench b;

	for (size_t i = 0; i < WAYS * 2; i++) {
		open_way(&b, i / 2);
		/* RFC 7627, or without it. */
		if (i & 1)
			SSL_set_options(b.far, SSL_OP_NO_EXTENDED_MASTER_SECRET);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		check_ours(&b);
		CU_ASSERT_EQUAL(SSL_get_extms_support(b.near), !(i & 1));
		/* Finished is record 0 of each direction. */
		CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_HANDSHAKE], 1);
		CU_ASSERT_EQUAL(b.sock.rx_type[RTLS_TYPE_HANDSHAKE], 1);
		CU_ASSERT_EQUAL(b.sock.tx.rec_no, 1);
		CU_ASSERT_EQUAL(b.sock.rx.rec_no, 1);
		CU_ASSERT_TRUE(tls_bench_send(&b, 50000, true));
		CU_ASSERT_TRUE(tls_bench_receive(&b, 50000));
		CU_ASSERT_EQUAL(b.sock.tx_keys, 1);
		CU_ASSERT_EQUAL(b.sock.rx_keys, 1);
		CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 0), -ENOTSUP);
		tls_bench_close(&b);
	}
}

/* Keys and all behind them wait for room, in order. */
static void
test_short_of_room(void)
{
	struct tls_bench b;

	for (size_t i = 0; i < WAYS; i++) {
		open_way(&b, i);
		b.sock.refuse_of_16 = 12;
		b.sock.short_of_16 = 8;
		b.sock.keys_refuse_of_16 = 12;
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		CU_ASSERT_TRUE(tls_bench_send(&b, 20000, true));
		CU_ASSERT_TRUE(tls_bench_receive(&b, 20000));
		check_ours(&b);
		tls_bench_close(&b);
	}
}

/* A second connection of the same contexts, by ticket or by session id. */
static void
resume(struct tls_bench *b, size_t way, bool by_ticket)
{
	bool client = way & 1;
	SSL *c = client ? b->near : b->far, **both[] = { &b->near, &b->far };
	SSL_SESSION *session = SSL_get1_session(c);

	CU_ASSERT_TRUE_FATAL(SSL_SESSION_is_resumable(session));
	CU_ASSERT_EQUAL(SSL_SESSION_has_ticket(session), by_ticket);
	/* Without a farewell libssl forgets the session. */
	SSL_set_shutdown(b->near, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_set_shutdown(b->far, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	for (int i = 0; i < 2; i++)
		SSL_free(*both[i]);
	fake_sock_fini(&b->sock);
	fake_sock_init(&b->sock, way);
	b->near = SSL_new(b->near_ctx);
	b->far = SSL_new(b->far_ctx);
	CU_ASSERT_EQUAL(rtls_ssl_attach(b->near, &b->sock, RTLS_SSL_TRANSPARENT), 0);
	SSL_set_bio(b->far, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(b->far), -1);
	c = client ? b->near : b->far;
	SSL_set_connect_state(c);
	SSL_set_accept_state(client ? b->far : b->near);
	CU_ASSERT_EQUAL(SSL_set_session(c, session), 1);
	if (way & 2)
		SSL_set_tlsext_max_fragment_length(c, TLSEXT_max_fragment_length_1024);
	SSL_SESSION_free(session);
}

static void
test_resumption(void)
{
	struct tls_bench b;

	for (size_t i = 0; i < WAYS * 2; i++) {
		bool by_ticket = i & 1;

		open_way(&b, i / 2);
		if (!by_ticket) {
			SSL_CTX_set_options(b.near_ctx, SSL_OP_NO_TICKET);
			SSL_set_options(b.near, SSL_OP_NO_TICKET);
		}
		CU_ASSERT_EQUAL(SSL_CTX_set_session_id_context(i / 2 & 1 ? b.far_ctx : b.near_ctx,
							       (const uint8_t *)"t", 1),
				1);
		SSL_set_session_id_context(i / 2 & 1 ? b.far : b.near, (const uint8_t *)"t", 1);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		for (int j = 0; j < 2; j++) {
			resume(&b, i / 2, by_ticket);
			CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
			CU_ASSERT_EQUAL(SSL_session_reused(b.near), 1);
			check_ours(&b);
			CU_ASSERT_EQUAL(b.sock.tx.rec_no, 1);
			CU_ASSERT_TRUE(tls_bench_send(&b, 20000, false));
			CU_ASSERT_TRUE(tls_bench_receive(&b, 20000));
		}
		tls_bench_close(&b);
	}
}

/* What the far side is told, and whether it is the end. */
static void
far_is_told(struct tls_bench *b, int reason)
{
	char c;

	tls_bench_carry(b);
	CU_ASSERT_TRUE(SSL_read(b->far, &c, 1) <= 0);
	CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), reason);
	ERR_clear_error();
}

/*
 * RFC 5246 7.2.2: a peer that wants to renegotiate is told no by a warning, and its side decides.
 * libssl's ends the connection. What it wants comes behind data and past a program that only sends.
 */
static void
test_renegotiation_is_refused(void)
{
	struct tls_bench b;
	char c;

	for (size_t i = 0; i < WAYS * 3; i++) {
		open_way(&b, i / 3);
		SSL_clear_options(b.far, SSL_OP_NO_RENEGOTIATION);
		SSL_set_options(b.near, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		/* Ours: by none of libssl's calls. */
		CU_ASSERT_EQUAL(SSL_renegotiate(b.near), 0);
		ERR_clear_error();
		if (i % 3 == 1)
			CU_ASSERT_EQUAL(SSL_write(b.far, "x", 1), 1);
		CU_ASSERT_EQUAL(SSL_renegotiate(b.far), 1);
		(void)SSL_do_handshake(b.far);
		tls_bench_carry(&b);
		if (i % 3 == 1)
			CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), 1);
		CU_ASSERT_EQUAL(i % 3 == 2 ? rtls_ssl_service(b.near) :
					     rtls_ssl_recv(b.near, &c, 1, 0),
				i % 3 == 2 ? 0 : -EAGAIN);
		CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_ALERT], 1);
		CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_HANDSHAKE], 1);
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
		CU_ASSERT_EQUAL(b.sock.tx_keys + b.sock.rx_keys, 2);
		/* A server that was refused goes on, a client of libssl's ends. */
		if (!(i / 3 & 1))
			far_is_told(&b, SSL_R_NO_RENEGOTIATION);
		tls_bench_close(&b);
	}
}

static void
test_farewell(void)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;
	char c;

	for (size_t i = 0; i < WAYS; i++) {
		open_way(&b, i);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		CU_ASSERT_EQUAL(SSL_write(b.far, "last", 4), 4);
		CU_ASSERT_EQUAL(SSL_shutdown(b.far), 0);
		tls_bench_carry(&b);
		for (int j = 0; j < 4; j++)
			CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), 1);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), 0);
		CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
		CU_ASSERT_EQUAL(st.close_notify_received, 1);
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "bye", 3, 0), 3);
		CU_ASSERT_EQUAL(SSL_shutdown(b.near), 1);
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "x", 1, 0), -EPIPE);
		tls_bench_carry(&b);
		CU_ASSERT_EQUAL(SSL_read(b.far, &c, 1), 1);
		CU_ASSERT_EQUAL(SSL_read(b.far, &c, 1), 1);
		CU_ASSERT_EQUAL(SSL_read(b.far, &c, 1), 1);
		CU_ASSERT_EQUAL(SSL_read(b.far, &c, 1), 0);
		CU_ASSERT_EQUAL(SSL_get_error(b.far, 0), SSL_ERROR_ZERO_RETURN);
		tls_bench_close(&b);
	}
}

/* A change_cipher_spec behind the first one, under the keys: nobody asked for it. */
static void
test_second_change(void)
{
	static const uint8_t one = 1;
	struct tls_bench b;
	char c;

	for (size_t i = 0; i < WAYS; i++) {
		open_way(&b, i);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		fake_sock_inject(&b.sock, 20, &one, 1);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), -EPROTO);
		far_is_told(&b, SSL_R_SSLV3_ALERT_UNEXPECTED_MESSAGE);
		CU_ASSERT_EQUAL(b.sock.rx_keys, 1);
		tls_bench_close(&b);
	}
}

/* Alerts that warn, without end: libssl counts them, whoever opens the records. */
static void
test_warnings(void)
{
	static const uint8_t warning[] = { 1, 90 }; /* user_canceled */
	struct tls_bench b;
	bool told;
	char c;

	for (size_t i = 0; i < WAYS * 2; i++) {
		open_way(&b, i / 2);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		told = false;
		for (int j = 0; j < 10 && !told; j++) {
			fake_sock_inject(&b.sock, RTLS_TYPE_ALERT, warning, sizeof(warning));
			told = i & 1 ? SSL_read(b.near, &c, 1) < 0 &&
					       SSL_get_error(b.near, -1) == SSL_ERROR_SSL :
				       rtls_ssl_recv(b.near, &c, 1, 0) == -EPROTO;
			CU_ASSERT_TRUE(told || j < 5);
		}
		CU_ASSERT_TRUE(told);
		ERR_clear_error();
		far_is_told(&b, SSL_R_SSLV3_ALERT_UNEXPECTED_MESSAGE);
		tls_bench_close(&b);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "Finished is a record of ours", test_finished_is_ours },
		{ "short of room", test_short_of_room },
		{ "resumption", test_resumption },
		{ "renegotiation is refused", test_renegotiation_is_refused },
		{ "farewell", test_farewell },
		{ "a second change_cipher_spec", test_second_change },
		{ "warnings without end", test_warnings },
	};
	return harness_run("handshake/tls12", cases, HARNESS_COUNT(cases));
}
