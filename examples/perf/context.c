/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "context.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <recordtls/openssl.h>

#include "cert.h"
#include "common/say.h"

static SSL_CTX *
make(const struct options *o, bool server)
{
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	bool ok = ctx != NULL && SSL_CTX_set_min_proto_version(ctx, o->tls) == 1 &&
		  SSL_CTX_set_max_proto_version(ctx, o->tls) == 1 &&
		  SSL_CTX_set_ciphersuites(ctx, o->suite->openssl_13) == 1 &&
		  SSL_CTX_set_cipher_list(ctx, o->suite->openssl_12) == 1;

	if (ok && server) {
		SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
		ok = cert_make(&cert, &key);
		if (ok)
			ok = SSL_CTX_use_certificate(ctx, cert) == 1 &&
			     SSL_CTX_use_PrivateKey(ctx, key) == 1;
		X509_free(cert);
		EVP_PKEY_free(key);
	}
	if (ok)
		return ctx;
	say("OpenSSL has no %s here", o->suite->name);
	SSL_CTX_free(ctx);
	return NULL;
}

SSL_CTX *
context_make(const struct options *o, bool server)
{
	if (rtls_ssl_selftest() == 0)
		return make(o, server);
	say("this OpenSSL does not hand its keys over (3.2 or later with kTLS is needed)");
	return NULL;
}
