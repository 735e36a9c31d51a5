/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "ticket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "common/say.h"

enum {
	BINDING_LEN = 32, /* of SHA-256, and as much as libssl keeps with a session */
};

/* Its name and what is in it; nothing for NULL. */
static bool
digest_file(EVP_MD_CTX *md, const char *path)
{
	char bytes[4096];
	size_t n;
	FILE *f;
	bool ok;

	if (path == NULL)
		return EVP_DigestUpdate(md, "-", 1) == 1;
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	ok = EVP_DigestUpdate(md, "+", 1) == 1;
	while (ok && (n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		ok = EVP_DigestUpdate(md, bytes, n) == 1;
	ok = ok && ferror(f) == 0;
	fclose(f);
	return ok && EVP_DigestUpdate(md, "", 1) == 1;
}

/* What the session is good for. */
static bool
bind_to(const struct options *o, unsigned char out[BINDING_LEN])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	char peer[URL_HOST_MAX + 16];
	int len = snprintf(peer, sizeof(peer), "%s:%u", o->url.host, o->url.port);
	bool ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(md, peer, (size_t)len + 1) == 1 && digest_file(md, o->ca) &&
		  digest_file(md, o->cert) && EVP_DigestFinal_ex(md, out, NULL) == 1;

	EVP_MD_CTX_free(md);
	return ok;
}

/* Also where the certificate is not valid any more. How old it is the server judges. */
static bool
is_stale(SSL_SESSION *s)
{
	X509 *cert = SSL_SESSION_get0_peer(s);

	return !SSL_SESSION_is_resumable(s) || cert == NULL ||
	       X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0;
}

static bool
is_bound(const SSL_SESSION *s, const unsigned char *binding)
{
	unsigned int len;
	const unsigned char *its = SSL_SESSION_get0_id_context(s, &len);

	return len == BINDING_LEN && memcmp(its, binding, len) == 0;
}

static bool
load(struct ticket *t, const unsigned char *binding)
{
	FILE *f = fopen(t->path, "r");

	if (f == NULL) {
		if (errno == ENOENT)
			return true;
		say("cannot read %s: %s", t->path, strerror(errno));
		return false;
	}
	t->offered = PEM_read_SSL_SESSION(f, NULL, NULL, NULL);
	fclose(f);
	ERR_clear_error();
	/* It would be overwritten. */
	if (t->offered == NULL) {
		say("%s holds no session", t->path);
		return false;
	}
	if (is_stale(t->offered) || !is_bound(t->offered, binding)) {
		SSL_SESSION_free(t->offered);
		t->offered = NULL;
	}
	return true;
}

/* libssl gives the session away. */
static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	struct ticket *t = SSL_get_app_data(ssl);

	if (t == NULL)
		return 0;
	SSL_SESSION_free(t->next);
	t->next = session;
	return 1;
}

bool
ticket_open(struct ticket *t, SSL_CTX *ctx, const struct options *o)
{
	unsigned char binding[BINDING_LEN];

	*t = (struct ticket){ .path = o->session };
	if (t->path == NULL)
		return true;
	if (!bind_to(o, binding) ||
	    SSL_CTX_set_session_id_context(ctx, binding, sizeof(binding)) != 1) {
		say("no session can be kept: %s",
		    errno != 0 ? strerror(errno) : "OpenSSL does not work");
		return false;
	}
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_session);
	return load(t, binding);
}

bool
ticket_offer(struct ticket *t, SSL *ssl)
{
	if (t->path == NULL)
		return true;
	return SSL_set_app_data(ssl, t) == 1 &&
	       (t->offered == NULL || SSL_set_session(ssl, t->offered) == 1);
}

static bool
write_to(const char *path, SSL_SESSION *session)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool ok = f != NULL && PEM_write_SSL_SESSION(f, session) == 1;

	if (f != NULL && fclose(f) != 0)
		ok = false;
	else if (f == NULL && fd >= 0)
		close(fd);
	return ok;
}

bool
ticket_keep(struct ticket *t)
{
	char temp[PATH_MAX];
	bool ok;

	if (t->next == NULL)
		return true;
	ok = (size_t)snprintf(temp, sizeof(temp), "%s.%d", t->path, (int)getpid()) < sizeof(temp);
	if (ok) {
		ok = write_to(temp, t->next) && rename(temp, t->path) == 0;
		if (!ok)
			unlink(temp);
	}
	ERR_clear_error();
	if (!ok)
		say("cannot keep the session in %s: %s", t->path, strerror(errno));
	return ok;
}

void
ticket_close(struct ticket *t)
{
	SSL_SESSION_free(t->offered);
	SSL_SESSION_free(t->next);
}
