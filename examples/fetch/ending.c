/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "ending.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <recordtls/openssl.h>

#include "common/say.h"

void
ending_let_go(struct transfer *t, int (*how)(struct rtls_sock *))
{
	t->state = TRANSFER_END;
	/* Its BIO borrows the socket. */
	SSL_free(t->ssl);
	t->ssl = NULL;
	if (t->sock != NULL)
		how(t->sock);
	t->sock = NULL;
}

enum transfer_turn
ending_fail(struct transfer *t, enum fetch_end end, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say("%s", text);
	t->end = end;
	ending_let_go(t, rtls_close);
	return TURN_WAIT;
}

static enum transfer_turn
fail_tls(struct transfer *t)
{
	struct rtls_ssl_status status = { .size = sizeof(status) };
	struct rtls_sock_info info = { .size = sizeof(info) };
	long result = SSL_get_verify_result(t->ssl);

	rtls_sock_info(t->sock, &info);
	rtls_ssl_status(t->ssl, &status);
	if (result != X509_V_OK)
		return ending_fail(t, END_CERTIFICATE, "the server is not taken for %s: %s",
				   t->o->url.host, X509_verify_cert_error_string(result));
	if (t->received != 0 && (info.eof == RTLS_EOF_BARE || info.eof == RTLS_EOF_TRUNCATED))
		return ending_fail(
			t, END_CUT,
			"the answer was cut short: the connection ended without close_notify");
	return ending_fail(t, END_TLS, "TLS failed: %s", status.error);
}

enum transfer_turn
ending_lost(struct transfer *t, int rc)
{
	char where[RTLS_ADDR_TEXT] = "";

	rtls_addr_format(&t->o->url.addr, where, sizeof(where));
	if (rc == -EPROTO)
		return fail_tls(t);
	if (t->received != 0)
		return ending_fail(t, END_CUT, "the answer was cut short: %s", strerror(-rc));
	if (t->state == TRANSFER_HANDSHAKE)
		return ending_fail(t, END_CONNECTION, "no connection with %s: %s", where,
				   strerror(-rc));
	return ending_fail(t, END_CONNECTION, "the connection with %s is lost: %s", where,
			   strerror(-rc));
}
