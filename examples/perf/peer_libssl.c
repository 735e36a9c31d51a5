/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* OpenSSL's libssl, over a BIO that copies into and out of memory. */
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <rte_cycles.h>

#include <recordtls/tls.h>

#include "cert.h"
#include "common/say.h"
#include "peer.h"
#include "pipe.h"

enum {
	SERVER, /* seals */
	CLIENT, /* opens */
	HANDSHAKE_TURNS = 20,
	HANDSHAKE_ROOM = 64 << 10,
	RECORD_OVERHEAD = 64, /* more than any suite has */
};

struct end {
	struct pipe *out;
	struct pipe *in;
};

struct libssl {
	struct peer_conf conf;
	BIO_METHOD *method;
	SSL *ssl[2];
	struct end end[2];
	struct pipe pipe[2]; /* by who writes */
	uint32_t sealed;     /* place in the working set */
	uint32_t opened;
};

static int
bio_write(BIO *b, const char *from, int len)
{
	struct end *e = BIO_get_data(b);
	size_t n = pipe_put(e->out, from, (size_t)len);

	BIO_clear_retry_flags(b);
	if (n == 0)
		BIO_set_retry_write(b);
	return n == 0 ? -1 : (int)n;
}

static int
bio_read(BIO *b, char *to, int len)
{
	struct end *e = BIO_get_data(b);
	size_t n = pipe_get(e->in, to, (size_t)len);

	BIO_clear_retry_flags(b);
	if (n == 0)
		BIO_set_retry_read(b);
	return n == 0 ? -1 : (int)n;
}

static long
bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)b;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

static bool
give_certificate(SSL_CTX *ctx)
{
	EVP_PKEY *key;
	X509 *cert;
	bool ok;

	if (!cert_make(&cert, &key))
		return false;
	ok = SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1;
	X509_free(cert);
	EVP_PKEY_free(key);
	return ok;
}

static bool
make_end(struct libssl *p, int i)
{
	const struct suite *s = p->conf.suite;
	SSL_CTX *ctx = SSL_CTX_new(i == SERVER ? TLS_server_method() : TLS_client_method());
	BIO *bio = BIO_new(p->method);
	bool ok = ctx != NULL && bio != NULL;

	p->end[i] = (struct end){ .out = &p->pipe[i], .in = &p->pipe[1 - i] };
	ok = ok && SSL_CTX_set_min_proto_version(ctx, p->conf.tls) == 1 &&
	     SSL_CTX_set_max_proto_version(ctx, p->conf.tls) == 1 &&
	     SSL_CTX_set_ciphersuites(ctx, s->openssl_13) == 1 &&
	     SSL_CTX_set_cipher_list(ctx, s->openssl_12) == 1 &&
	     SSL_CTX_set_num_tickets(ctx, 0) == 1 && (i != SERVER || give_certificate(ctx));
	p->ssl[i] = ok ? SSL_new(ctx) : NULL;
	SSL_CTX_free(ctx);
	if (p->ssl[i] == NULL) {
		BIO_free(bio);
		return false;
	}
	BIO_set_data(bio, &p->end[i]);
	BIO_set_init(bio, 1);
	SSL_set_bio(p->ssl[i], bio, bio);
	if (i == SERVER)
		SSL_set_accept_state(p->ssl[i]);
	else
		SSL_set_connect_state(p->ssl[i]);
	return true;
}

static bool
shake_hands(struct libssl *p)
{
	for (int i = 0; i < HANDSHAKE_TURNS; i++)
		SSL_do_handshake(p->ssl[i % 2]);
	ERR_clear_error();
	return SSL_is_init_finished(p->ssl[SERVER]) && SSL_is_init_finished(p->ssl[CLIENT]);
}

static uint64_t
libssl_seal(void *peer, uint32_t n)
{
	struct libssl *p = peer;
	uint64_t start = rte_rdtsc_precise();
	size_t done;

	for (; n > 0; n--) {
		if (SSL_write_ex(p->ssl[SERVER], p->conf.plain + (size_t)p->sealed * p->conf.size,
				 p->conf.size, &done) != 1)
			return 0;
		p->sealed = p->sealed + 1 == p->conf.count ? 0 : p->sealed + 1;
	}
	return rte_rdtsc_precise() - start;
}

static uint64_t
libssl_open(void *peer, uint32_t n)
{
	struct libssl *p = peer;
	uint64_t start = rte_rdtsc_precise();
	size_t done;

	for (; n > 0; n--) {
		if (SSL_read_ex(p->ssl[CLIENT], p->conf.opened + (size_t)p->opened * p->conf.size,
				p->conf.size, &done) != 1 ||
		    done != p->conf.size)
			return 0;
		p->opened = p->opened + 1 == p->conf.count ? 0 : p->opened + 1;
	}
	return rte_rdtsc_precise() - start;
}

static void
libssl_destroy(void *peer)
{
	struct libssl *p = peer;

	for (int i = 0; i < 2; i++) {
		SSL_free(p->ssl[i]);
		pipe_fini(&p->pipe[i]);
	}
	BIO_meth_free(p->method);
	free(p);
}

static bool
make(struct libssl *p)
{
	/* A working set on its way, and what one slice adds to it. */
	size_t records = (size_t)p->conf.count + p->conf.slice;
	size_t room = records * (p->conf.size + RECORD_OVERHEAD) + HANDSHAKE_ROOM;

	p->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "memory");
	return p->method != NULL && BIO_meth_set_write(p->method, bio_write) == 1 &&
	       BIO_meth_set_read(p->method, bio_read) == 1 &&
	       BIO_meth_set_ctrl(p->method, bio_ctrl) == 1 &&
	       pipe_init(&p->pipe[SERVER], room) == 0 &&
	       pipe_init(&p->pipe[CLIENT], HANDSHAKE_ROOM) == 0 && make_end(p, SERVER) &&
	       make_end(p, CLIENT) && shake_hands(p) && libssl_seal(p, p->conf.count) != 0;
}

static void *
libssl_create(const struct peer_conf *conf)
{
	struct libssl *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		say("no memory");
		return NULL;
	}
	p->conf = *conf;
	if (make(p))
		return p;
	say("OpenSSL has no %s connection here: %s", conf->suite->name,
	    ERR_reason_error_string(ERR_peek_error()));
	libssl_destroy(p);
	return NULL;
}

static const char *
libssl_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}

const struct peer_ops peer_libssl = {
	.name = "libssl",
	.version = libssl_version,
	.create = libssl_create,
	.seal = libssl_seal,
	.open = libssl_open,
	.destroy = libssl_destroy,
};
