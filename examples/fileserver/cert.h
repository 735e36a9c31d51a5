/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The server's TLS: its context, and who it is. */
#ifndef FILESERVER_CERT_H
#define FILESERVER_CERT_H

#include <openssl/types.h>

#include "options.h"

/*
 * A context for TLS 1.3 with the certificate of the options, or a self-signed
 * one. NULL: one sentence was printed.
 */
SSL_CTX *cert_context(const struct options *o);

/* Prints the SHA-256 fingerprint of the certificate on standard error. */
void cert_print(const SSL_CTX *ctx);

#endif
