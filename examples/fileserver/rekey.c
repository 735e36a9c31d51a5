/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "rekey.h"

#include <errno.h>

#include <recordtls/openssl.h>

enum turn
rekey_after(struct conn *c, size_t n)
{
	int rc;

	c->moved += n;
	if (c->env->key_update == 0 || c->moved < c->env->key_update)
		return TURN_AGAIN;
	rc = rtls_ssl_key_update(c->ssl, 1);
	/* Behind the next bytes. */
	if (rc == -EAGAIN)
		return TURN_AGAIN;
	/* -ENOTSUP: TLS 1.2 has none, and goes on with the keys that it has. */
	if (rc < 0 && rc != -ENOTSUP)
		return TURN_FAIL;
	c->moved = 0;
	rc = rtls_ssl_service(c->ssl);
	return rc == 0 || rc == -EAGAIN ? TURN_AGAIN : TURN_FAIL;
}
