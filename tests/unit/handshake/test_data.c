/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* rtls_ssl_send() and rtls_ssl_recv(): the same whoever has the records. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>

#include "support/harness.h"
#include "support/tls_bench.h"

#include <recordtls/openssl.h>

enum {
	IDLE_TURNS = 4000,
	BULK = 200000,
	SEND_MAX = 40000,
};

struct row {
	const char *suites;
	int version;
	uint16_t fragment; /* the near side makes records of so many bytes; 0: as it likes */
	uint8_t mfl;       /* RFC 6066 4: what the client asks for */
	bool hears;        /* rtls_ssl_record_limit() was called */
	bool carries_one;  /* the socket has AES-128-GCM only */
	bool client;
	bool kept;       /* by libssl */
	const char *why; /* a part of the reason */
};

static const struct row rows[] = {
	{ .suites = "TLS_AES_128_GCM_SHA256" },
	{ .suites = "TLS_AES_128_GCM_SHA256", .client = true },
	{ .suites = "TLS_AES_256_GCM_SHA384" },
	{ .suites = "TLS_AES_256_GCM_SHA384", .client = true },
	{ .suites = "TLS_CHACHA20_POLY1305_SHA256" },
	{ .suites = "TLS_AES_128_CCM_SHA256", .client = true },
	{ .suites = "ECDHE-ECDSA-AES128-GCM-SHA256", .version = TLS1_2_VERSION },
	{ .suites = "ECDHE-ECDSA-AES128-GCM-SHA256", .version = TLS1_2_VERSION, .client = true },
	{ .suites = "ECDHE-ECDSA-AES256-GCM-SHA384", .version = TLS1_2_VERSION },
	{ .suites = "ECDHE-ECDSA-AES256-GCM-SHA384", .version = TLS1_2_VERSION, .client = true },
	{ .suites = "ECDHE-ECDSA-CHACHA20-POLY1305", .version = TLS1_2_VERSION },
	{ .suites = "ECDHE-ECDSA-CHACHA20-POLY1305", .version = TLS1_2_VERSION, .client = true },
	{ .suites = "ECDHE-ECDSA-AES128-CCM", .version = TLS1_2_VERSION },
	{ .suites = "ECDHE-ECDSA-AES128-CCM", .version = TLS1_2_VERSION, .client = true },

	/* Kept: a cipher that libssl does not offer, and one that the socket does not take. */
	{ .suites = "ECDHE-ECDSA-AES128-SHA256",
	  .version = TLS1_2_VERSION,
	  .kept = true,
	  .why = "cipher ECDHE-ECDSA-AES128-SHA256 in TLSv1.2" },
	{ .suites = "ECDHE-ECDSA-AES128-SHA256",
	  .version = TLS1_2_VERSION,
	  .client = true,
	  .fragment = 600,
	  .kept = true,
	  .why = "cipher ECDHE-ECDSA-AES128-SHA256 in TLSv1.2" },
	{ .suites = "TLS_AES_256_GCM_SHA384",
	  .carries_one = true,
	  .kept = true,
	  .why = "not carry the cipher TLS_AES_256_GCM_SHA384 in TLSv1.3" },
	{ .suites = "ECDHE-ECDSA-CHACHA20-POLY1305",
	  .version = TLS1_2_VERSION,
	  .carries_one = true,
	  .mfl = TLSEXT_max_fragment_length_512,
	  .client = true,
	  .kept = true,
	  .why = "not carry the cipher ECDHE-ECDSA-CHACHA20-POLY1305 in TLSv1.2" },

	/* What the program wants to make. */
	{ .fragment = 1400 },
	{ .fragment = 512, .client = true },
	{ .fragment = 16383, .version = TLS1_2_VERSION },
	{ .fragment = 2000, .version = TLS1_2_VERSION, .client = true },

	/* What is agreed on: TLS 1.3 has it from the key log. */
	{ .mfl = TLSEXT_max_fragment_length_512, .kept = true, .why = "max_fragment_length 512" },
	{ .mfl = TLSEXT_max_fragment_length_512, .hears = true },
	{ .mfl = TLSEXT_max_fragment_length_1024, .hears = true, .client = true },
	{ .suites = "TLS_AES_256_GCM_SHA384",
	  .mfl = TLSEXT_max_fragment_length_4096,
	  .hears = true },
	{ .suites = "TLS_CHACHA20_POLY1305_SHA256",
	  .mfl = TLSEXT_max_fragment_length_2048,
	  .hears = true,
	  .client = true },
	{ .suites = "TLS_AES_128_CCM_SHA256",
	  .mfl = TLSEXT_max_fragment_length_512,
	  .fragment = 600,
	  .hears = true },
	{ .suites = "ECDHE-ECDSA-AES128-GCM-SHA256",
	  .version = TLS1_2_VERSION,
	  .mfl = TLSEXT_max_fragment_length_512 },
	{ .suites = "ECDHE-ECDSA-AES256-GCM-SHA384",
	  .version = TLS1_2_VERSION,
	  .mfl = TLSEXT_max_fragment_length_1024,
	  .client = true },
	{ .suites = "ECDHE-ECDSA-CHACHA20-POLY1305",
	  .version = TLS1_2_VERSION,
	  .mfl = TLSEXT_max_fragment_length_4096 },
	{ .suites = "ECDHE-ECDSA-AES128-CCM",
	  .version = TLS1_2_VERSION,
	  .mfl = TLSEXT_max_fragment_length_2048,
	  .client = true },
};

enum { KEPT = 14 }; /* the first of these */

static void
open_row(struct tls_bench *b, const struct row *r, uint64_t seed)
{
	struct tls_bench_conf conf = { .suites = r->suites,
				       .version = r->version,
				       .near_is_client = r->client,
				       .limit = r->hears ? 16385 : 0,
				       .seed = seed };

	tls_bench_open(b, &conf);
	b->sock.carries_one = r->carries_one;
	if (r->fragment != 0)
		CU_ASSERT_EQUAL(SSL_set_max_send_fragment(b->near, r->fragment), 1);
	if (r->mfl != 0)
		CU_ASSERT_EQUAL(
			SSL_set_tlsext_max_fragment_length(r->client ? b->near : b->far, r->mfl),
			1);
}

static void
open_done(struct tls_bench *b, const struct row *r)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };

	open_row(b, r, 11);
	CU_ASSERT_TRUE_FATAL(tls_bench_shake(b));
	CU_ASSERT_EQUAL(rtls_ssl_status(b->near, &st), 0);
	CU_ASSERT_EQUAL(st.tx_handed_over, !r->kept);
	CU_ASSERT_EQUAL(st.rx_handed_over, !r->kept);
	CU_ASSERT_EQUAL(r->kept, st.tx_reason != NULL && strstr(st.tx_reason, r->why) != NULL);
	CU_ASSERT_EQUAL(r->kept, st.rx_reason != NULL && strstr(st.rx_reason, r->why) != NULL);
}

static uint8_t
pattern(size_t off)
{
	return (uint8_t)(off * 11 + (off >> 8) * 5 + 1);
}

static void
fill(uint8_t *p, size_t off, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = pattern(off + i);
}

static bool
matches(const uint8_t *p, size_t off, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != pattern(off + i))
			return false;
	return true;
}

/* What the far side has, onto *seen. */
static bool
far_reads(struct tls_bench *b, size_t *seen)
{
	uint8_t buf[3000];
	bool ok = true;
	size_t n;

	tls_bench_carry(b);
	while (ok && SSL_read_ex(b->far, buf, sizeof(buf), &n)) {
		ok = matches(buf, *seen, n);
		*seen += n;
	}
	tls_bench_carry(b);
	return ok;
}

/*
 * Each call has a buffer and a length of its own, also behind one that took nothing: what it
 * said to have taken, and no more, is what arrives.
 */
static bool
sends(struct tls_bench *b, uint64_t *seed, size_t total)
{
	size_t done = 0, seen = 0;
	unsigned int idle = 0;
	bool ok = true;

	while (ok && seen < total && idle++ < IDLE_TURNS) {
		size_t len = 1 + harness_below(seed, SEND_MAX), before = seen + done;
		uint8_t *bytes;
		ssize_t n;

		if (len > total - done)
			len = total - done;
		bytes = malloc(len + 1);
		fill(bytes, done, len);
		n = rtls_ssl_send(b->near, bytes, len, harness_rand(seed) & RTLS_MSG_MORE);
		free(bytes);
		ok = n >= 0 ? (size_t)n <= len : n == -EAGAIN || n == -ENOMEM;
		if (n > 0)
			done += (size_t)n;
		/* Closes the record; nothing else does at the end. */
		if (done == total)
			rtls_ssl_send(b->near, NULL, 0, 0);
		ok = ok && far_reads(b, &seen);
		if (seen + done != before)
			idle = 0;
	}
	return ok && seen == total && done == total;
}

static bool
receives(struct tls_bench *b, uint64_t *seed, size_t total)
{
	uint8_t buf[20000], *all = malloc(total);
	size_t done = 0, seen = 0, n;
	unsigned int idle = 0;
	bool ok = true;

	fill(all, 0, total);
	while (ok && seen < total && idle++ < IDLE_TURNS) {
		size_t len = 1 + harness_below(seed, sizeof(buf)), before = seen + done;
		int flags = harness_below(seed, 4) == 0 ? RTLS_MSG_PEEK : 0;
		ssize_t got;

		if (done < total && SSL_write_ex(b->far, all + done, total - done, &n))
			done += n;
		tls_bench_carry(b);
		got = rtls_ssl_recv(b->near, buf, len, flags);
		ok = got > 0 ? matches(buf, seen, (size_t)got) : got == -EAGAIN;
		if (got > 0 && flags == 0)
			seen += (size_t)got;
		tls_bench_carry(b);
		if (seen + done != before)
			idle = 0;
	}
	free(all);
	return ok && seen == total;
}

static void
test_both_ways(void)
{
	uint64_t seed = harness_seed();
	struct tls_bench b;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		open_done(&b, &rows[i]);
		CU_ASSERT_TRUE(sends(&b, &seed, BULK));
		CU_ASSERT_TRUE(receives(&b, &seed, BULK));
		b.sock.refuse_of_16 = 8;
		b.sock.short_of_16 = 10;
		CU_ASSERT_TRUE(sends(&b, &seed, BULK));
		CU_ASSERT_TRUE(receives(&b, &seed, BULK));
		CU_ASSERT_EQUAL(b.sock.tx_keys != 0, !rows[i].kept);
		CU_ASSERT_EQUAL(b.sock.rx_keys != 0, !rows[i].kept);
		/* Whatever the program asked of SSL_write(). */
		SSL_clear_mode(b.near,
			       SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
		CU_ASSERT_TRUE(sends(&b, &seed, BULK));
		tls_bench_close(&b);
	}
}

/* The program's own calls, which know nothing of libssl, never get a byte through. */
static void
test_nothing_beside(void)
{
	uint8_t bytes[100] = { 'x' };
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	struct tls_bench b;
	char c;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		open_row(&b, &rows[i], 3);
		CU_ASSERT_EQUAL(rtls_send(&b.sock, bytes, sizeof(bytes), 0), -ENOKEY);
		CU_ASSERT_EQUAL(rtls_recv(&b.sock, bytes, 1, 0), -ENOKEY);
		CU_ASSERT_TRUE(tls_bench_shake(&b));
		SSL_write(b.far, "y", 1);
		tls_bench_carry(&b);
		if (rows[i].kept) {
			CU_ASSERT_EQUAL(rtls_send(&b.sock, bytes, sizeof(bytes), 0), -ENOKEY);
			CU_ASSERT_EQUAL(rtls_sendmsg(&b.sock, &m, 0), -ENOKEY);
		}
		if (rows[i].kept) {
			CU_ASSERT_EQUAL(rtls_recv(&b.sock, bytes, 1, 0), -ENOKEY);
			CU_ASSERT_EQUAL(rtls_recvmsg(&b.sock, &m, 0), -ENOKEY);
		}
		CU_ASSERT_EQUAL(b.sock.out.len, 0);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), 1);
		CU_ASSERT_EQUAL(c, 'y');
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "z", 1, 0), 1);
		tls_bench_carry(&b);
		CU_ASSERT_EQUAL(SSL_read(b.far, &c, 1), 1);
		CU_ASSERT_EQUAL(c, 'z');
		tls_bench_close(&b);
	}
}

static void
check_kept(const struct tls_bench *b, const struct row *r)
{
	CU_ASSERT_EQUAL(b->sock.kept[RTLS_TX], r->kept);
	CU_ASSERT_EQUAL(b->sock.kept[RTLS_RX], r->kept);
}

/* Told once per direction, with rtls_ssl_status()'s reason, whoever drives the handshake. */
static void
test_kept_is_told(void)
{
	enum driver { SERVICE, DATA, READS, WRITES, DRIVERS };
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;
	char c;

	for (size_t i = 0; i < HARNESS_COUNT(rows) * DRIVERS; i++) {
		const struct row *r = &rows[i / DRIVERS];
		enum driver by = (enum driver)(i % DRIVERS);

		open_row(&b, r, 5);
		if (by != SERVICE)
			for (int turn = 0; turn < 20; turn++) {
				if (by == DATA)
					rtls_ssl_recv(b.near, &c, 1, 0);
				else if (by == READS)
					SSL_read(b.near, &c, 1);
				else if (SSL_do_handshake(b.near) == 1 && turn > 10)
					break;
				tls_bench_carry(&b);
				SSL_do_handshake(b.far);
				tls_bench_carry(&b);
			}
		else
			CU_ASSERT_TRUE(tls_bench_shake(&b));
		CU_ASSERT_TRUE(SSL_is_init_finished(b.near));
		if (by == WRITES) {
			CU_ASSERT_EQUAL(SSL_write(b.near, "x", 1), 1);
			tls_bench_carry(&b);
			CU_ASSERT_EQUAL(SSL_read(b.far, &c, 1), 1);
		}
		check_kept(&b, r);
		CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
		CU_ASSERT_PTR_EQUAL(b.sock.kept_why[RTLS_TX], st.tx_reason);
		CU_ASSERT_PTR_EQUAL(b.sock.kept_why[RTLS_RX], st.rx_reason);
		CU_ASSERT_TRUE(tls_bench_send(&b, 5000, false));
		CU_ASSERT_TRUE(tls_bench_receive(&b, 5000));
		check_kept(&b, r);
		tls_bench_close(&b);
	}
}

/* Before the handshake is done nothing is taken, and the call drives it. */
static void
test_during_the_handshake(void)
{
	struct tls_bench b;
	char c;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		int turns = 0;
		ssize_t n;

		open_row(&b, &rows[i], 5);
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "early", 5, 0), -EAGAIN);
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, NULL, 0, 0), -EAGAIN);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), -EAGAIN);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, NULL, 0, 0), -EAGAIN);
		while ((n = rtls_ssl_send(b.near, "later", 5, 0)) == -EAGAIN && turns++ < 20) {
			tls_bench_carry(&b);
			SSL_do_handshake(b.far);
			tls_bench_carry(&b);
		}
		CU_ASSERT_EQUAL(n, 5);
		for (int j = 0; j < 5; j++) {
			tls_bench_carry(&b);
			while (SSL_read(b.far, &c, 1) != 1 && turns++ < 40)
				tls_bench_carry(&b);
			CU_ASSERT_EQUAL(c, "later"[j]);
		}
		CU_ASSERT_EQUAL(SSL_read(b.far, &c, 1), -1);
		tls_bench_close(&b);
	}
}

/* Tickets, key updates and their answers, close_notify: none of it is data. */
static void
test_control(void)
{
	uint64_t seed = harness_seed();
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;
	uint8_t buf[64];
	char c;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		open_done(&b, &rows[i]);
		/* An adapter in the place of a client has the tickets in front of it. */
		SSL_write(b.far, "data", 4);
		tls_bench_carry(&b);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, buf, sizeof(buf), RTLS_MSG_PEEK), 4);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, buf, sizeof(buf), 0), 4);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, buf, sizeof(buf), 0), -EAGAIN);
		for (int j = 0; j < 3 && SSL_version(b.near) == TLS1_3_VERSION; j++) {
			CU_ASSERT_EQUAL(SSL_key_update(b.far, SSL_KEY_UPDATE_REQUESTED), 1);
			CU_ASSERT_EQUAL(SSL_do_handshake(b.far), 1);
			if (j & 1)
				SSL_write(b.far, "data", 4);
			tls_bench_carry(&b);
			CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, buf, sizeof(buf), 0),
					j & 1 ? 4 : -EAGAIN);
			/* Answered by now, and not only by the next send. */
			CU_ASSERT_EQUAL(SSL_get_key_update_type(b.near), SSL_KEY_UPDATE_NONE);
			CU_ASSERT_NOT_EQUAL(b.sock.out.len, 0);
			CU_ASSERT_TRUE(sends(&b, &seed, 30000));
			CU_ASSERT_TRUE(receives(&b, &seed, 30000));
		}
		CU_ASSERT_EQUAL(SSL_shutdown(b.far), 0);
		tls_bench_carry(&b);
		for (int j = 0; j < 3; j++)
			CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, buf, sizeof(buf), 0), 0);
		CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
		CU_ASSERT_EQUAL(st.close_notify_received, 1);
		/* The other direction is open still, until we say farewell, too. */
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "a", 1, 0), 1);
		CU_ASSERT_EQUAL(SSL_shutdown(b.near), 1);
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "b", 1, 0), -EPIPE);
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, NULL, 0, 0), -EPIPE);
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
		tls_bench_carry(&b);
		CU_ASSERT_EQUAL(SSL_read(b.far, &c, 1), 1);
		CU_ASSERT_EQUAL(SSL_read(b.far, &c, 1), 0);
		tls_bench_close(&b);
	}
}

static void
check_failed(struct tls_bench *b, int error, const char *text)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };
	char c;

	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(rtls_ssl_recv(b->near, &c, 1, 0), error);
		CU_ASSERT_EQUAL(rtls_ssl_send(b->near, "x", 1, 0), error);
		CU_ASSERT_EQUAL(rtls_ssl_service(b->near), error);
	}
	CU_ASSERT_EQUAL(rtls_ssl_status(b->near, &st), 0);
	if (text != NULL)
		CU_ASSERT_STRING_EQUAL(st.error, text);
	CU_ASSERT_NOT_EQUAL(st.error[0], '\0');
	CU_ASSERT_EQUAL(ERR_peek_error(), 0);
}

/* An end without close_notify is none; so are records that nobody sealed. */
static void
test_failures(void)
{
	struct tls_bench b;
	uint8_t buf[256];
	char c;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		open_done(&b, &rows[i]);
		SSL_write(b.far, "last", 4);
		b.far_fin = true;
		tls_bench_carry(&b);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, buf, sizeof(buf), 0), 4);
		check_failed(&b, -EPROTO, "unexpected eof while reading");
		tls_bench_close(&b);

		open_done(&b, &rows[i]);
		SSL_set_options(b.near, SSL_OP_IGNORE_UNEXPECTED_EOF);
		b.far_fin = true;
		tls_bench_carry(&b);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, buf, sizeof(buf), 0), 0);
		tls_bench_close(&b);

		open_done(&b, &rows[i]);
		SSL_write(b.far, "good", 4);
		tls_bench_carry(&b);
		SSL_write(b.far, "bad", 3);
		BIO_read(SSL_get_wbio(b.far), buf, sizeof(buf));
		buf[12] ^= 1;
		fake_bytes_add(&b.sock.in, buf, 5 + ((size_t)buf[3] << 8) + buf[4]);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, 0), 1);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, buf, sizeof(buf), 0), 3);
		b.sock.out.len = 0;
		check_failed(&b, -EPROTO, NULL);
		/* An alert says so. */
		tls_bench_carry(&b);
		CU_ASSERT(SSL_read(b.far, &c, 1) <= 0);
		CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), SSL_R_SSLV3_ALERT_BAD_RECORD_MAC);
		ERR_clear_error();
		tls_bench_close(&b);

		open_done(&b, &rows[i]);
		b.sock.tx_errno = ECONNRESET;
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "x", 1, 0), -ECONNRESET);
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "x", 1, 0), -ECONNRESET);
		tls_bench_close(&b);
	}
}

/* Beside SSL_read() and SSL_write(): what they began comes first. */
static void
test_beside_libssl(void)
{
	static uint8_t big[60000];
	uint8_t buf[2000];
	struct tls_bench b;
	size_t n, seen = 0;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		open_done(&b, &rows[i]);
		/* libssl has the rest of a record, or of what its buffer holds. */
		fill(buf, 0, 300);
		SSL_write_ex(b.far, buf, 300, &n);
		SSL_write_ex(b.far, buf, 1, &n);
		tls_bench_carry(&b);
		CU_ASSERT_EQUAL(SSL_read_ex(b.near, buf, 100, &n), 1);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, buf + 100, 150, RTLS_MSG_PEEK), 150);
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, buf + 100, 200, 0), 200);
		CU_ASSERT(matches(buf, 0, 300));
		CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, buf, sizeof(buf), 0), 1);

		/* A write of libssl's that has to be repeated. */
		fill(big, 0, sizeof(big));
		SSL_clear_mode(b.near, SSL_MODE_ENABLE_PARTIAL_WRITE);
		b.sock.blocked = true;
		CU_ASSERT_EQUAL(SSL_write_ex(b.near, big, sizeof(big), &n), 0);
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "intruder", 8, 0), -EAGAIN);
		b.sock.blocked = false;
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "intruder", 8, 0), -EAGAIN);
		CU_ASSERT_EQUAL(SSL_write_ex(b.near, big, sizeof(big), &n), 1);
		fill(buf, sizeof(big), 10);
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, buf, 10, 0), 10);
		seen = 0;
		CU_ASSERT(far_reads(&b, &seen));
		CU_ASSERT_EQUAL(seen, sizeof(big) + 10);
		tls_bench_close(&b);
	}
}

/* In the order of the calls, while writes of libssl's wait to be repeated. */
static void
test_order(void)
{
	uint64_t seed = harness_seed();
	uint8_t bytes[3000];
	struct tls_bench b;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		size_t given = 0, pending = 0, seen = 0, n;

		open_done(&b, &rows[i]);
		SSL_clear_mode(b.near, SSL_MODE_ENABLE_PARTIAL_WRITE);
		b.sock.refuse_of_16 = 9;
		for (int turn = 0; turn < 500; turn++) {
			size_t len = 1 + harness_below(&seed, sizeof(bytes));
			ssize_t took;

			if (pending != 0) {
				fill(bytes, given - pending, pending);
				if (SSL_write_ex(b.near, bytes, pending, &n))
					pending = 0;
			} else if (harness_below(&seed, 3) == 0) {
				fill(bytes, given, len);
				pending = SSL_write_ex(b.near, bytes, len, &n) ? 0 : len;
				given += len;
			}
			fill(bytes, given, len);
			took = rtls_ssl_send(b.near, bytes, len, 0);
			if (took > 0)
				given += (size_t)took;
			CU_ASSERT_FATAL(far_reads(&b, &seen));
		}
		b.sock.refuse_of_16 = 0;
		fill(bytes, given - pending, pending);
		if (pending != 0)
			CU_ASSERT_EQUAL(SSL_write_ex(b.near, bytes, pending, &n), 1);
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
		CU_ASSERT(far_reads(&b, &seen));
		CU_ASSERT_EQUAL(seen, given);
		tls_bench_close(&b);
	}
}

/* The keys are handed over, and the socket has no room for them yet. */
static void
test_keys_wait(void)
{
	struct tls_bench b;
	uint8_t bytes[20];
	size_t seen;

	for (size_t i = 0; i < 2; i++) {
		seen = 0;
		open_row(&b, &rows[i], 5);
		b.sock.keys_errno = ENOMEM;
		for (int turn = 0; turn < 10; turn++) {
			CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "refused", 7, 0), -EAGAIN);
			CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, bytes, 1, 0), -EAGAIN);
			CU_ASSERT_EQUAL(rtls_send(&b.sock, "refused", 7, 0), -ENOKEY);
			tls_bench_carry(&b);
			SSL_do_handshake(b.far);
			tls_bench_carry(&b);
		}
		CU_ASSERT_EQUAL(b.sock.tx_keys, 0);
		CU_ASSERT_EQUAL(b.sock.kept[RTLS_TX] + b.sock.kept[RTLS_RX], 0);
		b.sock.keys_errno = 0;
		CU_ASSERT_TRUE(tls_bench_shake(&b));
		fill(bytes, 0, sizeof(bytes));
		CU_ASSERT_EQUAL(rtls_ssl_send(b.near, bytes, sizeof(bytes), 0), sizeof(bytes));
		CU_ASSERT(far_reads(&b, &seen));
		CU_ASSERT_EQUAL(seen, sizeof(bytes));
		CU_ASSERT_EQUAL(b.sock.kept[RTLS_TX] + b.sock.kept[RTLS_RX], 0);
		tls_bench_close(&b);
	}
}

static void
test_arguments(void)
{
	struct tls_bench b;
	char c;

	open_done(&b, &rows[KEPT]);
	CU_ASSERT_EQUAL(rtls_ssl_send(NULL, "x", 1, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_recv(NULL, &c, 1, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_send(b.far, "x", 1, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_recv(b.far, &c, 1, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_send(b.near, NULL, 1, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, NULL, 1, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_send(b.near, "x", 1, RTLS_MSG_PEEK), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, &c, 1, RTLS_MSG_MORE), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_send(b.near, NULL, 0, 0), 0);
	CU_ASSERT_EQUAL(rtls_ssl_recv(b.near, NULL, 0, 0), 0);
	CU_ASSERT_EQUAL(b.sock.out.len, 0);
	tls_bench_close(&b);
}

/* Somebody else took the guard: libssl's bytes do not go out, and the connection fails. */
static void
test_guard_lost(void)
{
	struct rtls_guard other;
	struct tls_bench b;

	open_done(&b, &rows[KEPT]);
	CU_ASSERT_EQUAL(rtls_sock_guard(&b.sock, &other), 0);
	check_failed(&b, -ENOKEY, NULL);
	CU_ASSERT_EQUAL(b.sock.out.len, 0);
	tls_bench_close(&b);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "both ways, also when the socket refuses", test_both_ways },
		{ "nothing goes beside libssl", test_nothing_beside },
		{ "what libssl keeps is told", test_kept_is_told },
		{ "during the handshake", test_during_the_handshake },
		{ "what is not data", test_control },
		{ "failures", test_failures },
		{ "beside SSL_read and SSL_write", test_beside_libssl },
		{ "in order beside writes that are repeated", test_order },
		{ "keys that wait", test_keys_wait },
		{ "wrong arguments", test_arguments },
		{ "another one has the guard", test_guard_lost },
	};
	return harness_run("handshake/data", cases, HARNESS_COUNT(cases));
}
