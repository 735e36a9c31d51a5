/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Keys as libssl itself fills the kernel's structures: read, they open and continue what libssl
 * seals. It is offered the hook, and refused, so that it goes on by itself.
 */
#include <string.h>

#include <CUnit/CUnit.h>
#include <linux/tls.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "core/record.h"
#include "eal/identity.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/record_peer.h"

enum { LOG_MAX = 1 << 17, INFO_MAX = 64 };

/* Of libssl's own headers. */
enum { SET_KTLS = 72 };

/* Bytes of the near end in one direction, and what libssl offered of its keys. */
struct way {
	uint8_t bytes[LOG_MAX];
	size_t len;
	size_t at; /* where the keys begin to count */
	uint8_t info[INFO_MAX];
	unsigned int offers;
};

static struct way ways[2]; /* by enum rtls_dir */

static void
note(enum rtls_dir d, const void *bytes, int n)
{
	if (n <= 0)
		return;
	CU_ASSERT_FATAL(ways[d].len + (size_t)n <= LOG_MAX);
	memcpy(ways[d].bytes + ways[d].len, bytes, (size_t)n);
	ways[d].len += (size_t)n;
}

/* --- a filter that is told --------------------------------------------------------- */

static int
spy_write(BIO *bio, const char *in, int len)
{
	int n = BIO_write(BIO_next(bio), in, len);

	BIO_clear_retry_flags(bio);
	BIO_copy_next_retry(bio);
	note(RTLS_TX, in, n);
	return n;
}

static int
spy_read(BIO *bio, char *out, int len)
{
	int n = BIO_read(BIO_next(bio), out, len);

	BIO_clear_retry_flags(bio);
	BIO_copy_next_retry(bio);
	note(RTLS_RX, out, n);
	return n;
}

static long
spy_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	struct way *w;

	if (cmd == BIO_CTRL_GET_KTLS_SEND || cmd == BIO_CTRL_GET_KTLS_RECV)
		return 0;
	if (cmd != SET_KTLS)
		return BIO_ctrl(BIO_next(bio), cmd, num, ptr);
	w = &ways[num != 0 ? RTLS_TX : RTLS_RX];
	w->offers++;
	w->at = w->len;
	/* Its union of all structures is longer than the longest that is carried. */
	memcpy(w->info, ptr, sizeof(struct tls12_crypto_info_aes_gcm_256));
	return 0;
}

static int
spy_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static BIO_METHOD *
spy_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_FILTER, "spy");

	CU_ASSERT_FATAL(m != NULL);
	BIO_meth_set_write(m, spy_write);
	BIO_meth_set_read(m, spy_read);
	BIO_meth_set_ctrl(m, spy_ctrl);
	BIO_meth_set_create(m, spy_create);
	return m;
}

/* --- two ends ------------------------------------------------------------------------ */

static const char *
tls12_name(uint16_t cipher)
{
	switch (cipher) {
	case TLS_CIPHER_AES_GCM_128:
		return "ECDHE-ECDSA-AES128-GCM-SHA256";
	case TLS_CIPHER_AES_GCM_256:
		return "ECDHE-ECDSA-AES256-GCM-SHA384";
	case TLS_CIPHER_AES_CCM_128:
		return "ECDHE-ECDSA-AES128-CCM";
	default:
		return "ECDHE-ECDSA-CHACHA20-POLY1305";
	}
}

static SSL_CTX *
ctx_of(const struct record_suite *s, bool server)
{
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	CU_ASSERT_FATAL(ctx != NULL);
	CU_ASSERT(SSL_CTX_set_min_proto_version(ctx, s->version) == 1 &&
		  SSL_CTX_set_max_proto_version(ctx, s->version) == 1);
	CU_ASSERT_EQUAL(s->version == RTLS_TLS_1_3 ?
				SSL_CTX_set_ciphersuites(ctx, s->name) :
				SSL_CTX_set_cipher_list(ctx, tls12_name(s->cipher)),
			1);
	SSL_CTX_set_num_tickets(ctx, 0);
	if (server)
		use_identity(ctx);
	return ctx;
}

struct ends {
	SSL_CTX *ctx[2];
	SSL *ssl[2]; /* the near one has the spy */
	BIO_METHOD *method;
};

static void
ends_open(struct ends *e, const struct record_suite *s, bool near_is_server)
{
	BIO *spy, *pair[2];

	memset(ways, 0, sizeof(ways));
	e->method = spy_method();
	spy = BIO_new(e->method);
	CU_ASSERT_EQUAL_FATAL(BIO_new_bio_pair(&pair[0], LOG_MAX, &pair[1], LOG_MAX), 1);
	for (int i = 0; i < 2; i++) {
		bool server = (i == 0) == near_is_server;

		e->ctx[i] = ctx_of(s, server);
		e->ssl[i] = SSL_new(e->ctx[i]);
		CU_ASSERT_FATAL(e->ssl[i] != NULL);
		if (server)
			SSL_set_accept_state(e->ssl[i]);
		else
			SSL_set_connect_state(e->ssl[i]);
	}
	BIO_push(spy, pair[0]);
	SSL_set_options(e->ssl[0], SSL_OP_ENABLE_KTLS);
	SSL_set_bio(e->ssl[0], spy, spy);
	SSL_set_bio(e->ssl[1], pair[1], pair[1]);
	for (int i = 0; i < 20; i++)
		SSL_do_handshake(e->ssl[i & 1]);
	CU_ASSERT_FATAL(SSL_is_init_finished(e->ssl[0]) && SSL_is_init_finished(e->ssl[1]));
}

static void
ends_close(struct ends *e)
{
	for (int i = 0; i < 2; i++) {
		SSL_free(e->ssl[i]);
		SSL_CTX_free(e->ctx[i]);
	}
	BIO_meth_free(e->method);
}

static void
transfer(SSL *from, SSL *to, const uint8_t *bytes, int len)
{
	uint8_t got[20000];

	CU_ASSERT_EQUAL(SSL_write(from, bytes, len), len);
	for (int at = 0, n; at < len; at += n) {
		n = SSL_read(to, got, sizeof(got));
		CU_ASSERT_FATAL(n > 0 && n <= len - at);
		CU_ASSERT_EQUAL(memcmp(got, bytes + at, (size_t)n), 0);
	}
}

/* --- what the keys are good for --------------------------------------------------------- */

/* All of libssl's records from the keys on open, and hold these bytes as data. */
static void
check_way(const struct record_suite *s, enum rtls_dir d, const uint8_t *bytes, size_t len)
{
	static uint8_t plain[RECORD_PEER_WIRE_MAX];
	struct way *w = &ways[d];
	struct record_peer peer;
	struct rtls_keys keys = { .version = s->version, .cipher = s->cipher };
	uint8_t again[INFO_MAX];
	ssize_t info_len = rtls_keys_to_ktls(&keys, NULL, 0);
	size_t got = 0;

	CU_ASSERT_EQUAL(w->offers, 1);
	CU_ASSERT_FATAL(info_len > 0 && info_len <= INFO_MAX);
	CU_ASSERT_EQUAL_FATAL(rtls_keys_from_ktls(w->info, (size_t)info_len, &keys), 0);
	CU_ASSERT(keys.version == s->version && keys.cipher == s->cipher);
	CU_ASSERT_EQUAL(rtls_keys_to_ktls(&keys, again, sizeof(again)), info_len);
	CU_ASSERT_EQUAL(memcmp(again, w->info, (size_t)info_len), 0);
	peer = record_peer_from(&keys);
	for (size_t at = w->at; at < w->len;) {
		uint32_t plain_len = 0;
		uint8_t type = 0;
		int n = record_peer_open(&peer, w->bytes + at, w->len - at, &type, plain,
					 &plain_len);

		CU_ASSERT_FATAL(n > 0);
		at += (size_t)n;
		if (type != RECORD_DATA)
			continue;
		CU_ASSERT_FATAL(got + plain_len <= len);
		CU_ASSERT_EQUAL(memcmp(plain, bytes + got, plain_len), 0);
		got += plain_len;
	}
	CU_ASSERT_EQUAL(got, len);
}

static void
play(bool near_is_server)
{
	static uint8_t bytes[20000];
	const struct record_suite *s;
	struct ends e;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31 + (i >> 8));
	for (unsigned int row = 0; (s = record_suite_row(row)) != NULL; row++) {
		ends_open(&e, s, near_is_server);
		transfer(e.ssl[0], e.ssl[1], bytes, sizeof(bytes));
		transfer(e.ssl[1], e.ssl[0], bytes, 5000);
		check_way(s, RTLS_TX, bytes, sizeof(bytes));
		check_way(s, RTLS_RX, bytes, 5000);
		ends_close(&e);
	}
}

static void
test_client(void)
{
	play(false);
}

static void
test_server(void)
{
	play(true);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a client's keys", test_client },
		{ "a server's keys", test_server },
	};

	if (eal_start("test-ktls-libssl") != 0)
		return 1;
	return harness_run("eal/ktls_libssl", cases, HARNESS_COUNT(cases));
}
