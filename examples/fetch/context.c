/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE /* secure_getenv() */
#include "context.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/identity.h"
#include "common/keylog.h"
#include "common/say.h"
#include "common/small_records.h"

/* RFC 7301: length and name. */
static const unsigned char alpn[] = "\x08http/1.1";

static bool
trust(SSL_CTX *ctx, const char *ca)
{
	if (ca == NULL) {
		if (SSL_CTX_set_default_verify_paths(ctx) == 1)
			return true;
		say("OpenSSL trusts nobody here: %s; name authorities with --ca", identity_why());
		return false;
	}
	if (SSL_CTX_load_verify_file(ctx, ca) == 1)
		return true;
	say("%s holds no usable certificate: %s", ca, identity_why());
	return false;
}

/* The names of TLS 1.3 begin so, those of OpenSSL's for TLS 1.2 do not. */
static bool
offer_suites(SSL_CTX *ctx, const char *suites)
{
	bool new = suites != NULL &&strncmp(suites, "TLS_", 4) == 0;
	bool ok = suites == NULL ||
		  (new ? SSL_CTX_set_ciphersuites(ctx, suites) == 1 &&
				   SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 :
			 SSL_CTX_set_cipher_list(ctx, suites) == 1 &&
				   SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) == 1);

	if (!ok)
		say("OpenSSL does not know --suites %s: %s", suites, identity_why());
	return ok;
}

static bool
offer(SSL_CTX *ctx, const struct options *o)
{
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn) - 1) != 0) {
		say("no memory");
		return false;
	}
	if (o->groups != NULL && SSL_CTX_set1_groups_list(ctx, o->groups) != 1) {
		say("OpenSSL does not know --groups %s: %s", o->groups, identity_why());
		return false;
	}
	return offer_suites(ctx, o->suites);
}

SSL_CTX *
context_make(const struct options *o)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL) {
		say("OpenSSL does not work here: %s", identity_why());
		return NULL;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (trust(ctx, o->ca) && offer(ctx, o) &&
	    (o->cert == NULL || identity_load(ctx, o->cert, o->key)) && small_records_take(ctx) &&
	    keylog_from_env(ctx))
		return ctx;
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return NULL;
}

SSL *
context_connection(SSL_CTX *ctx, const struct url *url)
{
	SSL *ssl = SSL_new(ctx);
	X509_VERIFY_PARAM *param = ssl != NULL ? SSL_get0_param(ssl) : NULL;
	bool ok = ssl != NULL;

	if (ok)
		X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	/* An address is no name for SNI (RFC 6066 3). */
	if (ok && url->is_name)
		ok = SSL_set_tlsext_host_name(ssl, url->host) == 1 &&
		     X509_VERIFY_PARAM_set1_host(param, url->host, 0) == 1;
	else if (ok)
		ok = X509_VERIFY_PARAM_set1_ip_asc(param, url->host) == 1;
	if (ok) {
		SSL_set_connect_state(ssl);
		return ssl;
	}
	ERR_clear_error();
	SSL_free(ssl);
	return NULL;
}

const char *
context_verify(SSL *ssl, const struct url *url)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	long result = SSL_get_verify_result(ssl);
	int match;

	if (cert == NULL)
		return "it has shown no certificate";
	if (result != X509_V_OK)
		return X509_verify_cert_error_string(result);
	match = url->is_name ? X509_check_host(cert, url->host, 0,
					       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) :
			       X509_check_ip_asc(cert, url->host, 0);
	return match == 1 ? NULL : "its certificate is for another host";
}
