/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A peer that updates its key without end, under each of the adapter's calls: it is ended, and told so. */

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <recordtls/io.h>
#include <recordtls/openssl.h>
#include <recordtls/tls.h>

#include "eal/identity.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

enum {
	NEAR = 0,
	FAR = 1,
	TURNS = 100,
	ALLOWED = 8, /* RTLS_OPT_KEY_UPDATES_PER_S */
};

struct world {
	struct pair p;
	struct rtls_sock *k[2];
	SSL *ssl[2];
};

static SSL *
make_ssl(bool server, bool small)
{
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	SSL *ssl;

	CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
	CU_ASSERT_EQUAL(rtls_ssl_record_limit(ctx, 0), 0);
	if (server)
		use_identity(ctx);
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ssl);
	if (server) {
		SSL_set_accept_state(ssl);
	} else {
		SSL_set_connect_state(ssl);
	}
	if (!server && small)
		SSL_set_tlsext_max_fragment_length(ssl, TLSEXT_max_fragment_length_1024);
	return ssl;
}

static void
carry(struct world *w)
{
	uint8_t buf[4096];
	ssize_t n;

	pair_settle(&w->p);
	while ((n = rtls_recv(w->k[FAR], buf, sizeof(buf), 0)) > 0)
		BIO_write(SSL_get_rbio(w->ssl[FAR]), buf, (int)n);
	while ((n = BIO_read(SSL_get_wbio(w->ssl[FAR]), buf, sizeof(buf))) > 0)
		pair_send(&w->p, w->k[FAR], buf, (size_t)n);
	pair_settle(&w->p);
}

static void
open_world(struct world *w, bool near_is_server, bool small)
{
	BIO *in = BIO_new(BIO_s_mem());
	int rc = -EAGAIN;

	pair_init(&w->p, NULL);
	pair_connect(&w->p, 0, w->k);
	w->ssl[NEAR] = make_ssl(near_is_server, small);
	w->ssl[FAR] = make_ssl(!near_is_server, small);
	CU_ASSERT_EQUAL_FATAL(rtls_ssl_attach(w->ssl[NEAR], w->k[NEAR], RTLS_SSL_TRANSPARENT), 0);
	BIO_set_mem_eof_return(in, -1);
	SSL_set_bio(w->ssl[FAR], in, BIO_new(BIO_s_mem()));
	for (int i = 0; i < TURNS && (rc != 0 || !SSL_is_init_finished(w->ssl[FAR])); i++) {
		rc = rtls_ssl_service(w->ssl[NEAR]);
		carry(w);
		(void)SSL_do_handshake(w->ssl[FAR]);
		carry(w);
	}
	CU_ASSERT_EQUAL_FATAL(rc, 0);
}

static void
close_world(struct world *w)
{
	for (int end = 0; end < 2; end++) {
		SSL_free(w->ssl[end]);
		CU_ASSERT_EQUAL(rtls_abort(w->k[end]), 0);
	}
	pair_settle(&w->p);
	pair_fini(&w->p);
	ERR_clear_error();
}

static void
update(struct world *w, unsigned int times)
{
	for (unsigned int i = 0; i < times; i++) {
		CU_ASSERT_EQUAL(SSL_key_update(w->ssl[FAR], SSL_KEY_UPDATE_REQUESTED), 1);
		CU_ASSERT_EQUAL(SSL_do_handshake(w->ssl[FAR]), 1);
	}
	carry(w);
}

enum level { BY_READ, BY_RECV, BY_SERVICE, BY_SEND, LEVELS };

/* What the near program calls; true: it was told of the end. */
static bool
call(struct world *w, enum level by)
{
	SSL *ssl = w->ssl[NEAR];
	char c;
	int n;

	switch (by) {
	case BY_READ:
		n = SSL_read(ssl, &c, 1);
		return n <= 0 && SSL_get_error(ssl, n) == SSL_ERROR_SSL;
	case BY_RECV:
		return rtls_ssl_recv(ssl, &c, 1, 0) == -EPROTO;
	case BY_SERVICE:
		return rtls_ssl_service(ssl) == -EPROTO;
	case BY_SEND:
		return rtls_ssl_send(ssl, "x", 1, 0) == -EPROTO;
	case LEVELS:
		break;
	}
	return false;
}

static int
far_hears(struct world *w)
{
	int reason;
	char c;

	carry(w);
	ERR_clear_error();
	while (SSL_read(w->ssl[FAR], &c, 1) > 0)
		;
	reason = ERR_GET_REASON(ERR_peek_error());
	ERR_clear_error();
	return reason;
}

static void
test_flood(void)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct world w;

	for (unsigned int i = 0; i < LEVELS * 4; i++) {
		enum level by = (enum level)(i / 4);
		bool told = false;

		open_world(&w, i & 1, i & 2);
		/* As many as there may be, and again a second later. */
		for (int j = 0; j < 2; j++) {
			update(&w, ALLOWED);
			for (int k = 0; k < 4; k++)
				CU_ASSERT_FALSE(call(&w, by));
			carry(&w);
			pair_pass(&w.p, 1100000);
		}
		CU_ASSERT_EQUAL(pair_stat(&w.p, NEAR, "TlsRxFloods"), 0);
		update(&w, ALLOWED + 1);
		for (int k = 0; k < 4 && !told; k++)
			told = call(&w, by);
		CU_ASSERT_TRUE(told);
		CU_ASSERT_EQUAL(pair_stat(&w.p, NEAR, "TlsRxFloods"), 1);
		CU_ASSERT_EQUAL(pair_info(w.k[NEAR]).end_reason, RTLS_REASON_FLOOD);
		CU_ASSERT_EQUAL(far_hears(&w), SSL_R_SSLV3_ALERT_UNEXPECTED_MESSAGE);
		/* Whoever asked by libssl's calls has libssl's sentence. */
		CU_ASSERT_EQUAL(rtls_ssl_status(w.ssl[NEAR], &st), 0);
		CU_ASSERT_EQUAL(by != BY_READ, strstr(st.error, "without end") != NULL);
		close_world(&w);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "key updates without end", test_flood },
	};

	if (eal_start("test-hostile-tls") != 0)
		return 1;
	return harness_run("eal/hostile-tls", cases, HARNESS_COUNT(cases));
}
