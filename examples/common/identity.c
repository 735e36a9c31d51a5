/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "identity.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "say.h"

const char *
identity_why(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	return reason != NULL ? reason : "unknown reason";
}

static bool
is_readable(const char *path)
{
	if (access(path, R_OK) == 0)
		return true;
	say("cannot read %s: %s", path, strerror(errno));
	return false;
}

/* OpenSSL's own would wait at a prompt on the terminal, also for who has none. */
static int
refuse_pass_phrase(char *buf, int size, int writing, void *asked)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

static void
say_unusable(const char *path, const char *what, bool asked)
{
	if (asked)
		say("%s is locked by a pass phrase, and nobody is asked for it here; unlock it with "
		    "'openssl pkey -in %s -out FILE'",
		    path, path);
	else
		say("%s holds no usable %s: %s", path, what, identity_why());
}

bool
identity_load(SSL_CTX *ctx, const char *cert, const char *key)
{
	bool asked = false, ok = false;

	if (!is_readable(cert) || !is_readable(key))
		return false;
	SSL_CTX_set_default_passwd_cb(ctx, refuse_pass_phrase);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, &asked);
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		say_unusable(cert, "certificate", asked);
	else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		say_unusable(key, "key for the certificate", asked);
	else
		ok = true;
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	SSL_CTX_set_default_passwd_cb(ctx, NULL);
	return ok;
}
