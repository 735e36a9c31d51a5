/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The client's TLS: whom it trusts, what it offers, and who it is. */
#ifndef FETCH_CONTEXT_H
#define FETCH_CONTEXT_H

#include <openssl/types.h>

#include "options.h"

/* NULL: one sentence was printed. */
SSL_CTX *context_make(const struct options *o);

/* A connection to the URL's host, and to nobody else. NULL: no memory. */
SSL *context_connection(SSL_CTX *ctx, const struct url *url);

/*
 * Behind the handshake: what OpenSSL has verified, asked once more, also of a session that was resumed.
 * NULL, or why the peer is not who it should be.
 */
const char *context_verify(SSL *ssl, const struct url *url);

#endif
