/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/record.h"
#include "handshake/bio.h"
#include "handshake/keys.h"

#include <recordtls/openssl.h>

/*
 * Whether libssl has the hook cannot be seen from its headers: it may have been
 * built without it, and the numbers of its controls are not public. So two SSL
 * objects shake hands in memory, on a pre-shared key, and what they offer to
 * their BIOs must be the same keys at both ends of each direction.
 */

enum {
	SIDES = 2,
	SERVER = 0,
	CLIENT = 1,
	TURNS = 16,
	VERDICT_UNKNOWN = 1,
};

struct probe {
	struct rtls_keys keys[2]; /* per enum rtls_dir */
	bool offered[2];
};

static const unsigned char psk[32] = "librecordtls hook selftest";

static long
probe_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	struct probe *probe = BIO_get_data(b);
	enum rtls_dir d = num != 0 ? RTLS_TX : RTLS_RX;

	/* Refused, so that libssl goes on by itself. */
	if (cmd != BIO_RTLS_SET_KEYS)
		return BIO_ctrl(BIO_next(b), cmd, num, ptr);
	if (ptr != NULL)
		probe->offered[d] = keys_parse(ptr, &probe->keys[d]) == 0;
	return 0;
}

static int
probe_write(BIO *b, const char *bytes, int len)
{
	int n = BIO_write(BIO_next(b), bytes, len);

	BIO_clear_retry_flags(b);
	BIO_copy_next_retry(b);
	return n;
}

static int
probe_read(BIO *b, char *bytes, int len)
{
	int n = BIO_read(BIO_next(b), bytes, len);

	BIO_clear_retry_flags(b);
	BIO_copy_next_retry(b);
	return n;
}

static unsigned int
psk_client(SSL *ssl, const char *hint, char *identity, unsigned int identity_len,
	   unsigned char *key, unsigned int key_len)
{
	(void)ssl;
	(void)hint;
	if (identity_len < 2 || key_len < sizeof(psk))
		return 0;
	memcpy(identity, "s", 2);
	memcpy(key, psk, sizeof(psk));
	return sizeof(psk);
}

static unsigned int
psk_server(SSL *ssl, const char *identity, unsigned char *key, unsigned int key_len)
{
	(void)ssl;
	(void)identity;
	if (key_len < sizeof(psk))
		return 0;
	memcpy(key, psk, sizeof(psk));
	return sizeof(psk);
}

static SSL *
make_ssl(int side)
{
	SSL_CTX *ctx = SSL_CTX_new(side == SERVER ? TLS_server_method() : TLS_client_method());
	SSL *ssl = NULL;

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_psk_client_callback(ctx, psk_client);
	SSL_CTX_set_psk_server_callback(ctx, psk_server);
	SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) &&
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) &&
	    SSL_CTX_set_ciphersuites(ctx, record_suite_row(0)->name))
		ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	if (ssl != NULL && side == SERVER)
		SSL_set_accept_state(ssl);
	else if (ssl != NULL)
		SSL_set_connect_state(ssl);
	return ssl;
}

/* Gives each side its end of a pair, with a probe in front. False: no memory. */
static bool
join(BIO_METHOD *m, SSL *ssl[SIDES], struct probe probes[SIDES])
{
	BIO *ends[SIDES] = { NULL, NULL };

	if (!BIO_new_bio_pair(&ends[SERVER], 0, &ends[CLIENT], 0))
		return false;
	for (int i = 0; i < SIDES; i++) {
		BIO *b = BIO_new(m);

		if (b == NULL) {
			/* Ends that have an owner already are freed with their SSL. */
			for (; i < SIDES; i++)
				BIO_free(ends[i]);
			return false;
		}
		BIO_set_data(b, &probes[i]);
		BIO_set_init(b, 1);
		b = BIO_push(b, ends[i]);
		SSL_set_bio(ssl[i], b, b);
	}
	return true;
}

static bool
shake(SSL *ssl[SIDES])
{
	int done[SIDES] = { 0, 0 };

	for (int turn = 0; turn < TURNS && !(done[SERVER] == 1 && done[CLIENT] == 1); turn++)
		for (int i = 0; i < SIDES; i++)
			if (done[i] != 1)
				done[i] = SSL_do_handshake(ssl[i]);
	return done[SERVER] == 1 && done[CLIENT] == 1;
}

static bool
same_keys(const struct probe *from, const struct probe *to)
{
	return from->offered[RTLS_TX] && to->offered[RTLS_RX] &&
	       keys_carried(&from->keys[RTLS_TX]) &&
	       memcmp(&from->keys[RTLS_TX], &to->keys[RTLS_RX], sizeof(struct rtls_keys)) == 0;
}

static int
judge(BIO_METHOD *m)
{
	SSL *ssl[SIDES] = { make_ssl(SERVER), make_ssl(CLIENT) };
	struct probe probes[SIDES];
	int rc = -ENOMEM;

	memset(probes, 0, sizeof(probes));
	if (ssl[SERVER] != NULL && ssl[CLIENT] != NULL && join(m, ssl, probes))
		rc = shake(ssl) && same_keys(&probes[SERVER], &probes[CLIENT]) &&
				     same_keys(&probes[CLIENT], &probes[SERVER]) ?
			     0 :
			     -ENOTSUP;
	SSL_free(ssl[SERVER]);
	SSL_free(ssl[CLIENT]);
	OPENSSL_cleanse(probes, sizeof(probes));
	return rc;
}

int
rtls_ssl_selftest(void)
{
	/* Threads that come at once each do the test, and find the same. */
	static _Atomic int verdict = VERDICT_UNKNOWN;
	BIO_METHOD *m;
	int rc = verdict;

	if (rc != VERDICT_UNKNOWN)
		return rc;
	/* The version that runs, not the headers': 3.2 was the first with both directions. */
	if (OPENSSL_version_major() == 3 && OPENSSL_version_minor() < 2)
		return verdict = -ENOTSUP;
	m = BIO_meth_new(BIO_TYPE_FILTER, "librecordtls selftest");
	if (m == NULL)
		return -ENOMEM;
	BIO_meth_set_write(m, probe_write);
	BIO_meth_set_read(m, probe_read);
	BIO_meth_set_ctrl(m, probe_ctrl);
	ERR_set_mark();
	rc = judge(m);
	ERR_pop_to_mark();
	BIO_meth_free(m);
	if (rc != -ENOMEM)
		verdict = rc;
	return rc;
}
