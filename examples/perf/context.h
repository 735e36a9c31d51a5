/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What libssl needs at either end of a connection. */
#ifndef PERF_CONTEXT_H
#define PERF_CONTEXT_H

#include <stdbool.h>

#include <openssl/types.h>

#include "options.h"

/* Of the version and suite that are asked for; the server has a certificate of its own. NULL: one
 * sentence was printed. */
SSL_CTX *context_make(const struct options *o, bool server);

#endif
