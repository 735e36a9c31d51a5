/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <openssl/ssl.h>

#include "core/conf.h"
#include "handshake/bio.h"
#include "handshake/bridge.h"

#include <recordtls/openssl.h>

int
rtls_ssl_status(const SSL *ssl, struct rtls_ssl_status *out)
{
	const struct bridge *br = bridge_of(ssl);
	struct rtls_ssl_status status;

	if (br == NULL)
		return -EINVAL;
	status = (struct rtls_ssl_status){
		.tx_handed_over = br->tx == BRIDGE_TAKEN,
		.rx_handed_over = br->rx == BRIDGE_TAKEN,
		.close_notify_received = (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0,
		.tx_reason = bridge_reason(br, RTLS_TX),
		.rx_reason = bridge_reason(br, RTLS_RX),
	};
	memcpy(status.error, br->error, sizeof(status.error));
	return conf_fill(out, &status, sizeof(status));
}
