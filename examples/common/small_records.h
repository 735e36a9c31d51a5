/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Peers that ask for small records get them, sealed by the record layer and not by OpenSSL. */
#ifndef EXAMPLES_COMMON_SMALL_RECORDS_H
#define EXAMPLES_COMMON_SMALL_RECORDS_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <recordtls/openssl.h>

#include "say.h"

/* Before the key log, whose callback leads here. False: one sentence was printed. */
static inline bool
small_records_take(SSL_CTX *ctx)
{
	int rc = rtls_ssl_record_limit(ctx, 0);

	if (rc < 0 && rc != -ENOTSUP)
		say("record_size_limit: %s", strerror(-rc));
	return rc == 0 || rc == -ENOTSUP;
}

#endif
