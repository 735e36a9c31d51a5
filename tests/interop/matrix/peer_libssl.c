/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "peer.h"

struct libssl {
	SSL_CTX *ctx;
	SSL *ssl;
	char why[256];
};

static const char *
error(void *peer)
{
	struct libssl *p = peer;
	unsigned long e = ERR_peek_error();

	snprintf(p->why, sizeof(p->why), "%s", e != 0 ? ERR_reason_error_string(e) : "no reason");
	return p->why;
}

static void
close_all(void *peer)
{
	struct libssl *p = peer;

	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
	free(p);
}

static bool
set_up(struct libssl *p, const struct peer_conf *conf)
{
	int version = conf->tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
	bool ok;

	p->ctx = SSL_CTX_new(conf->server ? TLS_server_method() : TLS_client_method());
	ok = p->ctx != NULL && SSL_CTX_set_min_proto_version(p->ctx, version) == 1 &&
	     SSL_CTX_set_max_proto_version(p->ctx, version) == 1 &&
	     (conf->tls13 ? SSL_CTX_set_ciphersuites(p->ctx, conf->suite->tls13) :
			    SSL_CTX_set_cipher_list(p->ctx, conf->suite->tls12)) == 1;
	if (ok && conf->server)
		return SSL_CTX_use_certificate_chain_file(p->ctx, conf->cert) == 1 &&
		       SSL_CTX_use_PrivateKey_file(p->ctx, conf->key, SSL_FILETYPE_PEM) == 1;
	if (ok)
		SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, NULL);
	return ok && SSL_CTX_load_verify_locations(p->ctx, conf->ca, NULL) == 1;
}

static bool
shake_hands(struct libssl *p, const struct peer_conf *conf, int fd)
{
	p->ssl = SSL_new(p->ctx);
	if (p->ssl == NULL || SSL_set_fd(p->ssl, fd) != 1)
		return false;
	if (conf->server)
		return SSL_accept(p->ssl) == 1;
	return SSL_set1_host(p->ssl, "localhost") == 1 &&
	       SSL_set_tlsext_host_name(p->ssl, "localhost") == 1 && SSL_connect(p->ssl) == 1;
}

static void *
open_one(const struct peer_conf *conf, int fd)
{
	struct libssl *p = calloc(1, sizeof(*p));

	if (p == NULL || (set_up(p, conf) && shake_hands(p, conf, fd)))
		return p;
	fprintf(stderr, "libssl: %s\n", error(p));
	close_all(p);
	return NULL;
}

static bool
send_all(void *peer, const void *buf, size_t len)
{
	struct libssl *p = peer;

	return SSL_write(p->ssl, buf, (int)len) == (int)len;
}

static ssize_t
recv_some(void *peer, void *buf, size_t len)
{
	struct libssl *p = peer;
	int n = SSL_read(p->ssl, buf, (int)len);

	if (n > 0)
		return n;
	return SSL_get_error(p->ssl, n) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

static bool
update(void *peer, bool ask)
{
	struct libssl *p = peer;

	return SSL_key_update(p->ssl,
			      ask ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
	       SSL_do_handshake(p->ssl) == 1;
}

static bool
close_notify(void *peer)
{
	struct libssl *p = peer;

	return SSL_shutdown(p->ssl) >= 0;
}

const struct peer_ops peer_libssl = {
	.name = "openssl",
	.open = open_one,
	.send = send_all,
	.recv = recv_some,
	.update = update,
	.close_notify = close_notify,
	.error = error,
	.close = close_all,
};
