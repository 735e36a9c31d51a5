/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/tls_bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <recordtls/openssl.h>

enum {
	IDLE_TURNS = 4000, /* without a byte moved: it hangs */
	WRITE_MAX = 40000,
};

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	ERR_print_errors_fp(stdout);
	printf("Bail out! tls_bench: %s\n", what);
	exit(EXIT_FAILURE);
}

static void
drop_identity(void)
{
	X509 *cert;
	EVP_PKEY *key;

	tls_bench_identity(&cert, &key);
	X509_free(cert);
	EVP_PKEY_free(key);
}

void
tls_bench_identity(X509 **cert_out, EVP_PKEY **key_out)
{
	static X509 *cert;
	static EVP_PKEY *key;

	if (cert == NULL) {
		X509_NAME *name;

		key = EVP_EC_gen("P-256");
		cert = X509_new();
		must(key != NULL && cert != NULL, "key");
		name = X509_get_subject_name(cert);
		must(X509_set_version(cert, X509_VERSION_3) &&
			     ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) &&
			     X509_gmtime_adj(X509_getm_notBefore(cert), -60) != NULL &&
			     X509_gmtime_adj(X509_getm_notAfter(cert), 3600) != NULL &&
			     X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
							(const unsigned char *)"test", -1, -1, 0) &&
			     X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key) &&
			     X509_sign(cert, key, EVP_sha256()) != 0,
		     "certificate");
		atexit(drop_identity);
	}
	*cert_out = cert;
	*key_out = key;
}

static SSL_CTX *
make_ctx(const struct tls_bench_conf *conf, bool server)
{
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	int version = conf->version != 0 ? conf->version : TLS1_3_VERSION;
	X509 *cert;
	EVP_PKEY *key;

	must(ctx != NULL && SSL_CTX_set_min_proto_version(ctx, version) &&
		     SSL_CTX_set_max_proto_version(ctx, version),
	     "context");
	if (version == TLS1_3_VERSION)
		must(SSL_CTX_set_ciphersuites(ctx, conf->suites != NULL ? conf->suites :
									  "TLS_AES_128_GCM_SHA256"),
		     "suites");
	else if (conf->suites != NULL)
		must(SSL_CTX_set_cipher_list(ctx, conf->suites), "suites");
	if (server) {
		tls_bench_identity(&cert, &key);
		must(SSL_CTX_use_certificate(ctx, cert) && SSL_CTX_use_PrivateKey(ctx, key),
		     "identity");
	}
	SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
	return ctx;
}

void
tls_bench_open(struct tls_bench *b, const struct tls_bench_conf *conf)
{
	memset(b, 0, sizeof(*b));
	fake_sock_init(&b->sock, conf->seed);
	b->near_ctx = make_ctx(conf, !conf->near_is_client);
	b->far_ctx = make_ctx(conf, conf->near_is_client);
	if (conf->limit != 0)
		must(rtls_ssl_record_limit(b->near_ctx, conf->limit) == 0, "limit");
	b->near = SSL_new(b->near_ctx);
	b->far = SSL_new(b->far_ctx);
	must(b->near != NULL && b->far != NULL, "SSL_new");
	must(rtls_ssl_attach(b->near, &b->sock, RTLS_SSL_TRANSPARENT) == 0, "attach");
	SSL_set_bio(b->far, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(b->far), -1);
	if (conf->near_is_client) {
		SSL_set_connect_state(b->near);
		SSL_set_accept_state(b->far);
	} else {
		SSL_set_accept_state(b->near);
		SSL_set_connect_state(b->far);
	}
}

void
tls_bench_close(struct tls_bench *b)
{
	SSL_free(b->near);
	SSL_free(b->far);
	SSL_CTX_free(b->near_ctx);
	SSL_CTX_free(b->far_ctx);
	fake_sock_fini(&b->sock);
	ERR_clear_error();
}

void
tls_bench_carry(struct tls_bench *b)
{
	uint8_t chunk[4096];
	int n;

	if (b->sock.out.len != 0) {
		BIO_write(SSL_get_rbio(b->far), b->sock.out.buf, (int)b->sock.out.len);
		fake_bytes_drop(&b->sock.out, b->sock.out.len);
	}
	while ((n = BIO_read(SSL_get_wbio(b->far), chunk, sizeof(chunk))) > 0)
		fake_bytes_add(&b->sock.in, chunk, (size_t)n);
	if (b->far_fin)
		b->sock.fin = true;
}

bool
tls_bench_shake(struct tls_bench *b)
{
	int far = 0, near = -1;

	for (int i = 0; i < IDLE_TURNS && (near != 0 || far != 1); i++) {
		near = rtls_ssl_service(b->near);
		tls_bench_carry(b);
		if (far != 1)
			far = SSL_do_handshake(b->far);
		tls_bench_carry(b);
		if (near < 0 && near != -EAGAIN)
			return false;
	}
	return near == 0 && far == 1;
}

static uint8_t
pattern(size_t off)
{
	return (uint8_t)(off * 7 + (off >> 8) * 13 + 3);
}

/* Reads all there is and compares with the pattern from *off on. */
static bool
read_pattern(SSL *ssl, size_t *off, size_t *moved)
{
	uint8_t buf[5000];
	size_t n;

	while (SSL_read_ex(ssl, buf, sizeof(buf), &n)) {
		for (size_t i = 0; i < n; i++)
			if (buf[i] != pattern(*off + i))
				return false;
		*off += n;
		*moved += n;
	}
	return true;
}

static uint8_t *
make_pattern(size_t off, size_t len)
{
	uint8_t *p = malloc(len);

	must(p != NULL, "no memory");
	for (size_t i = 0; i < len; i++)
		p[i] = pattern(off + i);
	return p;
}

bool
tls_bench_send(struct tls_bench *b, size_t total, bool moving)
{
	uint8_t *all = make_pattern(0, total);
	size_t done = 0, seen = 0, n, moved, len;
	unsigned int idle = 0;
	bool ok = true;

	while (ok && seen < total && idle++ < IDLE_TURNS) {
		moved = 0;
		rtls_ssl_service(b->near);
		len = total - done < WRITE_MAX ? total - done : WRITE_MAX;
		if (len != 0) {
			uint8_t *copy = moving ? make_pattern(done, len) : NULL;

			if (SSL_write_ex(b->near, moving ? copy : all + done, len, &n)) {
				done += n;
				moved += n;
			}
			/* The old bytes must not be looked at again. */
			if (moving)
				memset(copy, 0xee, len);
			free(copy);
		}
		tls_bench_carry(b);
		ok = read_pattern(b->far, &seen, &moved);
		tls_bench_carry(b);
		if (moved != 0)
			idle = 0;
	}
	free(all);
	ERR_clear_error();
	return ok && seen == total && done == total;
}

bool
tls_bench_receive(struct tls_bench *b, size_t total)
{
	uint8_t *all = make_pattern(0, total);
	size_t done = 0, seen = 0, n, moved;
	unsigned int idle = 0;
	bool ok = true;

	while (ok && seen < total && idle++ < IDLE_TURNS) {
		moved = 0;
		if (done < total && SSL_write_ex(b->far, all + done, total - done, &n)) {
			done += n;
			moved += n;
		}
		tls_bench_carry(b);
		rtls_ssl_service(b->near);
		ok = read_pattern(b->near, &seen, &moved);
		tls_bench_carry(b);
		if (moved != 0)
			idle = 0;
	}
	free(all);
	ERR_clear_error();
	return ok && seen == total;
}
