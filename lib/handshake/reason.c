/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/reason.h"

#include <errno.h>
#include <stdio.h>

#include <openssl/ssl.h>

#include "handshake/derive.h"
#include "handshake/fragment.h"

static const char *
suite_name(const SSL *ssl)
{
	const SSL_CIPHER *c = SSL_get_pending_cipher(ssl);

	return SSL_CIPHER_get_name(c != NULL ? c : SSL_get_current_cipher(ssl));
}

void
reason_not_offered(const SSL *ssl, enum rtls_dir d, char out[REASON_MAX])
{
	uint16_t fragment = fragment_agreed(ssl);

	if (SSL_version(ssl) != TLS1_2_VERSION && SSL_version(ssl) != TLS1_3_VERSION)
		snprintf(out, REASON_MAX, "libssl keeps the keys of %s", SSL_get_version(ssl));
	else if (derive_suite(ssl) == NULL)
		snprintf(out, REASON_MAX, "libssl keeps the keys of the cipher %s in %s",
			 suite_name(ssl), SSL_get_version(ssl));
	else if (SSL_get_current_compression(ssl) != NULL)
		snprintf(out, REASON_MAX, "libssl compresses the records");
	else if (fragment != 0)
		snprintf(
			out, REASON_MAX,
			"max_fragment_length %u is agreed on, and no rtls_ssl_record_limit() heard the "
			"secrets",
			fragment);
	else if (d == RTLS_TX)
		snprintf(out, REASON_MAX, "libssl pads the records that it seals");
	else
		snprintf(out, REASON_MAX, "libssl did not offer its keys");
}

void
reason_not_taken(const SSL *ssl, int rc, char out[REASON_MAX])
{
	if (rc == -EPERM)
		snprintf(out, REASON_MAX, "new TLS sessions are switched off in this stack");
	else if (rc == -EINVAL || rc == -ENOTSUP)
		snprintf(out, REASON_MAX, "librecordtls does not carry the cipher %s in %s",
			 suite_name(ssl), SSL_get_version(ssl));
	else
		snprintf(out, REASON_MAX, "the connection did not take the keys");
}
