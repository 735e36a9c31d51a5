/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE /* secure_getenv() */

#include "cert.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/identity.h"
#include "common/keylog.h"
#include "common/say.h"
#include "common/small_records.h"

enum {
	DAY_S = 24 * 60 * 60,
};

static bool
add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool ok = ext != NULL && X509_add_ext(cert, ext, -1);

	X509_EXTENSION_free(ext);
	return ok;
}

/* Names the address, so that clients who trust the certificate can check it. */
static bool
fill_certificate(X509 *cert, EVP_PKEY *key, const struct options *o)
{
	char ip[RTLS_ADDR_TEXT] = "";
	X509_NAME *name = X509_get_subject_name(cert);
	unsigned char serial[8];
	char text[RTLS_ADDR_TEXT + 32];
	BIGNUM *bn;
	bool ok;

	if (RAND_bytes(serial, sizeof(serial)) != 1 ||
	    rtls_addr_format(&o->net.local.addr, ip, sizeof(ip)) < 0)
		return false;
	serial[0] = (serial[0] & 0x7f) | 0x40;
	bn = BN_bin2bn(serial, sizeof(serial), NULL);
	ok = bn != NULL && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) != NULL;
	BN_free(bn);
	snprintf(text, sizeof(text), "IP:%s,DNS:localhost", ip);
	return ok && X509_set_version(cert, X509_VERSION_3) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -DAY_S) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(cert), 30 * DAY_S) != NULL &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					  (const unsigned char *)"recordtls-fileserver", -1, -1,
					  0) &&
	       X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key) &&
	       add_extension(cert, NID_subject_alt_name, text) &&
	       add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	       X509_sign(cert, key, EVP_sha256()) > 0;
}

static bool
use_self_signed(SSL_CTX *ctx, const struct options *o)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	bool ok = key != NULL && cert != NULL && fill_certificate(cert, key, o) &&
		  SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1;

	if (!ok)
		say("cannot make a certificate: %s", identity_why());
	X509_free(cert);
	EVP_PKEY_free(key);
	return ok;
}

static bool
write_out(const SSL_CTX *ctx, const char *path)
{
	FILE *f = fopen(path, "w");
	bool ok = f != NULL && PEM_write_X509(f, SSL_CTX_get0_certificate(ctx)) == 1;

	if (f != NULL && fclose(f) != 0)
		ok = false;
	if (!ok)
		say("cannot write %s: %s", path, strerror(errno));
	return ok;
}

SSL_CTX *
cert_context(const struct options *o)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	/* The cheapest first. OpenSSL seals for clients that want what librecordtls does not carry. */
	if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
					  "TLS_CHACHA20_POLY1305_SHA256") != 1) {
		say("OpenSSL has no TLS 1.3 here: %s", identity_why());
		SSL_CTX_free(ctx);
		return NULL;
	}
	/*
	 * Clients may go without close_notify (RFC 9112 9.8), and wget and browsers do: what is whole,
	 * HTTP says.
	 */
	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	if ((o->cert != NULL ? identity_load(ctx, o->cert, o->key) : use_self_signed(ctx, o)) &&
	    (o->cert_out == NULL || write_out(ctx, o->cert_out)) && small_records_take(ctx) &&
	    keylog_from_env(ctx))
		return ctx;
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return NULL;
}

void
cert_print(const SSL_CTX *ctx)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	char text[3 * EVP_MAX_MD_SIZE + 1];
	unsigned int len = 0;

	if (X509_digest(SSL_CTX_get0_certificate(ctx), EVP_sha256(), md, &len) != 1)
		return;
	for (unsigned int i = 0; i < len; i++)
		snprintf(text + 3 * i, 4, "%02X%s", md[i], i + 1 < len ? ":" : "");
	say("certificate SHA-256 %s", text);
}
