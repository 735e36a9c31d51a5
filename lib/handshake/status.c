/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <openssl/ssl.h>

#include "handshake/bridge.h"

#include <recordtls/openssl.h>

static const char *
reason(const struct bridge *br, enum bridge_hand hand, const char *refused)
{
	switch (hand) {
	case BRIDGE_TAKEN:
		return NULL;
	case BRIDGE_WAITING:
		return "keys wait for buffer room";
	case BRIDGE_REFUSED:
		return refused;
	case BRIDGE_LIBSSL:
		break;
	}
	if (!SSL_is_init_finished(br->ssl))
		return "the handshake is not done";
	return "libssl did not offer its keys (cipher, protocol version, fragment size, padding)";
}

int
rtls_ssl_status(const SSL *ssl, struct rtls_ssl_status *out)
{
	const struct bridge *br = bridge_of(ssl);

	if (br == NULL)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	out->tx_handed_over = br->tx == BRIDGE_TAKEN;
	out->rx_handed_over = br->rx == BRIDGE_TAKEN;
	out->close_notify_received = (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
	out->tx_reason = reason(br, br->tx, br->tx_reason);
	out->rx_reason = reason(br, br->rx, br->rx_reason);
	memcpy(out->error, br->error, sizeof(out->error));
	return 0;
}
