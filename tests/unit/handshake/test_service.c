/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Whole connections through the adapter against plain libssl. */

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>

#include "support/harness.h"
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
	struct rtls_ssl_status st;

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

/* RFC 8446 5.5: libssl does not count our records, so the adapter does. */
static void
test_key_update_before_the_record_limit(void)
{
	struct tls_bench b;
	uint64_t keep;

	open_done(&b, &server);
	keep = b.sock.tx.rec_no;
	b.sock.tx.rec_no = (UINT64_C(1) << 23) - 1;
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
	CU_ASSERT_EQUAL(b.sock.tx_keys, 1);
	b.sock.tx.rec_no++;
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
	CU_ASSERT_EQUAL(b.sock.tx_keys, 2);
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
	CU_ASSERT_EQUAL(b.sock.tx_keys, 2);
	CU_ASSERT_NOT_EQUAL(b.sock.tx.rec_no, keep);
	tls_bench_close(&b);
}

static void
test_close_notify(void)
{
	const struct tls_bench_conf *confs[] = { &server, &client };
	struct rtls_ssl_status st;
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

/* What librecordtls does not carry stays with libssl, and the connection works. */
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
		{ NULL, TLS1_2_VERSION, false },
		{ NULL, TLS1_2_VERSION, true },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tls_bench_conf conf = { .suites = rows[i].suite,
					       .version = rows[i].version,
					       .near_is_client = rows[i].client };
		struct rtls_ssl_status st;
		struct tls_bench b;

		tls_bench_open(&b, &conf);
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
	struct rtls_ssl_status st;
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
	tls_bench_close(&b);
}

static void
test_connection_ends_in_the_handshake(void)
{
	struct rtls_ssl_status st;
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

static void
test_wrong_arguments(void)
{
	struct rtls_ssl_status st;
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
		{ "no key update beside a pending write",
		  test_key_update_refused_while_a_write_is_pending },
		{ "a key update before the record limit", test_key_update_before_the_record_limit },
		{ "close_notify both ways", test_close_notify },
		{ "suites that are not carried stay with libssl", test_refused_suites },
		{ "key update without hand-over", test_far_key_update_without_hand_over },
		{ "a handshake that fails", test_handshake_fails },
		{ "a connection that ends in the handshake",
		  test_connection_ends_in_the_handshake },
		{ "wrong arguments", test_wrong_arguments },
	};
	return harness_run("handshake/service", cases, HARNESS_COUNT(cases));
}
