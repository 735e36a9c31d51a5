/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The certificate and the key of a server, from files. */
#ifndef EXAMPLES_COMMON_IDENTITY_H
#define EXAMPLES_COMMON_IDENTITY_H

#include <stdbool.h>

#include <openssl/types.h>

/* Both are PEM. It never asks for a pass phrase. False: one sentence was printed. */
bool identity_load(SSL_CTX *ctx, const char *cert, const char *key);

/* Why OpenSSL failed: the first in its queue is the cause. */
const char *identity_why(void);

#endif
