/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/mode_policy.h"

#include <errno.h>

#include "stack/state.h"
#include "tcp/query.h"

static enum rtls_mode_reason
not_worth_asking_at(const struct rtls_sock *sock, enum rtls_dir d, const struct rtls_port *port)
{
	const struct offload_device *dev = &port->tls;

	/* Whoever seals writes the TCP checksum. */
	if (!offload_device_present(dev) ||
	    (d == RTLS_TX && (dev->caps.tx_method == RTLS_TLS_TX_NONE ||
			      (port->caps & PORT_CAP_TX_TCP_CKSUM) == 0)) ||
	    (d == RTLS_RX && dev->caps.rx_method == RTLS_TLS_RX_NONE))
		return RTLS_MODE_REASON_NO_DEVICE;
	if (d == RTLS_RX && offload_device_vouches(dev) != 0)
		return offload_device_vouches(dev) == -ENOTSUP ? RTLS_MODE_REASON_NO_IDENTITY :
								 RTLS_MODE_REASON_NO_FIELD;
	/* Of one that is over the tuple may be another's by now. */
	if (tcp_is_closed(&sock->tcp))
		return RTLS_MODE_REASON_SUITE;
	return RTLS_MODE_REASON_NONE;
}

enum rtls_mode_reason
mode_not_worth_asking(const struct rtls_sock *sock, enum rtls_dir d)
{
	return not_worth_asking_at(sock, d, stack_netif_of(sock, d)->port);
}

enum rtls_mode_reason
mode_not_for_newcomers_at(const struct rtls_sock *sock, enum rtls_dir d, uint8_t netif)
{
	uint32_t feature = d == RTLS_TX ? RTLS_FEATURE_TLS_TX : RTLS_FEATURE_TLS_RX;
	const struct rtls_port *port = sock->stack->netifs[netif].port;
	enum rtls_mode_reason why = not_worth_asking_at(sock, d, port);

	if (why != RTLS_MODE_REASON_NONE)
		return why;
	if ((port->tls.features & feature) == 0)
		return RTLS_MODE_REASON_FEATURE_OFF;
	return offload_carries(&port->tls, sock_epochs_of(sock, d)->now->suite, d) ?
		       RTLS_MODE_REASON_NONE :
		       RTLS_MODE_REASON_SUITE;
}

enum rtls_mode_reason
mode_not_for_newcomers(const struct rtls_sock *sock, enum rtls_dir d)
{
	return mode_not_for_newcomers_at(sock, d, sock->mode.dir[d].netif);
}

enum rtls_mode_reason
mode_policy_refused(int rc)
{
	switch (rc) {
	case -ENOSPC:
		return RTLS_MODE_REASON_NO_ROOM;
	case -ENOTSUP:
		return RTLS_MODE_REASON_SUITE;
	default:
		return RTLS_MODE_REASON_REFUSED;
	}
}

int
mode_policy_error(enum rtls_mode_reason why)
{
	switch (why) {
	case RTLS_MODE_REASON_NO_ROOM:
		return -ENOSPC;
	case RTLS_MODE_REASON_NO_DEVICE:
	case RTLS_MODE_REASON_SUITE:
	case RTLS_MODE_REASON_NO_IDENTITY:
	case RTLS_MODE_REASON_NO_FIELD:
		return -ENOTSUP;
	case RTLS_MODE_REASON_FEATURE_OFF:
		return -EPERM;
	case RTLS_MODE_REASON_NONE:
	case RTLS_MODE_REASON_PENDING:
	case RTLS_MODE_REASON_ASKED:
	case RTLS_MODE_REASON_REFUSED:
	case RTLS_MODE_REASON_LOST:
	case RTLS_MODE_REASON_DOWN:
	case RTLS_MODE_REASON_OTHER_PORT:
	case RTLS_MODE_REASON_MAX:
		break;
	}
	return -EIO;
}
