/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <openssl/ssl.h>

#include "handshake/bio.h"
#include "handshake/bridge.h"

#include <recordtls/openssl.h>

int
rtls_ssl_status(const SSL *ssl, struct rtls_ssl_status *out)
{
	const struct bridge *br = bridge_of(ssl);

	if (br == NULL || out == NULL)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	out->tx_handed_over = br->tx == BRIDGE_TAKEN;
	out->rx_handed_over = br->rx == BRIDGE_TAKEN;
	out->close_notify_received = (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
	out->tx_reason = bridge_reason(br, RTLS_TX);
	out->rx_reason = bridge_reason(br, RTLS_RX);
	memcpy(out->error, br->error, sizeof(out->error));
	return 0;
}
