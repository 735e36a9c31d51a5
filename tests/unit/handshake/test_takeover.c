/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Keys that libssl does not hand over. That data moves with them in both ways is in test_data. */

#include "handshake/takeover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>

#include "handshake/bio.h"
#include "handshake/bridge.h"
#include "handshake/derive.h"
#include "support/harness.h"
#include "support/tls_bench.h"

#include <recordtls/openssl.h>

enum { LINES_MAX = 32, TEXT_MAX = 256 };

static char lines[LINES_MAX][TEXT_MAX];
static unsigned int nb_lines;

static void
note_line(const SSL *ssl, const char *line)
{
	(void)ssl;
	if (nb_lines < LINES_MAX)
		snprintf(lines[nb_lines++], TEXT_MAX, "%s", line);
}

static const struct row {
	const char *suite;
	int version;
} rows[] = {
	{ "TLS_AES_128_GCM_SHA256", TLS1_3_VERSION },
	{ "TLS_AES_256_GCM_SHA384", TLS1_3_VERSION },
	{ "TLS_CHACHA20_POLY1305_SHA256", TLS1_3_VERSION },
	{ "TLS_AES_128_CCM_SHA256", TLS1_3_VERSION },
	{ "ECDHE-ECDSA-AES128-GCM-SHA256", TLS1_2_VERSION },
	{ "ECDHE-ECDSA-AES256-GCM-SHA384", TLS1_2_VERSION },
	{ "ECDHE-ECDSA-CHACHA20-POLY1305", TLS1_2_VERSION },
	{ "ECDHE-ECDSA-AES128-CCM", TLS1_2_VERSION },
};

static void
open_mfl(struct tls_bench *b, const struct row *r, bool client, unsigned int limit)
{
	struct tls_bench_conf conf = { .suites = r->suite,
				       .version = r->version,
				       .near_is_client = client,
				       .limit = limit,
				       .seed = 9 };

	tls_bench_open(b, &conf);
	CU_ASSERT_EQUAL(SSL_set_tlsext_max_fragment_length(client ? b->near : b->far,
							   TLSEXT_max_fragment_length_512),
			1);
}

static bool
is_ours(struct tls_bench *b)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };

	return rtls_ssl_status(b->near, &st) == 0 && st.tx_handed_over && st.rx_handed_over;
}

static size_t
hex(const char *s, uint8_t *out)
{
	unsigned int byte;
	size_t n = 0;

	for (; sscanf(s, "%2x", &byte) == 1; s += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

/* What libssl's hook hands over is what is derived beside it. */
static void
check_derived(struct tls_bench *b, bool client, enum rtls_dir d)
{
	const struct rtls_keys *theirs = d == RTLS_TX ? &b->sock.tx.keys : &b->sock.rx.keys;
	const char *label = client == (d == RTLS_TX) ? "CLIENT_TRAFFIC_SECRET_0 " :
						       "SERVER_TRAFFIC_SECRET_0 ";
	size_t iv_len = sizeof(theirs->iv);
	struct rtls_keys ours;
	uint8_t secret[64];
	bool found = false;

	if (SSL_version(b->near) == TLS1_2_VERSION) {
		found = derive_from_master(b->near, d, &ours);
		/* Behind the salt is what the sender draws. */
		iv_len = derive_suite(b->near)->explicit_nonce_len == 0 ? iv_len : 4;
	}
	for (unsigned int i = 0; i < nb_lines && !found; i++)
		if (strncmp(lines[i], label, strlen(label)) == 0)
			found = derive_from_secret(b->near, secret,
						   hex(strrchr(lines[i], ' ') + 1, secret), &ours);
	CU_ASSERT_TRUE_FATAL(found);
	CU_ASSERT_EQUAL(ours.version, theirs->version);
	CU_ASSERT_EQUAL(ours.cipher, theirs->cipher);
	CU_ASSERT_EQUAL(ours.rec_no, 0);
	CU_ASSERT_EQUAL(memcmp(ours.key, theirs->key, sizeof(ours.key)), 0);
	CU_ASSERT_EQUAL(memcmp(ours.iv, theirs->iv, iv_len), 0);
}

static void
test_derived_as_handed_over(void)
{
	struct tls_bench b;

	for (size_t i = 0; i < HARNESS_COUNT(rows) * 4; i++) {
		const struct row *r = &rows[i / 4];
		struct tls_bench_conf conf = { .suites = r->suite,
					       .version = r->version,
					       .near_is_client = i & 1 };

		nb_lines = 0;
		tls_bench_open(&b, &conf);
		SSL_CTX_set_keylog_callback(b.far_ctx, note_line);
		/* RFC 7627 changes the master secret, and nothing behind it. */
		if (i & 2)
			SSL_set_options(b.near, SSL_OP_NO_EXTENDED_MASTER_SECRET);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		check_derived(&b, i & 1, RTLS_TX);
		check_derived(&b, i & 1, RTLS_RX);
		tls_bench_close(&b);
	}
}

/* On the wire: no record's plaintext is longer than was agreed on, not a ticket's either. */
static void
check_wire(const struct fake_bytes *q, size_t body_max)
{
	for (size_t off = 0; off < q->len;) {
		size_t len = (size_t)q->buf[off + 3] << 8 | q->buf[off + 4];

		CU_ASSERT_TRUE(len <= body_max);
		off += 5 + len;
		CU_ASSERT_TRUE(off <= q->len);
	}
}

static void
test_short_records(void)
{
	static uint8_t data[20000];
	struct tls_bench b;
	size_t n;

	for (size_t i = 0; i < HARNESS_COUNT(rows) * 2; i++) {
		open_mfl(&b, &rows[i / 2], i & 1, 16385);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		CU_ASSERT_TRUE(is_ours(&b));
		CU_ASSERT_EQUAL(b.sock.tx_max, 512);
		CU_ASSERT_EQUAL(b.sock.rx_max, 512);
		CU_ASSERT_TRUE(rtls_ssl_send(b.near, data, sizeof(data), 0) > 0);
		CU_ASSERT_EQUAL(SSL_write_ex(b.near, data, sizeof(data), &n), 1);
		CU_ASSERT_TRUE(b.sock.out.len > 512);
		check_wire(&b.sock.out, 512 + 8 + 1 + 16);
		tls_bench_close(&b);
	}
}

static void
update(SSL *ssl, int type)
{
	CU_ASSERT_EQUAL(SSL_key_update(ssl, type), 1);
	CU_ASSERT_EQUAL(SSL_do_handshake(ssl), 1);
}

/* Each side asks, the near one by both ways, also while the socket is short of room. */
static void
test_key_updates(void)
{
	struct tls_bench b;
	char c;

	for (size_t i = 0; i < 16; i++) {
		bool asked = i & 8;

		open_mfl(&b, &rows[i / 2 % 4], i & 1, 16385);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		if (asked)
			b.sock.refuse_of_16 = 10;
		for (int j = 0; j < 4; j++) {
			update(b.far,
			       j & 1 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
			CU_ASSERT_TRUE(tls_bench_receive(&b, 5000));
			for (int k = 0; k < 1000 && rtls_ssl_service(b.near) != 0; k++)
				;
			CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, j & 1), 0);
			CU_ASSERT_TRUE(tls_bench_send(&b, 5000, false));
			CU_ASSERT_TRUE(tls_bench_receive(&b, 5000));
		}
		CU_ASSERT_TRUE(b.sock.tx_keys > 4 && b.sock.rx_keys > 4);
		CU_ASSERT_TRUE(is_ours(&b));
		CU_ASSERT_EQUAL(SSL_read(b.near, &c, 1), -1);
		tls_bench_close(&b);
	}
}

static int
alert_at(SSL *ssl)
{
	char c;
	int reason;

	while (SSL_read(ssl, &c, 1) > 0)
		;
	reason = ERR_GET_REASON(ERR_peek_error());
	ERR_clear_error();
	return reason;
}

/* libssl opens by itself here, and looks at no errno: it is shown what has the alert that fits. */
static void
test_alerts(void)
{
	static const uint8_t zeros[100], wrong_version[] = { 23, 3, 9, 0, 40 },
					 too_long[] = { 23, 3, 3, 0xff, 0 };
	struct tls_bench b;
	char c;

	for (size_t i = 0; i < HARNESS_COUNT(rows) * 8; i++) {
		bool by_libssl = i & 1;
		int said, expected = 0;

		open_mfl(&b, &rows[i / 8], false, 16385);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		switch (i / 2 % 4) {
		case 0:
			fake_sock_inject(&b.sock, 23, zeros, sizeof(zeros));
			b.sock.in.buf[b.sock.in.len - 1] ^= 1;
			expected = SSL_R_SSLV3_ALERT_BAD_RECORD_MAC;
			break;
		case 1:
			fake_bytes_add(&b.sock.in, too_long, sizeof(too_long));
			expected = SSL_R_TLSV1_ALERT_RECORD_OVERFLOW;
			break;
		case 2:
			fake_bytes_add(&b.sock.in, wrong_version, sizeof(wrong_version));
			expected = SSL_version(b.near) == TLS1_3_VERSION ?
					   SSL_R_TLSV1_ALERT_DECODE_ERROR :
					   SSL_R_TLSV1_ALERT_PROTOCOL_VERSION;
			break;
		default:
			if (SSL_version(b.near) != TLS1_3_VERSION) {
				tls_bench_close(&b);
				continue;
			}
			fake_sock_inject(&b.sock, 0, zeros, sizeof(zeros));
			expected = SSL_R_SSLV3_ALERT_UNEXPECTED_MESSAGE;
			break;
		}
		CU_ASSERT_EQUAL(by_libssl ? SSL_read(b.near, &c, 1) :
					    rtls_ssl_recv(b.near, &c, 1, 0),
				by_libssl ? -1 : -EPROTO);
		ERR_clear_error();
		tls_bench_carry(&b);
		said = alert_at(b.far);
		CU_ASSERT_EQUAL(said, expected);
		tls_bench_close(&b);
	}
}

/* The program's own key log, set before or behind rtls_ssl_record_limit(), and a log file. */
static void
test_key_logs(void)
{
	char path[] = "/tmp/test-takeover-XXXXXX", text[8192];
	struct tls_bench b;
	FILE *f;
	int fd = mkstemp(path);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	close(fd);
	for (int i = 0; i < 3; i++) {
		open_mfl(&b, &rows[0], false, 0);
		nb_lines = 0;
		SSL_CTX_set_keylog_callback(b.near_ctx, note_line);
		if (i == 0)
			CU_ASSERT_EQUAL(rtls_ssl_keylog(b.near_ctx, path), 0);
		CU_ASSERT_EQUAL(rtls_ssl_record_limit(b.near_ctx, 0), 0);
		CU_ASSERT_EQUAL(rtls_ssl_record_limit(b.near_ctx, 0), -EALREADY);
		if (i == 1)
			CU_ASSERT_EQUAL(rtls_ssl_keylog(b.near_ctx, path), 0);
		if (i == 2)
			SSL_CTX_set_keylog_callback(b.near_ctx, note_line);
		CU_ASSERT_TRUE(tls_bench_shake(&b));
		CU_ASSERT_EQUAL(is_ours(&b), i != 2);
		CU_ASSERT_TRUE(nb_lines >= 5);
		CU_ASSERT_TRUE(tls_bench_send(&b, 5000, false));
		CU_ASSERT_TRUE(tls_bench_receive(&b, 5000));
		tls_bench_close(&b);
	}
	f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	unlink(path);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "CLIENT_TRAFFIC_SECRET_0 "));
}

/* Lines that are none, or another direction's, or of a connection whose keys libssl hands over. */
static void
test_lines(void)
{
	static const char *const bad[] = {
		"",
		"CLIENT_TRAFFIC_SECRET_0",
		"CLIENT_TRAFFIC_SECRET_0 ",
		"CLIENT_TRAFFIC_SECRET_0 00 0g",
		"CLIENT_TRAFFIC_SECRET_0 00 000",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET 00 00",
		"CLIENT_TRAFFIC_SECRET_N 00 0011",
		"EXPORTER_SECRET 00 0011",
	};
	struct tls_bench_conf conf = { .seed = 1 };
	struct tls_bench b;
	char big[400];

	memset(big, 'a', sizeof(big));
	memcpy(big, "CLIENT_TRAFFIC_SECRET_0 00 ", 27);
	big[sizeof(big) - 1] = '\0';
	for (int mfl = 0; mfl < 2; mfl++) {
		if (mfl)
			open_mfl(&b, &rows[0], false, 0);
		else
			tls_bench_open(&b, &conf);
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
		for (size_t i = 0; i < HARNESS_COUNT(bad); i++)
			takeover_line(bridge_of(b.near), bad[i]);
		takeover_line(bridge_of(b.near), big);
		CU_ASSERT_EQUAL(b.sock.rx_keys, !mfl);
		CU_ASSERT_TRUE(tls_bench_send(&b, 5000, false));
		CU_ASSERT_TRUE(tls_bench_receive(&b, 5000));
		tls_bench_close(&b);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "derived as handed over", test_derived_as_handed_over },
		{ "short records", test_short_records },
		{ "key updates", test_key_updates },
		{ "alerts", test_alerts },
		{ "other key logs", test_key_logs },
		{ "lines", test_lines },
	};
	return harness_run("handshake/takeover", cases, HARNESS_COUNT(cases));
}
