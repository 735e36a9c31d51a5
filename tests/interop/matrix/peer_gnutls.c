/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "peer.h"

struct gnutls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	int rc; /* of the last call that failed */
};

static bool
good(struct gnutls *p, int rc)
{
	if (rc < 0)
		p->rc = rc;
	return rc >= 0;
}

static const char *
error(void *peer)
{
	const struct gnutls *p = peer;

	return gnutls_strerror(p->rc);
}

static void
close_all(void *peer)
{
	struct gnutls *p = peer;

	if (p->session != NULL)
		gnutls_deinit(p->session);
	if (p->credentials != NULL)
		gnutls_certificate_free_credentials(p->credentials);
	free(p);
}

static bool
set_up(struct gnutls *p, const struct peer_conf *conf, int fd)
{
	char priority[128];

	snprintf(priority, sizeof(priority), "NORMAL:-VERS-ALL:+VERS-%s:-CIPHER-ALL:+%s",
		 conf->tls13 ? "TLS1.3" : "TLS1.2", conf->suite->gnutls);
	if (!good(p, gnutls_certificate_allocate_credentials(&p->credentials)) ||
	    !good(p, gnutls_init(&p->session, conf->server ? GNUTLS_SERVER : GNUTLS_CLIENT)) ||
	    !good(p, gnutls_priority_set_direct(p->session, priority, NULL)) ||
	    !good(p, gnutls_credentials_set(p->session, GNUTLS_CRD_CERTIFICATE, p->credentials)))
		return false;
	gnutls_transport_set_int(p->session, fd);
	if (conf->server)
		return good(p, gnutls_certificate_set_x509_key_file(
				       p->credentials, conf->cert, conf->key, GNUTLS_X509_FMT_PEM));
	gnutls_session_set_verify_cert(p->session, "localhost", 0);
	return good(p, gnutls_certificate_set_x509_trust_file(p->credentials, conf->ca,
							      GNUTLS_X509_FMT_PEM)) &&
	       good(p, gnutls_server_name_set(p->session, GNUTLS_NAME_DNS, "localhost",
					      strlen("localhost")));
}

static bool
shake_hands(struct gnutls *p)
{
	int rc;

	do
		rc = gnutls_handshake(p->session);
	while (rc < 0 && !gnutls_error_is_fatal(rc));
	return good(p, rc);
}

static void *
open_one(const struct peer_conf *conf, int fd)
{
	struct gnutls *p = calloc(1, sizeof(*p));

	if (p == NULL || (set_up(p, conf, fd) && shake_hands(p)))
		return p;
	fprintf(stderr, "gnutls: %s\n", error(p));
	close_all(p);
	return NULL;
}

static bool
send_all(void *peer, const void *buf, size_t len)
{
	struct gnutls *p = peer;
	const char *at = buf;
	ssize_t n;

	for (; len > 0; at += n, len -= (size_t)n) {
		do
			n = gnutls_record_send(p->session, at, len);
		while (n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_AGAIN);
		if (!good(p, (int)n))
			return false;
	}
	return true;
}

static ssize_t
recv_some(void *peer, void *buf, size_t len)
{
	struct gnutls *p = peer;
	ssize_t n;

	do
		n = gnutls_record_recv(p->session, buf, len);
	while (n < 0 && !gnutls_error_is_fatal((int)n));
	return good(p, (int)n) ? n : -1;
}

static bool
update(void *peer, bool ask)
{
	struct gnutls *p = peer;

	return good(p, gnutls_session_key_update(p->session, ask ? GNUTLS_KU_PEER : 0));
}

static bool
close_notify(void *peer)
{
	struct gnutls *p = peer;

	return good(p, gnutls_bye(p->session, GNUTLS_SHUT_WR));
}

const struct peer_ops peer_gnutls = {
	.name = "gnutls",
	.open = open_one,
	.send = send_all,
	.recv = recv_some,
	.update = update,
	.close_notify = close_notify,
	.error = error,
	.close = close_all,
};
