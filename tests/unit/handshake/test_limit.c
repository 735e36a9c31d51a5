/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* rtls_ssl_record_limit(): RFC 8449 against a libssl that has the extension by a callback of the test's. */

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>

#include "support/harness.h"
#include "support/tls_bench.h"

#include <recordtls/openssl.h>

enum { EXTENSION = 28 };

/* The far side's. */
static struct far {
	int says; /* 0: nothing */
	size_t says_len;
	unsigned char bytes[4];
	int heard; /* the near side's, 0: none */
} far;

static int
far_add(SSL *ssl, unsigned int type, unsigned int where, const unsigned char **out, size_t *len,
	X509 *x, size_t chain, int *alert, void *arg)
{
	(void)ssl, (void)type, (void)where, (void)x, (void)chain, (void)alert, (void)arg;
	far.bytes[0] = (unsigned char)(far.says >> 8);
	far.bytes[1] = (unsigned char)far.says;
	*out = far.bytes;
	*len = far.says_len;
	return far.says != 0;
}

static int
far_parse(SSL *ssl, unsigned int type, unsigned int where, const unsigned char *in, size_t len,
	  X509 *x, size_t chain, int *alert, void *arg)
{
	(void)ssl, (void)type, (void)where, (void)x, (void)chain, (void)alert, (void)arg;
	CU_ASSERT_EQUAL(len, 2);
	far.heard = in[0] << 8 | in[1];
	return 1;
}

struct row {
	const char *suite;
	int version;
	bool client;
	int says;
	int limit;
	int heard;
	uint16_t tx_max; /* 0: the connection has no such limit */
};

static const struct row rows[] = {
	/* TLS 1.3 counts the type, too. */
	{ NULL, TLS1_3_VERSION, false, 1025, 16385, 16385, 1024 },
	{ NULL, TLS1_3_VERSION, true, 1025, 16385, 16385, 1024 },
	{ "TLS_AES_256_GCM_SHA384", TLS1_3_VERSION, false, 513, 600, 600, 512 },
	{ "TLS_CHACHA20_POLY1305_SHA256", TLS1_3_VERSION, true, 4097, 64, 64, 4096 },
	{ "ECDHE-ECDSA-AES128-GCM-SHA256", TLS1_2_VERSION, false, 1025, 16385, 16384, 1025 },
	{ "ECDHE-ECDSA-AES128-GCM-SHA256", TLS1_2_VERSION, true, 512, 16385, 16384, 512 },
	{ "ECDHE-ECDSA-CHACHA20-POLY1305", TLS1_2_VERSION, false, 2000, 64, 64, 2000 },
	/* All that there may be, and more, which a later version may have. */
	{ NULL, TLS1_3_VERSION, false, 16385, 16385, 16385, 16384 },
	{ NULL, TLS1_3_VERSION, true, 65535, 16385, 16385, 16384 },
	/* Less than libssl can make: not agreed on. */
	{ NULL, TLS1_3_VERSION, false, 512, 16385, 0, 0 },
	{ "ECDHE-ECDSA-AES128-GCM-SHA256", TLS1_2_VERSION, false, 64, 16385, 0, 0 },
	/* Not asked. */
	{ NULL, TLS1_3_VERSION, false, 0, 16385, 0, 0 },
	{ NULL, TLS1_3_VERSION, true, 0, 16385, 16385, 0 },
};

static void
open_row(struct tls_bench *b, const struct row *r)
{
	struct tls_bench_conf conf = { .suites = r->suite,
				       .version = r->version,
				       .near_is_client = r->client,
				       .limit = (unsigned int)r->limit,
				       .seed = 3 };

	far = (struct far){ .says = r->says, .says_len = 2 };
	tls_bench_open(b, &conf);
	/* It has to be there before the SSL is made. */
	SSL_free(b->far);
	CU_ASSERT_EQUAL(SSL_CTX_add_custom_ext(b->far_ctx, EXTENSION,
					       SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO |
						       SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS,
					       far_add, NULL, NULL, far_parse, NULL),
			1);
	b->far = SSL_new(b->far_ctx);
	SSL_set_bio(b->far, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(b->far), -1);
	/* This server does not know that it has to cut them. */
	SSL_set_num_tickets(b->far, 0);
	if (r->client)
		SSL_set_accept_state(b->far);
	else
		SSL_set_connect_state(b->far);
}

/* The longest body of a record behind the first `plain` ones. */
static size_t
longest(const struct fake_bytes *q, unsigned int plain)
{
	size_t max = 0;
	unsigned int i = 0;

	for (size_t off = 0; off + 5 <= q->len; i++) {
		size_t len = (size_t)q->buf[off + 3] << 8 | q->buf[off + 4];

		if (i >= plain && len > max)
			max = len;
		off += 5 + len;
	}
	return max;
}

static bool
far_reads_all(struct tls_bench *b)
{
	uint8_t buf[5000];
	size_t n;

	tls_bench_carry(b);
	while (SSL_read_ex(b->far, buf, sizeof(buf), &n))
		;
	return SSL_get_error(b->far, 0) == SSL_ERROR_WANT_READ;
}

/* One record of as many bytes as we take, and one of a byte more, which is the end. */
static void
check_ours_is_kept(struct tls_bench *b, const struct row *r)
{
	size_t max = (size_t)r->limit - (r->version == TLS1_3_VERSION), n;
	static uint8_t data[16384 + 1], got[16384 + 1];

	CU_ASSERT_EQUAL(b->sock.rx_max, max < 16384 ? max : 0);
	if (max >= 16384)
		return;
	CU_ASSERT_EQUAL(SSL_write_ex(b->far, data, max, &n), 1);
	tls_bench_carry(b);
	CU_ASSERT_EQUAL(rtls_ssl_recv(b->near, got, sizeof(got), 0), (ssize_t)max);
	CU_ASSERT_EQUAL(SSL_write_ex(b->far, data, max + 1, &n), 1);
	tls_bench_carry(b);
	CU_ASSERT_EQUAL(rtls_ssl_recv(b->near, got, sizeof(got), 0), -EPROTO);
	tls_bench_carry(b);
	CU_ASSERT_EQUAL(SSL_read_ex(b->far, got, 1, &n), 0);
	CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV1_ALERT_RECORD_OVERFLOW);
}

static void
test_both_roles(void)
{
	static uint8_t data[40000];
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		const struct row *r = &rows[i];

		open_row(&b, r);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
		CU_ASSERT_TRUE(st.tx_handed_over && st.rx_handed_over);
		CU_ASSERT_EQUAL(far.heard, r->heard);
		CU_ASSERT_EQUAL(b.sock.tx_max, r->tx_max == 16384 ? 0 : r->tx_max);
		CU_ASSERT_EQUAL(b.sock.out.len, 0);
		CU_ASSERT_TRUE(rtls_ssl_send(b.near, data, sizeof(data), 0) > 0);
		if (r->tx_max != 0)
			CU_ASSERT_TRUE(longest(&b.sock.out, 0) <= r->tx_max + 8u + 1 + 16);
		CU_ASSERT_TRUE(far_reads_all(&b));
		CU_ASSERT_TRUE(tls_bench_send(&b, 50000, false));
		if (r->limit >= 16384)
			CU_ASSERT_TRUE(tls_bench_receive(&b, 50000));
		if (r->tx_max != 0)
			check_ours_is_kept(&b, r);
		tls_bench_close(&b);
	}
}

/* RFC 8449 4: handshake records that are protected count; Certificate here is a long one. */
static void
test_flight(void)
{
	static const struct row r = { NULL, TLS1_3_VERSION, false, 513, 16385, 16385, 512 };
	struct tls_bench b;
	X509 *cert;
	EVP_PKEY *key;

	open_row(&b, &r);
	tls_bench_identity(&cert, &key);
	for (int i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(SSL_add1_chain_cert(b.near, cert), 1);
	CU_ASSERT_EQUAL(SSL_do_handshake(b.far), -1);
	tls_bench_carry(&b);
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EAGAIN);
	/* ServerHello and change_cipher_spec are in clear. */
	CU_ASSERT_TRUE(b.sock.out.len > 3000);
	CU_ASSERT_EQUAL(longest(&b.sock.out, 2), 512 + 1 + 16);
	CU_ASSERT_TRUE(tls_bench_shake(&b));
	tls_bench_close(&b);
}

static void
test_refused(void)
{
	static const struct {
		int says;
		size_t len;
		bool client;
		int version;
		int reason;
	} bad[] = {
		{ 63, 2, false, TLS1_3_VERSION, SSL_R_SSLV3_ALERT_ILLEGAL_PARAMETER },
		{ 63, 2, true, TLS1_3_VERSION, SSL_R_SSLV3_ALERT_ILLEGAL_PARAMETER },
		{ 1, 2, true, TLS1_2_VERSION, SSL_R_SSLV3_ALERT_ILLEGAL_PARAMETER },
		{ 1024, 1, false, TLS1_2_VERSION, SSL_R_TLSV1_ALERT_DECODE_ERROR },
		{ 1024, 3, true, TLS1_3_VERSION, SSL_R_TLSV1_ALERT_DECODE_ERROR },
		/* A server that asks for less than libssl can make. */
		{ 512, 2, true, TLS1_3_VERSION, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE },
	};
	struct tls_bench b;

	for (size_t i = 0; i < HARNESS_COUNT(bad); i++) {
		struct row r = { .version = bad[i].version,
				 .client = bad[i].client,
				 .says = bad[i].says,
				 .limit = 16385 };

		open_row(&b, &r);
		far.says_len = bad[i].len;
		CU_ASSERT_FALSE(tls_bench_shake(&b));
		tls_bench_carry(&b);
		(void)SSL_do_handshake(b.far);
		CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), bad[i].reason);
		CU_ASSERT_EQUAL(b.sock.tx_keys, 0);
		tls_bench_close(&b);
	}
}

/* Who asks for both has max_fragment_length, as libssl answers that always, and one answer only. */
static void
test_beside_max_fragment_length(void)
{
	static const struct row r = { NULL, TLS1_3_VERSION, false, 1025, 16385, 0, 512 };
	struct tls_bench b;

	open_row(&b, &r);
	SSL_set_tlsext_max_fragment_length(b.far, TLSEXT_max_fragment_length_512);
	CU_ASSERT_TRUE(tls_bench_shake(&b));
	CU_ASSERT_EQUAL(far.heard, 0);
	CU_ASSERT_EQUAL(b.sock.tx_max, 512);
	CU_ASSERT_EQUAL(b.sock.rx_keys, 1);
	CU_ASSERT_TRUE(tls_bench_send(&b, 5000, false));
	tls_bench_close(&b);
}

static void
test_arguments(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	SSL *ssl;

	CU_ASSERT_EQUAL(rtls_ssl_record_limit(NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_record_limit(ctx, 1), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_record_limit(ctx, 63), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_record_limit(ctx, 16386), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_record_limit(ctx, 64), 0);
	CU_ASSERT_EQUAL(rtls_ssl_record_limit(ctx, 64), -EALREADY);
	/* A connection without a BIO of ours is as if it had not been called. */
	ssl = SSL_new(ctx);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(ssl), -1);
	SSL_set_connect_state(ssl);
	CU_ASSERT_EQUAL(SSL_do_handshake(ssl), -1);
	CU_ASSERT_EQUAL(SSL_get_error(ssl, -1), SSL_ERROR_WANT_READ);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	ctx = SSL_CTX_new(TLS_method());
	/* Somebody else has the extension. */
	CU_ASSERT_EQUAL(SSL_CTX_add_custom_ext(ctx, EXTENSION, SSL_EXT_CLIENT_HELLO, far_add, NULL,
					       NULL, far_parse, NULL),
			1);
	CU_ASSERT_EQUAL(rtls_ssl_record_limit(ctx, 0), -ENOTSUP);
	CU_ASSERT_PTR_NULL(SSL_CTX_get_keylog_callback(ctx));
	SSL_CTX_free(ctx);
	ERR_clear_error();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "both roles, both versions", test_both_roles },
		{ "a flight below the limit", test_flight },
		{ "what is refused", test_refused },
		{ "beside max_fragment_length", test_beside_max_fragment_length },
		{ "wrong arguments", test_arguments },
	};
	return harness_run("handshake/limit", cases, HARNESS_COUNT(cases));
}
