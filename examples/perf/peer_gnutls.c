/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* GnuTLS, over callbacks that copy into and out of memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <gnutls/gnutls.h>
#include <openssl/x509.h>
#include <rte_cycles.h>

#include <recordtls/tls.h>

#include "cert.h"
#include "common/say.h"
#include "peer.h"
#include "pipe.h"

enum {
	SERVER, /* seals */
	CLIENT, /* opens */
	HANDSHAKE_TURNS = 40,
	HANDSHAKE_ROOM = 64 << 10,
	RECORD_OVERHEAD = 64, /* more than any suite has */
};

struct end {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	struct pipe *out;
	struct pipe *in;
};

struct gnutls {
	struct peer_conf conf;
	struct end end[2];
	struct pipe pipe[2]; /* by who writes */
	uint32_t sealed;     /* place in the working set */
	uint32_t opened;
};

static ssize_t
push(gnutls_transport_ptr_t ptr, const void *from, size_t len)
{
	struct end *e = ptr;
	size_t n = pipe_put(e->out, from, len);

	if (n > 0)
		return (ssize_t)n;
	gnutls_transport_set_errno(e->session, EAGAIN);
	return -1;
}

static ssize_t
pull(gnutls_transport_ptr_t ptr, void *to, size_t len)
{
	struct end *e = ptr;
	size_t n = pipe_get(e->in, to, len);

	if (n > 0)
		return (ssize_t)n;
	gnutls_transport_set_errno(e->session, EAGAIN);
	return -1;
}

static int
pull_timeout(gnutls_transport_ptr_t ptr, unsigned int ms)
{
	const struct end *e = ptr;

	(void)ms;
	return e->in->put != e->in->got;
}

static bool
give_certificate(gnutls_certificate_credentials_t credentials)
{
	gnutls_datum_t c = { 0 }, k = { 0 };
	EVP_PKEY *key;
	X509 *cert;
	bool ok;

	if (!cert_make(&cert, &key))
		return false;
	c.size = (unsigned int)i2d_X509(cert, &c.data);
	k.size = (unsigned int)i2d_PrivateKey(key, &k.data);
	ok = c.data != NULL && k.data != NULL &&
	     gnutls_certificate_set_x509_key_mem(credentials, &c, &k, GNUTLS_X509_FMT_DER) == 0;
	OPENSSL_free(c.data);
	OPENSSL_clear_free(k.data, k.size);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ok;
}

static bool
make_end(struct gnutls *p, int i)
{
	struct end *e = &p->end[i];
	char priority[128];

	snprintf(priority, sizeof(priority), "NORMAL:-VERS-ALL:+VERS-%s:-CIPHER-ALL:+%s",
		 p->conf.tls == RTLS_TLS_1_3 ? "TLS1.3" : "TLS1.2", p->conf.suite->gnutls);
	e->out = &p->pipe[i];
	e->in = &p->pipe[1 - i];
	if (gnutls_certificate_allocate_credentials(&e->credentials) != 0 ||
	    (i == SERVER && !give_certificate(e->credentials)) ||
	    gnutls_init(&e->session, (i == SERVER ? GNUTLS_SERVER : GNUTLS_CLIENT) |
					     GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS) != 0)
		return false;
	gnutls_transport_set_ptr(e->session, e);
	gnutls_transport_set_push_function(e->session, push);
	gnutls_transport_set_pull_function(e->session, pull);
	gnutls_transport_set_pull_timeout_function(e->session, pull_timeout);
	return gnutls_priority_set_direct(e->session, priority, NULL) == 0 &&
	       gnutls_credentials_set(e->session, GNUTLS_CRD_CERTIFICATE, e->credentials) == 0;
}

static bool
shake_hands(struct gnutls *p)
{
	int rc[2] = { -1, -1 };

	for (int i = 0; i < HANDSHAKE_TURNS; i++)
		if (rc[i % 2] != 0)
			rc[i % 2] = gnutls_handshake(p->end[i % 2].session);
	return rc[0] == 0 && rc[1] == 0;
}

static uint64_t
gnutls_seal(void *peer, uint32_t n)
{
	struct gnutls *p = peer;
	uint64_t start = rte_rdtsc_precise();

	for (; n > 0; n--) {
		if (gnutls_record_send(p->end[SERVER].session,
				       p->conf.plain + (size_t)p->sealed * p->conf.size,
				       p->conf.size) != (ssize_t)p->conf.size)
			return 0;
		p->sealed = p->sealed + 1 == p->conf.count ? 0 : p->sealed + 1;
	}
	return rte_rdtsc_precise() - start;
}

static uint64_t
gnutls_open(void *peer, uint32_t n)
{
	struct gnutls *p = peer;
	uint64_t start = rte_rdtsc_precise();

	for (; n > 0; n--) {
		if (gnutls_record_recv(p->end[CLIENT].session,
				       p->conf.opened + (size_t)p->opened * p->conf.size,
				       p->conf.size) != (ssize_t)p->conf.size)
			return 0;
		p->opened = p->opened + 1 == p->conf.count ? 0 : p->opened + 1;
	}
	return rte_rdtsc_precise() - start;
}

static void
gnutls_destroy(void *peer)
{
	struct gnutls *p = peer;

	for (int i = 0; i < 2; i++) {
		gnutls_deinit(p->end[i].session);
		if (p->end[i].credentials != NULL)
			gnutls_certificate_free_credentials(p->end[i].credentials);
		pipe_fini(&p->pipe[i]);
	}
	free(p);
}

static bool
make(struct gnutls *p)
{
	/* A working set on its way, and what one slice adds to it. */
	size_t records = (size_t)p->conf.count + p->conf.slice;
	size_t room = records * (p->conf.size + RECORD_OVERHEAD) + HANDSHAKE_ROOM;

	return pipe_init(&p->pipe[SERVER], room) == 0 &&
	       pipe_init(&p->pipe[CLIENT], HANDSHAKE_ROOM) == 0 && make_end(p, SERVER) &&
	       make_end(p, CLIENT) && shake_hands(p) && gnutls_seal(p, p->conf.count) != 0;
}

static void *
gnutls_create(const struct peer_conf *conf)
{
	struct gnutls *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		say("no memory");
		return NULL;
	}
	p->conf = *conf;
	if (make(p))
		return p;
	say("GnuTLS has no %s connection here", conf->suite->name);
	gnutls_destroy(p);
	return NULL;
}

static const char *
gnutls_version(void)
{
	return gnutls_check_version(NULL);
}

const struct peer_ops peer_gnutls = {
	.name = "gnutls",
	.version = gnutls_version,
	.create = gnutls_create,
	.seal = gnutls_seal,
	.open = gnutls_open,
	.destroy = gnutls_destroy,
};
