/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* SSLKEYLOGFILE, as curl and the browsers know it. */
#ifndef EXAMPLES_COMMON_KEYLOG_H
#define EXAMPLES_COMMON_KEYLOG_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <recordtls/openssl.h>

#include "common/say.h"

/* False: one sentence was printed. Includer: _GNU_SOURCE. */
static inline bool
keylog_from_env(SSL_CTX *ctx)
{
	/* Not for a program that runs with more rights than its user has. */
	const char *path = secure_getenv("SSLKEYLOGFILE");
	int rc;

	if (path == NULL || path[0] == '\0')
		return true;
	rc = rtls_ssl_keylog(ctx, path);
	if (rc < 0)
		say("cannot write keys to SSLKEYLOGFILE %s: %s", path, strerror(-rc));
	else
		say("notice: SSLKEYLOGFILE is set: whoever has %s can read all connections", path);
	return rc == 0;
}

#endif
