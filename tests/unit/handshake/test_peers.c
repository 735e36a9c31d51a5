/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What TLS 1.3's handshakes are made of, in both roles, by the hook and taken over. */

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>

#include "support/harness.h"
#include "support/tls_bench.h"

#include <recordtls/openssl.h>

enum { WAYS = 4 }; /* server and client, by hook and taken over */

static void
open_way(struct tls_bench *b, size_t way)
{
	struct tls_bench_conf conf = { .near_is_client = way & 1, .limit = 16385, .seed = way };

	tls_bench_open(b, &conf);
	if (way & 2)
		SSL_set_tlsext_max_fragment_length(way & 1 ? b->near : b->far,
						   TLSEXT_max_fragment_length_2048);
}

static SSL *
client_of(struct tls_bench *b)
{
	return SSL_is_server(b->near) ? b->far : b->near;
}

static SSL *
server_of(struct tls_bench *b)
{
	return SSL_is_server(b->near) ? b->near : b->far;
}

static void
check_ours(struct tls_bench *b)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };

	CU_ASSERT_EQUAL(rtls_ssl_status(b->near, &st), 0);
	CU_ASSERT_TRUE(st.tx_handed_over && st.rx_handed_over);
	CU_ASSERT_TRUE(tls_bench_send(b, 20000, false));
	CU_ASSERT_TRUE(tls_bench_receive(b, 20000));
}

/* What comes in pieces: a ClientHello with a post-quantum share is longer than a segment. */
static bool
shake_in_pieces(struct tls_bench *b, size_t piece)
{
	struct fake_bytes later = { 0 };
	uint8_t chunk[4096];
	int near = -EAGAIN, n;

	for (int i = 0; i < 20000 && (near == -EAGAIN || later.len != 0); i++) {
		size_t len;

		near = rtls_ssl_service(b->near);
		BIO_write(SSL_get_rbio(b->far), b->sock.out.buf, (int)b->sock.out.len);
		fake_bytes_drop(&b->sock.out, b->sock.out.len);
		(void)SSL_do_handshake(b->far);
		while ((n = BIO_read(SSL_get_wbio(b->far), chunk, sizeof(chunk))) > 0)
			fake_bytes_add(&later, chunk, (size_t)n);
		len = later.len < piece ? later.len : piece;
		fake_bytes_add(&b->sock.in, later.buf, len);
		fake_bytes_drop(&later, len);
	}
	fake_bytes_free(&later);
	return near == 0 && SSL_is_init_finished(b->far);
}

static void
test_long_hello(void)
{
	static const size_t pieces[] = { 1, 5, 100, 1400 };
	struct tls_bench b;

	for (size_t i = 0; i < WAYS * HARNESS_COUNT(pieces); i++) {
		open_way(&b, i / HARNESS_COUNT(pieces));
		CU_ASSERT_EQUAL(SSL_set1_groups_list(b.far, "X25519MLKEM768"), 1);
		CU_ASSERT_TRUE_FATAL(shake_in_pieces(&b, pieces[i % HARNESS_COUNT(pieces)]));
		CU_ASSERT_STRING_EQUAL(SSL_get0_group_name(b.near), "X25519MLKEM768");
		check_ours(&b);
		tls_bench_close(&b);
	}
}

static unsigned int hellos;

static void
count_hellos(int write, int version, int type, const void *buf, size_t len, SSL *ssl, void *arg)
{
	(void)write, (void)version, (void)ssl, (void)arg;
	if (type == SSL3_RT_HANDSHAKE && len != 0 && *(const uint8_t *)buf == 1)
		hellos++;
}

static void
test_hello_retry_request(void)
{
	struct tls_bench b;

	for (size_t i = 0; i < WAYS; i++) {
		open_way(&b, i);
		hellos = 0;
		SSL_set_msg_callback(client_of(&b), count_hellos);
		CU_ASSERT_EQUAL(SSL_set1_groups_list(client_of(&b), "X25519MLKEM768:secp384r1"), 1);
		CU_ASSERT_EQUAL(SSL_set1_groups_list(server_of(&b), "secp384r1"), 1);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		CU_ASSERT_EQUAL(hellos, 2);
		check_ours(&b);
		tls_bench_close(&b);
	}
}

static int
accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok, (void)store;
	return 1;
}

static void
check_not_wanted(struct tls_bench *b)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };
	char c;

	tls_bench_carry(b);
	if (SSL_is_server(b->near)) {
		CU_ASSERT_TRUE(SSL_read(b->far, &c, 1) <= 0);
		CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()),
				SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
		ERR_clear_error();
		return;
	}
	CU_ASSERT_EQUAL(rtls_ssl_recv(b->near, &c, 1, 0), -EPROTO);
	CU_ASSERT_EQUAL(rtls_ssl_status(b->near, &st), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(st.error, "certificate required"));
}

static void
test_client_certificate(void)
{
	struct tls_bench b;
	X509 *cert;
	EVP_PKEY *key;

	tls_bench_identity(&cert, &key);
	for (size_t i = 0; i < WAYS * 2; i++) {
		bool has_one = i & 1;

		open_way(&b, i / 2);
		SSL_set_verify(server_of(&b), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			       accept_any);
		if (has_one)
			CU_ASSERT_TRUE(SSL_use_certificate(client_of(&b), cert) == 1 &&
				       SSL_use_PrivateKey(client_of(&b), key) == 1);
		if (has_one) {
			CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
			CU_ASSERT_PTR_NOT_NULL(SSL_get0_peer_certificate(server_of(&b)));
			check_ours(&b);
		} else {
			/* A client is done before it hears that it is not wanted. */
			(void)tls_bench_shake(&b);
			check_not_wanted(&b);
		}
		tls_bench_close(&b);
	}
}

static SSL_SESSION *ticket;
static unsigned int tickets;

static int
keep_ticket(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	tickets++;
	SSL_SESSION_free(ticket);
	ticket = session;
	return 1;
}

static void
again(struct tls_bench *b, size_t way)
{
	SSL *c;

	/* Without a farewell libssl forgets the session. */
	SSL_set_shutdown(b->near, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_set_shutdown(b->far, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(b->near);
	SSL_free(b->far);
	fake_sock_fini(&b->sock);
	fake_sock_init(&b->sock, way);
	b->near = SSL_new(b->near_ctx);
	b->far = SSL_new(b->far_ctx);
	CU_ASSERT_EQUAL(rtls_ssl_attach(b->near, &b->sock, RTLS_SSL_TRANSPARENT), 0);
	SSL_set_bio(b->far, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(b->far), -1);
	c = way & 1 ? b->near : b->far;
	SSL_set_connect_state(c);
	SSL_set_accept_state(way & 1 ? b->far : b->near);
	CU_ASSERT_EQUAL(SSL_set_session(c, ticket), 1);
	if (way & 2)
		SSL_set_tlsext_max_fragment_length(c, TLSEXT_max_fragment_length_2048);
}

/* The tickets come behind the handshake, as records of ours, by whichever call. */
static void
open_with_ticket(struct tls_bench *b, size_t way, uint32_t early)
{
	SSL_CTX *client_ctx;
	char c;

	open_way(b, way);
	client_ctx = SSL_get_SSL_CTX(client_of(b));
	tickets = 0;
	SSL_CTX_set_session_cache_mode(client_ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(client_ctx, keep_ticket);
	SSL_CTX_set_max_early_data(SSL_get_SSL_CTX(server_of(b)), early);
	SSL_set_max_early_data(server_of(b), early);
	CU_ASSERT_TRUE_FATAL(tls_bench_shake(b));
	CU_ASSERT_EQUAL(way & 1 ? rtls_ssl_recv(b->near, &c, 1, 0) : SSL_read(b->far, &c, 1),
			way & 1 ? -EAGAIN : -1);
	CU_ASSERT_EQUAL(tickets, 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ticket);
	again(b, way);
}

static void
drop_ticket(void)
{
	SSL_SESSION_free(ticket);
	ticket = NULL;
}

static void
test_resumption(void)
{
	struct tls_bench b;

	for (size_t i = 0; i < WAYS; i++) {
		open_with_ticket(&b, i, 0);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		CU_ASSERT_EQUAL(SSL_session_reused(b.near), 1);
		check_ours(&b);
		tls_bench_close(&b);
		drop_ticket();
	}
}

/* RFC 8446 2.3: sealed by libssl under keys of their own, in front of ours. */
static void
test_early_data(void)
{
	static const char early[] = "in front of the handshake";
	char got[100];
	struct tls_bench b;
	size_t n;

	for (size_t i = 0; i < WAYS * 2; i++) {
		bool taken = i & 1;
		SSL *c, *s;
		int rc;

		open_with_ticket(&b, i / 2, 16384);
		c = client_of(&b);
		s = server_of(&b);
		CU_ASSERT_EQUAL(SSL_write_early_data(c, early, sizeof(early), &n), 1);
		tls_bench_carry(&b);
		if (taken) {
			rc = SSL_read_early_data(s, got, sizeof(got), &n);
			CU_ASSERT_EQUAL(rc, SSL_READ_EARLY_DATA_SUCCESS);
			CU_ASSERT_EQUAL(n, sizeof(early));
			CU_ASSERT_EQUAL(memcmp(got, early, sizeof(early)), 0);
			for (int turn = 0; turn < 20 && rc != SSL_READ_EARLY_DATA_FINISH; turn++) {
				tls_bench_carry(&b);
				(void)SSL_do_handshake(c);
				tls_bench_carry(&b);
				rc = SSL_read_early_data(s, got, sizeof(got), &n);
			}
			CU_ASSERT_EQUAL(rc, SSL_READ_EARLY_DATA_FINISH);
		}
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		CU_ASSERT_EQUAL(SSL_get_early_data_status(c),
				taken ? SSL_EARLY_DATA_ACCEPTED : SSL_EARLY_DATA_REJECTED);
		/* None of it is delivered as if it were under the handshake's keys. */
		CU_ASSERT_EQUAL(b.sock.rx_type[RTLS_TYPE_DATA], 0);
		check_ours(&b);
		tls_bench_close(&b);
		drop_ticket();
	}
}

/* RFC 8446 4.6.2: a client that is asked for its certificate behind the handshake. */
static void
test_certificate_behind_the_handshake(void)
{
	struct tls_bench b;
	X509 *cert;
	EVP_PKEY *key;
	char c;

	tls_bench_identity(&cert, &key);
	for (size_t i = 0; i < WAYS; i++) {
		open_way(&b, i);
		SSL_set_post_handshake_auth(client_of(&b), 1);
		CU_ASSERT_TRUE(SSL_use_certificate(client_of(&b), cert) == 1 &&
			       SSL_use_PrivateKey(client_of(&b), key) == 1);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		SSL_set_verify(server_of(&b), SSL_VERIFY_PEER, accept_any);
		CU_ASSERT_EQUAL(SSL_verify_client_post_handshake(server_of(&b)), 1);
		CU_ASSERT_EQUAL(SSL_do_handshake(server_of(&b)), 1);
		for (int j = 0; j < 4; j++) {
			tls_bench_carry(&b);
			CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), -EAGAIN);
			tls_bench_carry(&b);
			CU_ASSERT_EQUAL(SSL_read(b.far, &c, 1), -1);
		}
		CU_ASSERT_PTR_NOT_NULL(SSL_get0_peer_certificate(server_of(&b)));
		check_ours(&b);
		tls_bench_close(&b);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a ClientHello in pieces", test_long_hello },
		{ "HelloRetryRequest", test_hello_retry_request },
		{ "client certificates", test_client_certificate },
		{ "resumption", test_resumption },
		{ "early data", test_early_data },
		{ "a certificate behind the handshake", test_certificate_behind_the_handshake },
	};
	return harness_run("handshake/peers", cases, HARNESS_COUNT(cases));
}
