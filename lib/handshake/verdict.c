/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/verdict.h"

#include <errno.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "handshake/bridge.h"

static void
remember_error(struct bridge *br)
{
	struct rtls_sock_info info = { .size = sizeof(info) };
	unsigned long code = ERR_peek_error();
	const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;

	/* libssl was shown a record that has the alert of one that should not be there. */
	if (rtls_sock_info(br->sock, &info) == 0 && info.end_reason == RTLS_REASON_FLOOD)
		reason = "the peer sends records without end that say nothing";
	if (br->io_errno == EKEYEXPIRED)
		reason = "the key has sealed as many records as it may";
	if (reason == NULL)
		reason = br->eof ? "the peer closed the connection" : "the connection failed";
	OPENSSL_strlcpy(br->error, reason, sizeof(br->error));
}

int
verdict(struct bridge *br, int ret)
{
	int why = SSL_get_error(br->ssl, ret);

	if (why != SSL_ERROR_SSL && why != SSL_ERROR_SYSCALL && why != SSL_ERROR_ZERO_RETURN)
		return -EAGAIN;
	remember_error(br);
	if (!br->settled && br->failed == 0)
		rtls_guard_failed(&br->guard, br->error);
	ERR_clear_error();
	/* Its alert, if it had to wait. */
	(void)bridge_flush(br);
	if (why == SSL_ERROR_SSL)
		br->failed = -EPROTO;
	else
		br->failed = br->io_errno != 0 ? -br->io_errno : -ECONNABORTED;
	return br->failed;
}
