/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The BIO by itself, and what libssl makes of a bad record. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <linux/tls.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include "handshake/bio.h"
#include "handshake/bridge.h"
#include "support/harness.h"
#include "support/tls_bench.h"

#include <recordtls/openssl.h>

static void
open_done(struct tls_bench *b, bool near_is_client)
{
	struct tls_bench_conf conf = { .near_is_client = near_is_client, .seed = 3 };

	tls_bench_open(b, &conf);
	CU_ASSERT_TRUE_FATAL(tls_bench_shake(b));
}

static void
test_unknown_controls(void)
{
	static const int known[] = {
		BIO_CTRL_EOF,           BIO_CTRL_FLUSH,    BIO_RTLS_SET_KEYS,
		BIO_CTRL_GET_KTLS_SEND, BIO_RTLS_SET_TYPE, BIO_RTLS_CLEAR_TYPE,
		BIO_CTRL_GET_KTLS_RECV, BIO_C_GET_FD,
	};
	struct tls_bench b;
	BIO *bio;

	open_done(&b, false);
	bio = SSL_get_rbio(b.near);
	for (int cmd = 0; cmd < 300; cmd++) {
		bool skip = false;

		for (size_t i = 0; i < HARNESS_COUNT(known); i++)
			skip |= known[i] == cmd;
		if (!skip)
			CU_ASSERT_EQUAL(BIO_ctrl(bio, cmd, 0, NULL), 0);
	}
	CU_ASSERT_EQUAL(BIO_ctrl(bio, BIO_RTLS_SET_KEYS, 1, NULL), 0);
	CU_ASSERT_EQUAL(BIO_ctrl(bio, BIO_CTRL_GET_KTLS_SEND, 0, NULL), 1);
	CU_ASSERT_EQUAL(BIO_ctrl(bio, BIO_CTRL_GET_KTLS_RECV, 0, NULL), 1);
	tls_bench_close(&b);
}

/* A descriptor would be written to in clear by SSL_sendfile(). */
static void
test_no_descriptor(void)
{
	struct tls_bench b;
	FILE *f = tmpfile();
	int fd = 7;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(write(fileno(f), "clear text", 10), 10);
	open_done(&b, false);
	CU_ASSERT_EQUAL(SSL_get_fd(b.near), -1);
	CU_ASSERT_EQUAL(SSL_get_wfd(b.near), -1);
	CU_ASSERT_EQUAL(BIO_get_fd(SSL_get_wbio(b.near), &fd), -1);
	CU_ASSERT_EQUAL(fd, 7);
	CU_ASSERT_TRUE(SSL_sendfile(b.near, fileno(f), 0, 10, 0) < 0);
	CU_ASSERT_EQUAL(b.sock.out.len, 0);
	ERR_clear_error();
	fclose(f);
	tls_bench_close(&b);
}

static void
test_flush_always_succeeds(void)
{
	struct tls_bench_conf conf = { .seed = 3 };
	struct tls_bench b;
	BIO *bio;

	tls_bench_open(&b, &conf);
	bio = SSL_get_rbio(b.near);
	CU_ASSERT_EQUAL(BIO_flush(bio), 1);
	b.sock.blocked = true;
	CU_ASSERT_EQUAL(BIO_write(bio, "handshake bytes", 15), 15);
	CU_ASSERT_EQUAL(BIO_flush(bio), 1);
	CU_ASSERT_EQUAL(BIO_should_retry(bio), 0);
	CU_ASSERT_EQUAL(b.sock.out.len, 0);
	b.sock.blocked = false;
	CU_ASSERT_EQUAL(BIO_write(bio, "+", 1), 1);
	CU_ASSERT_EQUAL(b.sock.out.len, 16);
	CU_ASSERT_EQUAL(memcmp(b.sock.out.buf, "handshake bytes+", 16), 0);
	tls_bench_close(&b);
}

static void
test_end_of_file(void)
{
	struct tls_bench_conf conf = { .seed = 3 };
	struct tls_bench b;
	char c[4];
	BIO *bio;

	/* Without keys. */
	tls_bench_open(&b, &conf);
	bio = SSL_get_rbio(b.near);
	CU_ASSERT_EQUAL(BIO_read(bio, c, 1), -1);
	CU_ASSERT_EQUAL(BIO_should_read(bio), BIO_FLAGS_READ);
	CU_ASSERT_EQUAL(BIO_eof(bio), 0);
	fake_bytes_add(&b.sock.in, "abc", 3);
	b.sock.fin = true;
	CU_ASSERT_EQUAL(BIO_read(bio, c, 2), 2);
	CU_ASSERT_EQUAL(BIO_read(bio, c, 2), 1);
	CU_ASSERT_EQUAL(BIO_eof(bio), 0);
	CU_ASSERT_EQUAL(BIO_read(bio, c, 2), 0);
	CU_ASSERT_EQUAL(BIO_should_retry(bio), 0);
	CU_ASSERT_EQUAL(BIO_eof(bio), 1);
	tls_bench_close(&b);

	/* With them: a FIN without close_notify is an error of libssl's. */
	open_done(&b, false);
	bio = SSL_get_rbio(b.near);
	CU_ASSERT_EQUAL(SSL_read(b.near, c, 1), -1);
	CU_ASSERT_EQUAL(BIO_eof(bio), 0);
	b.sock.fin = true;
	CU_ASSERT_EQUAL(SSL_read(b.near, c, 1), 0);
	CU_ASSERT_EQUAL(BIO_eof(bio), 1);
	CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), SSL_R_UNEXPECTED_EOF_WHILE_READING);
	tls_bench_close(&b);
}

/* What is read too early before keys would stay in libssl and be lost for the socket. */
static void
test_never_more_than_asked(void)
{
	struct tls_bench b;

	for (int client = 0; client <= 1; client++) {
		struct tls_bench_conf conf = { .seed = 3, .near_is_client = client };

		tls_bench_open(&b, &conf);
		/* Even for a program that asks for it. */
		SSL_set_read_ahead(b.near, 1);
		CU_ASSERT_TRUE(tls_bench_shake(&b));
		CU_ASSERT_EQUAL(b.sock.rx_keys, 1);
		CU_ASSERT_TRUE(b.sock.recv_max > 0 && b.sock.recv_max < 16384);
		CU_ASSERT_TRUE(tls_bench_receive(&b, 50000));
		tls_bench_close(&b);
	}
}

/* libssl may ask for a header first, or for a whole buffer: it gets a stream. */
static void
test_read_sizes(void)
{
	struct tls_bench b;
	uint8_t got[64];
	size_t n = 0;
	BIO *bio;

	open_done(&b, true);
	/* Without tickets in the way. */
	CU_ASSERT_EQUAL(SSL_read(b.near, got, 1), -1);
	CU_ASSERT_TRUE(tls_bench_receive(&b, 100000));
	/* Whole buffers come straight from the socket. */
	CU_ASSERT_PTR_NULL(bridge_of(b.near)->record);
	SSL_set_read_ahead(b.near, 0);
	CU_ASSERT_TRUE(tls_bench_receive(&b, 100000));

	fake_sock_inject(&b.sock, RTLS_TYPE_DATA, "hello, world", 12);
	bio = SSL_get_rbio(b.near);
	for (int ask = 1; n < 17; ask++) {
		int r = BIO_read(bio, got + n, ask);

		CU_ASSERT_TRUE_FATAL(r > 0 && r <= ask);
		n += (size_t)r;
	}
	CU_ASSERT_EQUAL(n, 17);
	CU_ASSERT_EQUAL(memcmp(got, "\x17\x03\x03\x00\x0chello, world", 17), 0);
	CU_ASSERT_EQUAL(BIO_read(bio, got, 1), -1);
	CU_ASSERT_EQUAL(BIO_should_read(bio), BIO_FLAGS_READ);
	tls_bench_close(&b);
}

/* Behind a KeyUpdate the socket waits for keys, and a reader retries. */
static void
test_paused_reads_retry(void)
{
	static const uint8_t key_update[5] = { 24, 0, 0, 1, 0 };
	struct tls_bench b;
	uint8_t got[64];
	BIO *bio;

	open_done(&b, false);
	fake_sock_inject(&b.sock, RTLS_TYPE_HANDSHAKE, key_update, sizeof(key_update));
	bio = SSL_get_rbio(b.near);
	CU_ASSERT_EQUAL(BIO_read(bio, got, sizeof(got)), 10);
	CU_ASSERT_EQUAL(memcmp(got, "\x16\x03\x03\x00\x05\x18\x00\x00\x01\x00", 10), 0);
	CU_ASSERT_TRUE(b.sock.paused);
	CU_ASSERT_EQUAL(BIO_read(bio, got, sizeof(got)), -1);
	CU_ASSERT_EQUAL(BIO_should_read(bio), BIO_FLAGS_READ);
	CU_ASSERT_EQUAL(BIO_should_retry(bio), BIO_FLAGS_SHOULD_RETRY);
	tls_bench_close(&b);
}

/* libssl sends the alert that fits, RFC 8446 6.2. */
static void
test_bad_records(void)
{
	static const struct {
		const char *what;
		uint8_t header[5];
		size_t body;
		int near_reason;
		int far_reason;
	} rows[] = {
		{ "tag",
		  { 23, 3, 3, 0, 32 },
		  32,
		  SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
		  SSL_R_SSLV3_ALERT_BAD_RECORD_MAC },
		{ "length",
		  { 23, 3, 3, 0x41, 1 },
		  0,
		  SSL_R_PACKET_LENGTH_TOO_LONG,
		  SSL_R_TLSV1_ALERT_RECORD_OVERFLOW },
		{ "version",
		  { 23, 2, 3, 0, 32 },
		  32,
		  SSL_R_WRONG_VERSION_NUMBER,
		  SSL_R_TLSV1_ALERT_PROTOCOL_VERSION },
		{ "outer type",
		  { 22, 3, 3, 0, 32 },
		  32,
		  SSL_R_WRONG_VERSION_NUMBER,
		  SSL_R_TLSV1_ALERT_PROTOCOL_VERSION },
	};
	static const uint8_t body[64];

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tls_bench b;
		char c;

		open_done(&b, false);
		fake_sock_inject(&b.sock, RTLS_TYPE_DATA, "x", 1);
		fake_bytes_add(&b.sock.in, rows[i].header, 5);
		fake_bytes_add(&b.sock.in, body, rows[i].body);
		CU_ASSERT_EQUAL(SSL_read(b.near, &c, 1), 1);
		/* fake_sock_inject() sealed under the number that the next record has. */
		CU_ASSERT_EQUAL(c, 'x');
		CU_ASSERT_EQUAL(SSL_read(b.near, &c, 1), -1);
		CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), rows[i].near_reason);
		ERR_clear_error();
		CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_ALERT], 1);
		CU_ASSERT_EQUAL(SSL_read(b.near, &c, 1), -1);
		ERR_clear_error();
		tls_bench_carry(&b);
		CU_ASSERT_TRUE(SSL_read(b.far, &c, 1) <= 0);
		CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), rows[i].far_reason);
		CU_ASSERT_TRUE(rtls_ssl_service(b.near) < 0);
		CU_ASSERT_NOT_EQUAL(rtls_ssl_service(b.near), -EAGAIN);
		tls_bench_close(&b);
	}
}

static void
test_socket_errors(void)
{
	struct tls_bench b;
	size_t n;

	open_done(&b, false);
	b.sock.tx_errno = ECONNRESET;
	CU_ASSERT_EQUAL(SSL_write_ex(b.near, "x", 1, &n), 0);
	CU_ASSERT_EQUAL(SSL_get_error(b.near, 0), SSL_ERROR_SYSCALL);
	ERR_clear_error();
	b.sock.failed = -ECONNRESET;
	CU_ASSERT_EQUAL(SSL_read_ex(b.near, &n, 1, &n), 0);
	CU_ASSERT_EQUAL(errno, ECONNRESET);
	CU_ASSERT_EQUAL(SSL_get_error(b.near, 0), SSL_ERROR_SYSCALL);
	tls_bench_close(&b);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "unknown controls return 0", test_unknown_controls },
		{ "no descriptor", test_no_descriptor },
		{ "flush always succeeds", test_flush_always_succeeds },
		{ "end of file exactly after FIN", test_end_of_file },
		{ "never more than asked before keys", test_never_more_than_asked },
		{ "reads of every size", test_read_sizes },
		{ "reads behind a KeyUpdate retry", test_paused_reads_retry },
		{ "bad records bring the alert that fits", test_bad_records },
		{ "errors of the socket", test_socket_errors },
	};
	return harness_run("handshake/bio", cases, HARNESS_COUNT(cases));
}
