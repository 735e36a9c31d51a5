/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <openssl/ssl.h>

#include "handshake/bridge.h"

#include <recordtls/openssl.h>

const char *
bridge_reason(const struct bridge *br, enum rtls_dir d)
{
	switch (d == RTLS_TX ? br->tx : br->rx) {
	case BRIDGE_TAKEN:
		return NULL;
	case BRIDGE_WAITING:
		return "keys wait for buffer room";
	case BRIDGE_REFUSED:
		return d == RTLS_TX ? br->tx_reason : br->rx_reason;
	case BRIDGE_LIBSSL:
		break;
	}
	if (!SSL_is_init_finished(br->ssl))
		return "the handshake is not done";
	return "libssl did not offer its keys (cipher, protocol version, fragment size, padding)";
}

void
bridge_settle(struct bridge *br)
{
	if (br->settled || !SSL_is_init_finished(br->ssl))
		return;
	br->settled = true;
	if (!bridge_active(br->tx))
		rtls_guard_kept(&br->guard, RTLS_TX, bridge_reason(br, RTLS_TX));
	if (!bridge_active(br->rx))
		rtls_guard_kept(&br->guard, RTLS_RX, bridge_reason(br, RTLS_RX));
}

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
