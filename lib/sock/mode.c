/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include <recordtls/tls.h>

#include "sock/check.h"
#include "stack/mode.h"
#include "stack/state.h"
#include "tcp/query.h"

const char *
rtls_mode_refusal(enum rtls_mode m)
{
	return m == RTLS_MODE_TOE ? "TCP is this library's own: no port does it in the device" :
				    NULL;
}

int
rtls_set_mode(struct rtls_sock *sock, enum rtls_dir d, enum rtls_mode m)
{
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	if (d != RTLS_TX && d != RTLS_RX)
		return -EINVAL;
	if (m != RTLS_MODE_SOFTWARE && m != RTLS_MODE_NIC)
		return rtls_mode_refusal(m) != NULL ? -ENOTSUP : -EINVAL;
	if (sock->phase != SOCK_OWNED || tcp_is_closed(&sock->tcp))
		return -ENOTCONN;
	if (!sock_has_keys(sock, d))
		return -ENOKEY;
	return mode_wish(sock, d, m);
}
